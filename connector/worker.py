"""A worker as it runs: what starts before the app, beside it, and ends after it."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connector.agents.merchants.owned import OwnedMerchants
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.engine.app import BatchApp
from connector.kafka.follower import Follower
from connector.kafka.producer import Producer
from connector.lanes.lanes import Lanes
from connector.settings import Settings
from connector.smartconnect.client import SmartConnect
from connector.telemetry import Telemetry
from connector.web.server import serve_web
from connector.web.status import WorkerStatus

STOP_WITHIN_S = 30.0

log = logging.getLogger(__name__)


@contextmanager
def exit_within(limit_s: float) -> Iterator[None]:
    """Ends the process with code 1 when the block takes longer, even if the event loop or a thread is stuck.

    Nothing is lost: what was not committed comes again, and the tables are in their changelogs.
    """
    loop = asyncio.get_running_loop()

    def give_up() -> None:
        stuck = sorted({getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(loop)})
        log.error("the worker did not stop within %g s and is ended by force", limit_s, extra={"pending": stuck})
        os._exit(1)

    timer = threading.Timer(limit_s, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@dataclass(frozen=True)
class Worker:
    """`background`: what runs for ever beside the agents."""

    settings: Settings
    app: BatchApp
    codec: AvroCodec
    producer: Producer
    api: SmartConnect
    lanes: Lanes
    owned_merchants: OwnedMerchants
    telemetry: Telemetry
    status: WorkerStatus
    followers: tuple[Follower, ...]
    background: tuple[Callable[[], Coroutine[Any, Any, None]], ...]

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until something that nobody foresaw: that is raised, for the supervisor to start anew."""
        web = self.settings.web
        try:
            await self.codec.start()
            metrics, is_healthy = self.telemetry.registry, self.app.holds_lease
            async with serve_web(web.host, web.port, metrics, is_healthy, self.status) as port:
                log.info("worker started", extra={"web_port": port})
                await self._serve(stop)
        finally:
            await asyncio.to_thread(self.producer.close, 10.0)
            await self.api.aclose()
            await asyncio.gather(*(follower.close() for follower in self.followers))

    async def _serve(self, stop: asyncio.Event) -> None:
        for follower in self.followers:
            await follower.load()
        endings = {
            asyncio.create_task(stop.wait()),
            asyncio.create_task(self.app.wait_until_stopped()),
            asyncio.create_task(self.owned_merchants.follow_file()),
            *(asyncio.create_task(run()) for run in self.background),
            *(asyncio.create_task(follower.run()) for follower in self.followers),
        }
        try:
            await self.app.start()
            done, _ = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for ending in endings:
                ending.cancel()
            with exit_within(STOP_WITHIN_S):
                await self.app.stop()
        if self.app.crash_reason is not None:
            raise self.app.crash_reason
