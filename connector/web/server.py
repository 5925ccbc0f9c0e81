"""The worker's web port: metrics for Prometheus, health for the orchestrator, status for operators."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`port`: 0 for any that is free. `registry`: of the metrics."""

    host: str
    port: int
    registry: CollectorRegistry
    is_healthy: Callable[[], bool]
    status: Callable[[], dict[str, Any]]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """Gives the port it listens on. /healthz is 200 while the worker holds its partitions, else 503."""
        app = web.Application()
        app.add_routes(
            [web.get("/metrics", self._metrics), web.get("/healthz", self._health), web.get("/status", self._status)]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _health(self, _: web.Request) -> web.Response:
        healthy = self.is_healthy()
        return web.json_response({"healthy": healthy}, status=200 if healthy else 503)

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response(self.status())
