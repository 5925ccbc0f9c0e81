"""The worker's web port: metrics for Prometheus, health for the orchestrator, status for operators."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry

from connector.web.address import unusable_address
from connector.web.connections import BoundedServer
from connector.web.exposition import exposition
from connector.web.hosts import NAMES_SETTING, OwnNames
from connector.web.pages import Pages

LIVENESS = "/livez"
HEALTH = "/healthz"
METHODS = ("GET", "HEAD")
MOST_LONG_ANSWERS = 8
"""Each may be tens of megabytes, however slowly it is read."""
SHUTDOWN_S = 0.5

_TYPES = {"/metrics": CONTENT_TYPE_PLAIN_0_0_4, "/status": "application/json; charset=utf-8"}
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`port`: 0 for any that is free. `names`: what others may call it. `registry`: of the metrics. `status`: JSON, in
    pieces. Nothing can be changed by way of it, so it asks nobody for a token."""

    host: str
    port: int
    names: Sequence[str] = ()
    registry: CollectorRegistry
    is_healthy: Callable[[], bool]
    status: Callable[[], Iterator[bytes]]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """Gives the port it listens on. /healthz is 200 while the worker holds its partitions, else 503; /livez is 200
        for as long as the event loop answers, whatever becomes of Kafka."""
        pages = Pages()
        site = _Site(
            names=OwnNames(self.host, self.names),
            pages=pages,
            is_healthy=self.is_healthy,
            pieces={"/metrics": lambda: exposition(self.registry.collect()), "/status": self.status},
        )
        runner = web.ServerRunner(BoundedServer(site.answer), shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, self.host, self.port).start()
            except OSError as error:
                raise unusable_address(self.host, self.port, error) from None
            yield int(runner.addresses[0][1])
        finally:
            pages.close()
            await runner.cleanup()


@dataclass(slots=True, kw_only=True)
class _Site:
    names: OwnNames
    pages: Pages
    is_healthy: Callable[[], bool]
    pieces: Mapping[str, Callable[[], Iterator[bytes]]]
    _long: int = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = self._refused(request) or await self._answer(request)
        response.force_close()
        return response

    def _refused(self, request: web.BaseRequest) -> web.StreamResponse | None:
        if not self.names.is_meant(request.headers.getall("Host", []), request.version):
            text = f"this is not called so: use its address, or list the name in {NAMES_SETTING}\n"
            return web.Response(status=421, text=text)
        if request.path not in (LIVENESS, HEALTH) and request.path not in self.pieces:
            return web.Response(status=404, text=f"there is {', '.join((LIVENESS, HEALTH, *self.pieces))}\n")
        if request.method not in METHODS:
            return web.Response(status=405, text="nothing can be changed here\n", headers={"Allow": ", ".join(METHODS)})
        return None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == LIVENESS:
            return web.json_response({"live": True})
        if request.path == HEALTH:
            healthy = self.is_healthy()
            return web.json_response({"healthy": healthy}, status=200 if healthy else 503)
        if self._long >= MOST_LONG_ANSWERS:
            return web.Response(status=503, text="others are being answered\n", headers={"Retry-After": "1"})
        self._long += 1
        try:
            return await self._long_answer(request)
        finally:
            self._long -= 1

    async def _long_answer(self, request: web.BaseRequest) -> web.StreamResponse:
        packed = bool(_GZIP.search(request.headers.get("Accept-Encoding", "")))
        page = await self.pages.page(request.path, self.pieces[request.path], packed=packed)
        response = web.StreamResponse(headers={"Content-Type": _TYPES[request.path], "Vary": "Accept-Encoding"})
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.content_length = sum(map(len, page))
        response.force_close()
        await response.prepare(request)
        if request.method != "HEAD":
            for piece in page:
                await response.write(piece)
        await response.write_eof()
        return response
