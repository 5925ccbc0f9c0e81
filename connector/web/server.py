"""The worker's web port: metrics for Prometheus, health for the orchestrator, status for operators."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


@asynccontextmanager
async def serve_web(
    host: str,
    port: int,
    registry: CollectorRegistry,
    is_healthy: Callable[[], bool],
    status: Callable[[], dict[str, Any]],
) -> AsyncIterator[int]:
    """Gives the port it listens on. /healthz is 200 while the worker holds its partitions, else 503."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def health(_: web.Request) -> web.Response:
        healthy = is_healthy()
        return web.json_response({"healthy": healthy}, status=200 if healthy else 503)

    async def tell_status(_: web.Request) -> web.Response:
        return web.json_response(status())

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", health), web.get("/status", tell_status)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
