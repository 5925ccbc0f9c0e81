"""A worker as it runs: what starts before the app, beside it, and ends after it."""

import asyncio
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.agents.merchants.owned import OwnedMerchants
from connector.errors import ConnectorError
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.engine.app import BatchApp
from connector.kafka.follower import Follower
from connector.kafka.partition_writers import PartitionWriters
from connector.kafka.producer import Producer
from connector.kafka.watch import TopicWatch
from connector.lanes.lanes import Lanes
from connector.smartconnect.client import SmartConnect
from connector.tables.snapshots.schedule import SnapshotSchedule
from connector.web.server import Web

if TYPE_CHECKING:  # OpenTelemetry is loaded where there are traces to take
    from connector.tracing.traces import Traces

END_WITHIN_S = 30.0
NEW_OBJECTS = 10_000

Background = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class BoundedEnd:
    """Ends the process by force, with code 1, when it is still there `limit_s` seconds after `begin`, whatever stands
    still: the event loop, a thread in Kafka's client, or Python, which waits for threads before it leaves.

    Nothing is lost: what was not committed comes again, and the tables are in their changelogs.
    """

    def __init__(self, limit_s: float = END_WITHIN_S) -> None:
        self._limit_s = limit_s
        self._reason: ConnectorError | None = None
        self._timer: threading.Timer | None = None

    def begin(self, reason: ConnectorError | None = None) -> None:
        """Inside the event loop. The first call counts; `reason` may be known later. It is told at a forced end, which
        nobody is left to tell it after."""
        self._reason = reason or self._reason
        if self._timer is None:
            self._timer = threading.Timer(self._limit_s, self._give_up, [asyncio.get_running_loop()])
            self._timer.daemon = True
            self._timer.start()

    def over(self) -> None:
        """The process has something else to do."""
        if self._timer is not None:
            self._timer.cancel()

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        pending = sorted({getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(loop)})
        log.error(
            "the worker did not stop within %g s and is ended by force",
            self._limit_s,
            extra={"pending": pending, "threads": _threads()},
        )
        for line in str(self._reason or "").splitlines():
            log.critical(line)
        os._exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """What is connected to, and let go at the end. `topic_watch` also tells whether the topics are why it ended."""

    codec: AvroCodec
    producer: Producer
    writers: PartitionWriters
    api: SmartConnect
    followers: tuple[Follower, ...]
    topic_watch: TopicWatch
    traces: "Traces | None"

    async def close(self) -> None:
        await asyncio.to_thread(self.producer.close, 10.0)
        await asyncio.to_thread(self.writers.close)
        await self.codec.aclose()
        await self.api.aclose()
        if self.traces is not None:
            await asyncio.to_thread(self.traces.close)
        await asyncio.gather(*(follower.close() for follower in self.followers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`background`: what runs for ever beside the agents."""

    app: BatchApp
    clients: Clients
    web: Web
    lanes: Lanes
    owned_merchants: OwnedMerchants
    snapshots: SnapshotSchedule
    background: tuple[Background, ...]

    async def run(self, stop: asyncio.Event, end: BoundedEnd) -> None:
        """Until `stop`, or until something that nobody foresaw: that is raised, for the supervisor to start anew.
        Raises ConnectorError where an operator can do something about it. `end` has begun then, and is the caller's."""
        gc.freeze()  # modules and wiring: nothing that a collection would ever find
        collect_seldom()
        try:
            await self.clients.codec.start()
            async with self.web.serve() as port:
                self.app.advertise(self.web.url(port))
                log.info("worker started", extra={"web_port": port})
                await self._serve(stop, end)
        except ConnectorError as reason:
            end.begin(reason)
            raise
        finally:
            end.begin()
            await self.clients.close()

    async def _serve(self, stop: asyncio.Event, end: BoundedEnd) -> None:
        self.app.prepared.clear()
        endings = {
            asyncio.create_task(self._run_app()),
            asyncio.create_task(self.app.wait_until_stopped()),
            asyncio.create_task(self.app.wait_for_end()),
            asyncio.create_task(stop.wait()),
            asyncio.create_task(self.owned_merchants.follow_file()),
            asyncio.create_task(self._follow()),
            asyncio.create_task(self.clients.topic_watch.run()),
            *(asyncio.create_task(run()) for run in self.background),
        }
        try:
            done, _ = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            end.begin()
            for ended in done:
                ended.result()
            await self.snapshots.end()
        except ConnectorError as reason:
            # It comes back when somebody has done something, to whatever topics there are then
            end.begin(reason)
            self.app.membership.keep_place = False
            raise await self.clients.topic_watch.explain() or reason from None
        finally:
            for ending in endings:
                ending.cancel()
            await self.app.stop()
        if self.app.crash_reason is not None:
            raise await self.clients.topic_watch.explain() or self.app.crash_reason

    async def _follow(self) -> None:
        followers = self.clients.followers
        await asyncio.gather(*(follower.load() for follower in followers))
        self.app.prepared.set()
        await asyncio.gather(*(follower.run() for follower in followers))

    async def _run_app(self) -> None:
        """Its start may take for ever: it waits for partitions."""
        await self.app.start()
        await self.app.wait_until_stopped()


def collect_seldom() -> None:
    """What was made lately is looked at by the garbage collector each time that it has become so many objects more.

    Calls in flight hold some thousands, none of which is garbage before its call is over, and then counting references
    frees it: by Python's own number, 700, they are looked at again and again, an eighth of all that a call takes. To
    look at so many takes half a millisecond.
    """
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def _threads() -> list[str]:
    """Where each stands: the innermost call of Python."""
    frames = sys._current_frames()
    return sorted(
        f"{thread.name}: {frame.f_code.co_qualname} {os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
        for thread in threading.enumerate()
        if thread is not threading.current_thread() and (frame := frames.get(thread.ident or 0)) is not None
    )
