"""A worker's web port on this machine, and clients that are good or bad at HTTP."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, Metric

from connector.settings import WebSettings
from connector.web.api.router import ApiParts
from connector.web.server import Web
from tests.kit.http.api import api_parts


@asynccontextmanager
async def web_port(
    *,
    names: Sequence[str] = (),
    metrics: Callable[[], Iterator[Metric]] = lambda: iter(()),
    registry: CollectorRegistry | None = None,
    is_healthy: Callable[[], bool] = lambda: True,
    status: Callable[[], Iterator[bytes]] = lambda: iter([b"{}"]),
    api: ApiParts | None = None,
) -> AsyncIterator[int]:
    web = Web(
        settings=WebSettings(port=0, names=",".join(names)),
        metrics=metrics,
        registry=registry or CollectorRegistry(),
        is_healthy=is_healthy,
        status=status,
        api=api or api_parts(),
    )
    async with web.serve() as port:
        yield port


async def said(port: int, request: bytes) -> bytes:
    """The whole answer, to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()


async def status_of(port: int, path: str = "/healthz", *, method: str = "GET", host: str = "127.0.0.1") -> int:
    answer = await said(port, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return int(answer.split()[1])


class HeldPage:
    """A page that is being written until `end` is set; `given_up`: nobody writes it any more."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.end = threading.Event()
        self.given_up = threading.Event()
        self.times = 0
        self._loop = asyncio.get_running_loop()

    def __call__(self) -> Iterator[bytes]:
        self.times += 1
        self._loop.call_soon_threadsafe(self.begun.set)
        try:
            while not self.end.wait(0.01):
                yield b" "
            yield b"{}"
        finally:
            self.given_up.set()
