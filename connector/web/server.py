"""The worker's web port: metrics for Prometheus, health for the orchestrator, status, the control API and the console
for operators and their programs."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Metric

from connector.settings import WebSettings
from connector.web.address import advertised_url, unusable_address
from connector.web.answers import LongAnswers, TooManyAnswers
from connector.web.api.operations import API_PREFIX, FOLLOWED
from connector.web.api.router import ApiParts, ControlApi
from connector.web.connections import BoundedServer
from connector.web.console.files import ConsoleFiles
from connector.web.exposition import exposition
from connector.web.hosts import NAMES_SETTING, OwnNames
from connector.web.pages import Pages

LIVENESS = "/livez"
HEALTH = "/healthz"
METRICS = "/metrics"
STATUS = "/status"
METHODS = ("GET", "HEAD")
MERCHANTS, ALL = "merchants", "all"
METRICS_OF_ALL = f"{METRICS}?{MERCHANTS}={ALL}"
SHUTDOWN_S = 0.5

_TYPES = {METRICS: CONTENT_TYPE_PLAIN_0_0_4, STATUS: "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`metrics`: of some merchants, and the others together. `registry`: of all. `status`: JSON, in pieces. Only by way
    of `api` something can be changed, and that asks for a token. The console is at `/`."""

    settings: WebSettings
    metrics: Callable[[], Iterator[Metric]]
    registry: CollectorRegistry
    is_healthy: Callable[[], bool]
    status: Callable[[], Iterator[bytes]]
    api: ApiParts

    def url(self, port: int) -> str:
        """What other workers are told, who listens on this port."""
        return advertised_url(self.settings, port)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """Gives the port it listens on. /healthz is 200 while the worker holds its partitions, else 503; /livez is 200
        for as long as the event loop answers, whatever becomes of Kafka."""
        host, port = self.settings.host, self.settings.port
        listed = [*self.settings.names.split(","), urlsplit(self.settings.advertised_url).hostname or ""]
        pages = Pages()
        answers = LongAnswers(pages)
        api = ControlApi(self.api, answers)
        site = _Site(
            names=OwnNames(host, listed),
            answers=answers,
            is_healthy=self.is_healthy,
            pieces={
                METRICS: lambda: exposition(self.metrics()),
                METRICS_OF_ALL: lambda: exposition(self.registry.collect()),
                STATUS: self.status,
            },
            api=api,
            console=ConsoleFiles(),
        )
        runner = web.ServerRunner(BoundedServer(site.answer, FOLLOWED), shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        try:
            async with api.open():
                try:
                    await web.TCPSite(runner, host, port).start()
                except OSError as error:
                    raise unusable_address(host, port, error) from None
                yield int(runner.addresses[0][1])
        finally:
            pages.close()
            await runner.cleanup()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    names: OwnNames
    answers: LongAnswers
    is_healthy: Callable[[], bool]
    pieces: Mapping[str, Callable[[], Iterator[bytes]]]
    api: ControlApi
    console: ConsoleFiles

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = await self._answered(request)
        response.force_close()
        return response

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self.names.is_meant(request.headers.getall("Host", []), request.version):
            text = f"this is not called so: use its address, or list the name in {NAMES_SETTING}\n"
            return web.Response(status=421, text=text)
        try:
            if request.path.startswith(API_PREFIX):
                return await self.api.answer(request)
            if self.console.has(request.path):
                return self.console.answer(request)
            return self._refused(request) or await self._answer(request)
        except TooManyAnswers:
            return web.Response(status=503, text="others are being answered\n", headers={"Retry-After": "1"})

    def _refused(self, request: web.BaseRequest) -> web.StreamResponse | None:
        if request.path not in (LIVENESS, HEALTH, *_TYPES):
            text = (
                f"there is {', '.join((LIVENESS, HEALTH, *self.pieces))}, and {API_PREFIX}openapi.json tells the rest\n"
            )
            return web.Response(status=404, text=text)
        if request.method not in METHODS:
            return web.Response(status=405, text="nothing can be changed here\n", headers={"Allow": ", ".join(METHODS)})
        if request.path == METRICS and request.query.get(MERCHANTS, ALL) != ALL:
            return web.Response(status=400, text=f"{MERCHANTS}: give {ALL}, or leave it out\n")
        return None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == LIVENESS:
            return web.json_response({"live": True})
        if request.path == HEALTH:
            healthy = self.is_healthy()
            return web.json_response({"healthy": healthy}, status=200 if healthy else 503)
        page = METRICS_OF_ALL if request.path == METRICS and MERCHANTS in request.query else request.path
        with self.answers.place():
            return await self.answers.send(request, self.pieces[page], _TYPES[request.path])
