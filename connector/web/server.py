"""The worker's web port: metrics for Prometheus, health for the orchestrator, status for operators."""

import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from connector.errors import ConnectorError, SettingsError


def check_address(host: str, port: int) -> None:
    """Raises ConnectorError where the port is taken now, SettingsError where nobody may ever listen there."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
    except OSError as error:
        raise _unusable(host, port, error) from None


def _unusable(host: str, port: int, error: OSError) -> ConnectorError:
    reason = error.strerror or type(error).__name__
    if error.errno == errno.EADDRINUSE:
        return ConnectorError(
            f"CONNECTOR_WEB__PORT: {port} of {host} is taken: stop what listens there, or set another"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return SettingsError([f"CONNECTOR_WEB__PORT: {port} may not be listened on ({reason}); set one above 1023"])
    return SettingsError([f"CONNECTOR_WEB__HOST: {host} is no address of this machine ({reason})"])


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
            try:
                await web.TCPSite(runner, self.host, self.port).start()
            except OSError as error:
                raise _unusable(self.host, self.port, error) from None
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
