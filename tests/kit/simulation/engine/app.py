"""A BatchApp whose consumer's thread reads the log in memory. Of Faust there is what the engine rests on, not the rest:
who calls whom at a start, a rebalance and a stop is written here anew, in the order that Faust has it.

Real are the app itself, the batch consumer (what is acked, committed, voided), the agents' body, the last resort, the
lease, the tables and their recovery.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from faust.types import TP

from connector.errors import ConnectorError
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import Batch
from tests.kit.simulation.engine.clients import Link
from tests.kit.simulation.engine.group import Group
from tests.kit.simulation.engine.thread import LogConsumer, LogThread

REPLAYED_AT_ONCE = 250


class _Event:
    def __init__(self, message: Batch) -> None:
        self.message = message


class _Stream:
    def __init__(self, queue: "asyncio.Queue[Batch]") -> None:
        self._queue = queue

    def noack(self) -> "_Stream":
        return self

    async def events(self) -> AsyncIterator[_Event]:
        while True:
            yield _Event(await self._queue.get())


class _Topics:
    """Faust's conductor and assignor: which topics are agents', and what is assigned."""

    def __init__(self, app: "LogApp") -> None:
        self._app = app

    def acks_enabled_for(self, topic: str) -> bool:
        return topic in self._app.bodies

    def assigned_actives(self) -> set[TP]:
        return set(self._app.consumer.assignment())


class _Recovery:
    """Without standbys. It never signals: one that is overtaken is cancelled (`_stop_recovery`)."""

    signal_recovery_start = asyncio.Event()
    standby_offsets: Mapping[TP, int] = {}
    standby_tps: frozenset[TP] = frozenset()


class _Tables:
    def __init__(self) -> None:
        self.changelogs: list[Any] = []
        self.recovery = _Recovery()

    def add(self, changelog: Any) -> Any:
        self.changelogs.append(changelog)
        return changelog


class LogApp(BatchApp):
    def __init__(self, id: str, *, link: Link, group: Group, instance: str = "", **options: Any) -> None:
        self.link = link
        self.group = group
        self.bodies: dict[str, Callable[[Any], Any]] = {}
        self._queues: dict[str, asyncio.Queue[Batch]] = {}
        self._logs_tables = _Tables()
        self.generation = 0
        self.has_joined = False
        self._name = instance
        self._work: list[asyncio.Task[Any]] = []
        self._recovering: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        super().__init__(id, instance=instance, **options)

    # What the wiring asks of Faust

    def agent(self, channel: Any, *, name: str) -> Any:  # noqa: ARG002
        def keep(body: Callable[[Any], Any]) -> Callable[[Any], Any]:
            self.bodies[name] = body
            return body

        return keep

    @property
    def topics(self) -> Any:
        return _Topics(self)

    @property
    def assignor(self) -> Any:
        return _Topics(self)

    @property
    def tables(self) -> Any:
        return self._logs_tables

    def _new_consumer(self) -> Any:
        thread = lambda consumer: LogThread(consumer, self.link, self.group, self._name)  # noqa: E731
        return LogConsumer(
            self.transport,
            callback=self._deliver,
            on_partitions_revoked=self._nothing,
            on_partitions_assigned=self._take_over,
            beacon=self.beacon,
            open_thread=thread,
        )

    async def _nothing(self, _: Any) -> None:
        """Faust's revocation ends here what the simulation ends itself."""

    async def _deliver(self, batch: Batch) -> None:
        batch.incref()
        self._queues[batch.tp.topic].put_nowait(batch)

    # Faust's order of things

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        thread = self.consumer._thread
        for name, body in self.bodies.items():
            self._queues[name] = asyncio.Queue()
            self._work.append(loop.create_task(body(_Stream(self._queues[name]))))
        self.consumer.stop_flow()
        self._work.append(loop.create_task(self._fetch()))
        thread.join()
        thread.heartbeat()

    async def _fetch(self) -> None:
        try:
            await self.consumer._drain_messages(self)
        except Exception as fault:  # noqa: BLE001  # as Faust does
            await self.crash(fault)

    def group_rebalances(self) -> None:
        if not self.should_stop:
            self._change(self._give_up_and_join())

    def group_forgot(self) -> None:
        """Its session ended while it was away."""
        self.has_joined = False
        if not self.should_stop:
            self._change(self._give_up_and_join())

    def group_assigned(self, partitions: frozenset[int], generation: int) -> None:
        self.has_joined = True
        if not self.should_stop:
            self._change(self._assigned(partitions, generation))

    def _change(self, change: Any) -> None:
        self.add_future(self._one_by_one(change))

    async def _one_by_one(self, change: Any) -> None:
        async with self._changing:
            if self.should_stop:
                change.close()
                return
            try:
                await change
            except Exception as fault:  # noqa: BLE001  # as Faust does
                await self.crash(fault)

    async def _give_up_and_join(self) -> None:
        await self._stop_recovery()
        revoked = self.consumer.assignment()
        await self.consumer.on_partitions_revoked(revoked)
        self.consumer._thread.assign(frozenset())
        self.consumer._thread.join()

    async def _stop_recovery(self) -> None:
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.wait([self._recovering])
            self._recovering = None

    async def _assigned(self, partitions: frozenset[int], generation: int) -> None:
        if generation != self.group.generation:
            return
        await self._stop_recovery()
        self.generation = generation
        self.given_up = False
        changelogs = [changelog.changelog_topic_name for changelog in self.tables.changelogs]
        tps = frozenset(TP(topic, p) for topic in (*self.bodies, *changelogs) for p in partitions)
        self.consumer._thread.assign(tps)
        await self.consumer.on_partitions_assigned(set(tps), generation)

    async def _take_over(self, assigned: set[TP], generation: int) -> None:
        self._recovering = asyncio.get_running_loop().create_task(self._recover(frozenset(assigned), generation))

    async def _recover(self, assigned: frozenset[TP], _: int) -> None:
        try:
            for changelog in self.tables.changelogs:
                await changelog.on_rebalance(set(assigned))
                mine = sorted(tp for tp in assigned if tp.topic == changelog.changelog_topic_name)
                for tp in mine:
                    await self._replay(changelog, tp)
                await changelog.on_recovery_completed(mine, ())
            self.consumer._set_active_tps({tp for tp in assigned if tp.topic in self.bodies})
            await self.consumer.perform_seek()
            self.consumer.resume_flow()
            self.on_rebalance_end()
        except Exception as fault:  # noqa: BLE001  # as Faust does
            await self.crash(fault)

    async def _replay(self, changelog: Any, tp: TP) -> None:
        log = self.link.kafka.logs[tp]
        applied = changelog.durable.applied(tp.partition)
        reached = 0 if applied is None else applied + 1
        while self.link.is_away:  # noqa: ASYNC110  # it comes back at a time, not by an event
            await asyncio.sleep(0.2)
        end = log.end
        if reached > end:
            self.end(ConnectorError(f"{tp.topic}/{tp.partition} ends at {end}: rows were lost"))
            await asyncio.Event().wait()
        while records := [record for record in log.from_offset(reached, REPLAYED_AT_ONCE) if record.offset < end]:
            await asyncio.sleep(self.link.delay_s())
            await changelog.durable.replay(tp.partition, records, records[-1].offset)
            reached = records[-1].offset + 1

    async def stop(self) -> None:
        if self._stopped.is_set():
            return
        if not self.crashed:
            await self._stop_recovery()
            await self.give_up_partitions()
        self._stopped.set()
        for work in self._work:
            work.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if not self.membership.keep_place:
            self.consumer._thread.leave()
