"""A worker's console on made-up figures: what a browser is shown where no broker is needed to see it."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from connector.web.console.files import ConsoleFiles
from tests.kit.console.figures import Figures, ago
from tests.kit.console.whole import history_of, letter_whole, merchant_whole, run_alone

TOKEN = "a-token-of-tests"
_LOOK_S = 1.0


class StandIn:
    """Answers as the control API does. `writes`: the bodies that were posted, by path. Use from any thread."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.is_silent = False
        self.is_away = False
        self.port = 0
        self._files = ConsoleFiles()
        self._streams: list[web.StreamResponse] = []
        self._loop: asyncio.AbstractEventLoop
        self._end = asyncio.Event()

    def push(self, event: str, data: Mapping[str, Any]) -> None:
        """To all that listen."""
        asyncio.run_coroutine_threadsafe(self._push(event, data), self._loop).result(5)

    def go_away(self) -> None:
        """No connection goes on, and none is answered."""
        self.is_away = True
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["StandIn"]:
        begun = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(begun)), daemon=True)
        thread.start()
        assert begun.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._end.set)
            thread.join(10)

    async def _serve(self, begun: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        begun.set()
        await self._end.wait()
        await self._cut()
        await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        if self.is_away:
            assert request.transport
            request.transport.abort()
            return web.Response()
        if self._files.has(request.path):
            return self._files.answer(request)
        path = request.raw_path.partition("?")[0].removeprefix("/api/v1/")
        if path == "changes":
            return await self._changes(request)
        if request.method == "POST":
            return await self._write(request, path)
        if path.startswith("dead-letters/") and not _has_token(request):
            return _problem(401, "It wants the token", "it may hold buyers' data", "Give it.")
        told = self._told(path, request.query)
        if told is None:
            return _problem(404, "There is no such thing", f"nothing is known of {unquote(path)}", "See the list.")
        return _json(told)

    def _told(self, path: str, query: Mapping[str, str]) -> Any:
        figures, parts = self.figures, [unquote(part) for part in path.split("/")]
        match parts:
            case ["fleet"]:
                return figures["fleet"]
            case ["merchants"]:
                return {"merchants": [*figures["merchants"].values()]}
            case ["merchants", merchant_id] if merchant_id in figures["merchants"]:
                return merchant_whole(figures["merchants"][merchant_id], figures["alerts"])
            case ["shipments"]:
                of = query.get("merchant", "")
                return [one for one in figures["shipments"] if of in ("", one["merchant_id"])]
            case ["history", _, _]:
                return history_of(query.get("merchant", "A1"), figures["strange"])
            case ["dead-letters", partition, offset]:
                letters = [one for one in figures["dead_letters"] if one["id"] == f"{partition}/{offset}"]
                return letter_whole(letters[0]) if letters else None
            case ["reconciles"]:
                return {"silent_workers": [], "reconciles": [run_alone(one) for one in figures["reconciles"]]}
            case ["reconciles", reconcile_id]:
                return next((one for one in figures["reconciles"] if one["reconcile_id"] == reconcile_id), None)
            case [("dead-letters" | "audit") as name]:
                return figures[name.replace("-", "_")]
        return None

    async def _write(self, request: web.BaseRequest, path: str) -> web.Response:
        if not _has_token(request):
            return _problem(401, "The token is not right", "", "Give the value of CONNECTOR_WEB__TOKEN.")
        body = orjson.loads(await request.read())
        self.writes.append((path, body))
        return _json(self._carried_out(path, body))

    def _carried_out(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if path == "reconciles":
            return {"reconcile_id": self.figures["reconciles"][0]["reconcile_id"]}
        is_dry = body["dry_run"]
        result: dict[str, Any] = {"changed": True, "dry_run": is_dry}
        match path.split("/"):
            case ["merchants", merchant_id, ("pause" | "resume") as verb]:
                result["merchant"] = unquote(merchant_id)
                if not is_dry:
                    said = {"paused_because": body.get("reason", ""), "paused_by": body["by"], "paused_at": ago(0)}
                    self.figures["merchants"][unquote(merchant_id)] |= {"paused": verb == "pause"} | said
            case ["merchants", merchant_id, "inventory", "zero"]:
                result |= {
                    "merchant": unquote(merchant_id),
                    "location": "EXSB",
                    "sku": "",
                    "skus": 1240,
                    "seconds": 207,
                }
        return {"done": not is_dry, "result": result, "remarks": []}

    async def _changes(self, request: web.BaseRequest) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        figures = self.figures
        await stream.write(_event("fleet", figures["fleet"]))
        await stream.write(
            _event("merchants", {"whole": True, "merchants": [*figures["merchants"].values()], "gone": []})
        )
        await stream.write(_event("alerts", {"alerts": figures["alerts"]}))
        self._streams.append(stream)
        try:
            while stream in self._streams:
                if not self.is_silent:
                    await stream.write(_event("looked", {"at": ago(0), "next_s": _LOOK_S}))
                await asyncio.sleep(_LOOK_S)
        except ConnectionError:
            pass
        finally:
            if stream in self._streams:
                self._streams.remove(stream)
        return stream

    async def _push(self, event: str, data: Mapping[str, Any]) -> None:
        for stream in self._streams:
            with suppress(ConnectionError):
                await stream.write(_event(event, data))

    async def _cut(self) -> None:
        for stream in tuple(self._streams):
            self._streams.remove(stream)
            with suppress(ConnectionError):
                await stream.write_eof()


def _has_token(request: web.BaseRequest) -> bool:
    return request.headers.get("Authorization") == f"Bearer {TOKEN}"


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


def _json(told: Any) -> web.Response:
    return web.Response(body=orjson.dumps(told), content_type="application/json")


def _problem(status: int, title: str, detail: str, remedy: str) -> web.Response:
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, "remedy": remedy}
    return web.Response(body=orjson.dumps(told), status=status, content_type="application/problem+json")
