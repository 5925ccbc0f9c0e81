"""Stands between the connector and the simulator, and holds every call against Amazon's published model."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp
import jsonschema
from aiohttp import web
from yarl import URL

from tests.kit.amazon.spapi_model import check_request, check_response

DROPPED = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}


@dataclass
class ValidatingProxy:
    """`violations`: what was wrong, by method and path. An answer is judged where its body is whole JSON or empty,
    because the simulator's scripted faults break bodies on purpose."""

    target: str
    url: str = ""
    judged: int = 0
    violations: list[str] = field(default_factory=list)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self._judge(f"request {request.method} {request.path_qs}", check_request, request, body.decode())
        headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
        url = f"{self.target}{request.raw_path}"
        try:
            async with request.app[SESSION].request(
                request.method, URL(url, encoded=True), data=body, headers=headers
            ) as answer:
                content = await answer.read()
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.abort()  # a connection that the simulator drops is dropped here too
            raise
        self._judge_answer(request, answer.status, content.decode(errors="replace"))
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in DROPPED}
        return web.Response(status=answer.status, body=content, headers=kept)

    def _judge_answer(self, request: web.Request, status: int, text: str) -> None:
        whole = text == "" or text.rstrip().endswith("}")
        if status < 300 and whole:
            self._judge(f"answer {status} {request.method} {request.path_qs}", check_response, request, status, text)

    def _judge(self, what: str, check: object, request: web.Request, *arguments: object) -> None:
        self.judged += 1
        try:
            check(request.method, request.path_qs, *arguments)  # type: ignore[operator]  # one of the two checks
        except (AssertionError, jsonschema.ValidationError) as wrong:
            self.violations.append(f"{what}: {str(wrong).splitlines()[0]}")


SESSION = web.AppKey("session", aiohttp.ClientSession)


@contextmanager
def validating_proxy(target: str) -> Iterator[ValidatingProxy]:
    proxy = ValidatingProxy(target)
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", proxy.forward)
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            app[SESSION] = session
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            started.set()
            await stop.wait()
            await runner.cleanup()
        await asyncio.sleep(0.05)  # aiohttp closes its connections after its session: nothing tells when

    def run() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    yield proxy
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
