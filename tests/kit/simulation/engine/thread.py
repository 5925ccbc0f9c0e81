"""The batch consumer, real, and in place of aiokafka's thread the log in memory and the group."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from faust.types import TP

from connector.kafka.engine.batch import Batch
from connector.kafka.engine.consumer import BatchConsumer
from connector.kafka.engine.consumer_thread import Fetched
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.engine.membership import Fenced
from tests.kit.simulation.engine.clients import Link
from tests.kit.simulation.engine.group import Group

if TYPE_CHECKING:
    from tests.kit.simulation.engine.app import LogApp

HEARTBEAT_S = 3.0
COMMIT_S = 2.8
"""Faust's timer goes all the time: an acked batch is committed at some time within so long."""
MOST_FETCHED = 500


@lru_cache(maxsize=100)
def _sorted(active: frozenset[TP]) -> tuple[TP, ...]:
    return tuple(sorted(active))


class LogThread:
    """In place of the thread that aiokafka's consumer lives in."""

    def __init__(self, consumer: "LogConsumer", link: Link, group: Group, name: str) -> None:
        self._consumer = consumer
        self._app: LogApp = consumer.app
        self._link = link
        self._group = group
        self._name = name
        self._positions: dict[TP, int] = {}
        self._assigned: frozenset[TP] = frozenset()
        self._news = asyncio.Event()
        self._watched: set[TP] = set()

    # The group's side

    def give_up(self) -> None:
        self._answer(self._app.group_rebalances)

    def assigned(self, partitions: frozenset[int], generation: int) -> None:
        self._answer(self._app.group_assigned, partitions, generation)

    def fenced(self) -> None:
        self._answer(self._app.lease.end)
        self._answer(self._app.end, Fenced("another worker runs under this one's name"))

    def _answer(self, heard: Callable[..., object], *args: Any) -> None:
        if not self._link.loop.is_dead:
            self._link.loop.call_later(self._link.delay_s(), heard, *args)

    def join(self) -> None:
        """A join is confirmed in time or not at all; until it is, no lease is held."""
        if self._link.is_away:
            self._link.loop.call_later(0.5, self.join)
        elif not self._app.should_stop:
            self._app.lease.renew(self._app.lease.now())
            self._link.timeline.after(self._link.delay_s(), self._group.join, self._name, self)

    def heartbeat(self) -> None:
        """In the consumer's own thread, which is frozen and killed with its process. A step of the world, and of the
        process only where it has something to hear: a sixth of all steps would be heartbeats."""
        loop, timeline = self._link.loop, self._link.timeline
        if loop.is_dead or self._app.should_stop:
            return
        if loop.is_frozen:
            timeline.at(loop.frozen_until_s, self.heartbeat)
            return
        timeline.after(HEARTBEAT_S, self.heartbeat)
        if self._link.is_away:
            return
        if self._group.heartbeat(self._name, self):
            self._app.lease.renew(timeline.now_s)
        elif self._app.has_joined:
            loop.call_soon(self._forgotten)

    def _forgotten(self) -> None:
        self._app.lease.end()
        self._app.group_forgot()

    def leave(self) -> None:
        if not self._link.is_away:
            self._group.leave(self._name, self)

    # The consumer's side

    def assign(self, tps: frozenset[TP]) -> None:
        self._assigned = tps
        self._positions = {tp: at for tp, at in self._positions.items() if tp in tps}

    def assignment(self) -> frozenset[TP]:
        return self._assigned

    def wake(self) -> None:
        self._news.set()

    async def getmany(self, active: Iterable[TP], _: float) -> Fetched:
        """What there is at once, else when there is something: no time-out, for nothing waits for one but a seek, and
        that wakes it."""
        tps = _sorted(frozenset(active))
        while True:
            if not self._consumer.flow_active:
                return Fetched({}, {})
            found = None if self._link.is_away else self._fetched(tps)
            if found is not None:
                return found
            self._news.clear()
            self._watch(tps)
            if self._link.is_away:
                self._link.loop.call_at(self._link.away_until_s, self._news.set)
            await self._news.wait()

    def _fetched(self, tps: Iterable[TP]) -> Fetched | None:
        records: dict[TP, list[KafkaRecord]] = {}
        positions: dict[TP, int] = {}
        for tp in tps:
            log, position = self._link.kafka.logs[tp], self._positions.get(tp)
            if position is None or log.end == position:
                continue
            if position < log.begin:
                self._link.kafka.out_of_range.add((tp.topic, tp.partition))
                position = self._positions[tp] = log.begin  # auto.offset.reset
            if position > log.end:
                position = self._positions[tp] = log.begin  # auto.offset.reset
            found = log.from_offset(position, MOST_FETCHED)
            if found:
                records[tp] = found
            at_end = not found or found[-1].offset == log.records[-1].offset
            positions[tp] = self._positions[tp] = log.end if at_end else found[-1].offset + 1
        return Fetched(records, positions) if positions else None

    def _watch(self, tps: Iterable[TP]) -> None:
        for tp in tps:
            if tp not in self._watched:
                self._watched.add(tp)
                self._listen(tp)

    def _listen(self, tp: TP) -> None:
        def hear() -> None:
            self._watched.discard(tp)
            if not self._link.loop.is_dead:
                self._link.loop.call_later(self._link.delay_s(), self._news.set)

        self._link.kafka.logs[tp].news.wait(hear)

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        metadata = {tp: self._consumer.last_resort.metadata(tp, end) for tp, end in offsets.items()}
        generation = self._app.generation
        await asyncio.sleep(self._link.delay_s())
        if self._link.is_away:
            await asyncio.sleep(max(0.0, self._link.away_until_s - self._link.timeline.now_s))
        if not self._group.is_member(self._name, self) or generation != self._group.generation:
            return False
        for tp, end in offsets.items():
            if tp in self._assigned:
                self._link.kafka.commit((tp.topic, tp.partition), end, metadata[tp])
        await asyncio.sleep(self._link.delay_s())
        return True

    async def rewind(self, others: Mapping[TP, int]) -> Mapping[TP, int] | None:
        generation = self._app.generation
        await asyncio.sleep(self._link.delay_s())
        if generation != self._app.generation or not self._assigned:
            return None
        tps = sorted(tp for tp in self._assigned if self._app.topics.acks_enabled_for(tp.topic))
        known = self._link.kafka.committed
        committed = {tp: known[tp.topic, tp.partition] for tp in tps if (tp.topic, tp.partition) in known}
        self._consumer.last_resort.load({tp: metadata for tp, (_, metadata) in committed.items()})
        offsets = {tp: offset for tp, (offset, _) in committed.items()}
        self._positions = {tp: self._link.kafka.logs[tp].begin for tp in tps} | offsets | dict(others)
        begins = {tp: self._positions[tp] for tp in tps if tp not in offsets}
        return offsets | begins if begins and await self.commit(begins) else offsets

    async def earliest_offsets(self, *tps: TP) -> Mapping[TP, int]:
        return {tp: self._link.kafka.logs[tp].begin for tp in tps}

    async def highwaters(self, *tps: TP) -> Mapping[TP, int]:
        return {tp: self._link.kafka.logs[tp].end for tp in tps}

    def log_ends(self) -> dict[TP, int]:
        return {tp: self._link.kafka.logs[tp].end for tp in sorted(self._assigned)}

    def hurry(self) -> None:
        """Nothing waits for a fetch here."""

    take_time = hurry


class LogConsumer(BatchConsumer):
    """`open_thread`: the log's side of it."""

    def __init__(self, *args: Any, open_thread: Callable[["LogConsumer"], LogThread], **options: Any) -> None:
        self._open_thread = open_thread
        self._commits_soon = False
        super().__init__(*args, **options)

    def _new_consumer_thread(self) -> Any:
        return self._open_thread(self)

    def add_dependency(self, service: Any) -> Any:
        """The thread is none, and no queue leads to it."""
        return service

    def assignment(self) -> set[TP]:
        return set(self._thread.assignment())

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109  # Faust's own
        """Where two are waited for: the agents' queues have no bound here, so the first, their put, never waits."""
        if len(coros) == 1:
            return await super().wait_first(*coros, timeout=timeout)
        first, *others = coros
        for other in others:
            other.close()
        return await first

    def ack(self, message: Batch) -> bool:
        done = super().ack(message)
        if done and not self._commits_soon:
            self._commits_soon = True
            asyncio.get_running_loop().call_later(COMMIT_S * self.app.link.chance.random(), self._commit_now)
        return bool(done)

    def _commit_now(self) -> None:
        self._commits_soon = False
        if not self.app.should_stop:
            self.app.add_future(self._commit_again())

    async def _commit_again(self) -> None:
        if not await self.commit() and self._acked_to and not self._commits_soon:
            self._commits_soon = True
            asyncio.get_running_loop().call_later(COMMIT_S * self.app.link.chance.random(), self._commit_now)
