"""A Faust app on the batch consumer, with what lanes need of it: ready, revoked, and whether the lease holds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any

import faust
from aiokafka.errors import KafkaConnectionError
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery
from faust.types import TP

from connector.errors import ConnectorError, rows_lost
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.engine.consumer import BatchConsumer, BatchTransport
from connector.kafka.engine.lease import Lease
from connector.kafka.engine.membership import Membership

Taking = Callable[[frozenset[int]], Awaitable[None]]
Ready = Callable[[frozenset[int]], Awaitable[None]]
Revoked = Callable[[], Awaitable[None]]
Reset = Callable[[str, int, int, int], Awaitable[None]]


log = logging.getLogger(__name__)


class _Recovery(Recovery):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    """Ends the app by one line where a log lacks what was read of it before; Faust's crashes it."""

    async def on_rebalance(self, assigned: set[TP], revoked: set[TP], newly: set[TP], generation_id: int = 0) -> None:
        await super().on_rebalance(assigned, revoked, newly, generation_id)
        if generation_id == self.app.consumer_generation_id:  # else the group joins anew already
            self.app.given_up = False

    async def _build_offsets(self, consumer: Any, tps: set[TP], destination: Any, title: str) -> None:
        if title == "active":
            await self._restore(consumer, {tp for tp in tps if destination[tp] is None}, destination)
        await super()._build_offsets(consumer, tps, destination, title)
        self._heed_rebalance()
        for tp in tps:  # of a log that a broker, just started, does not know yet, -1 is the beginning, and -2 Faust's
            if destination[tp] is not None:
                destination[tp] = max(destination[tp], -1)
        for tp in tps if title == "active" else ():
            log_end, known = self.active_highwaters[tp], self.tables.known_end(tp)
            if log_end is not None and known > log_end:
                self.app.end(rows_lost(f"{tp.topic}/{tp.partition} ends at {log_end}", known))
                await asyncio.Event().wait()  # the app's end cancels it

    async def _restore(self, consumer: Any, tps: set[TP], destination: Any) -> None:
        """From snapshots, as far as there are any: those changelogs are read from there on."""
        begins = await consumer.earliest_offsets(*tps) if tps else {}
        self._heed_rebalance()
        try:
            async with asyncio.timeout(self.app.conf.broker_request_timeout / 2):  # in time for all else
                for tp in tps:
                    restored = await self.tables.restore(tp, begins.get(tp) or 0, self.active_highwaters[tp])
                    self._heed_rebalance()
                    destination[tp] = restored
        except TimeoutError:
            log.warning("the disk is too slow for snapshots of rows: the rest is read from the changelogs")
        except ConnectorError as fault:
            self.app.end(fault)
            await asyncio.Event().wait()  # as above

    async def _seek_offsets(self, consumer: Any, tps: set[TP], offsets: Any, title: str) -> None:
        self._heed_rebalance()
        await super()._seek_offsets(consumer, tps, offsets, title)

    def _heed_rebalance(self) -> None:
        """One may come between any two steps of a recovery. From then on the sets that Faust's steps share are those of
        its partitions, whose ends and offsets nobody has asked for yet: None or 0, all of them."""
        if self.signal_recovery_start.is_set():
            raise RebalanceAgain


class _Tables(TableManager):  # type: ignore[misc]  # as above
    """All tables are known before the app starts; Faust's gives them a second to come."""

    _recovery: Recovery | None

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = _Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    def known_end(self, tp: TP) -> int:
        """The offset of the last row of a changelog that this process knew."""
        return int(self._changelogs[tp.topic].known_end(tp.partition))

    async def restore(self, tp: TP, first: int, last: int) -> Any:
        """The offset to read a changelog from, which has `first` to `last`, where a snapshot has the rows before it."""
        return await self._changelogs[tp.topic].restore(tp.partition, first, last)

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


DEFAULTS = {
    "TableManager": _Tables,
    "topic_allow_declare": False,  # topics are made beforehand, with our settings (`connector topics create`)
    "topic_disable_leader": True,
    "consumer_auto_offset_reset": "earliest",
    "consumer_metadata_max_age_ms": 15_000,  # a topic made anew is not read until the metadata is
    "stream_buffer_maxsize": 16,  # batches
    "stream_wait_empty": False,  # BatchConsumer.settle() waits, with a bound
}


class BatchApp(faust.App):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    """`instance`: the name of this worker's place in the group, empty for none (see Membership). `revoke_grace_s`: what
    begun batches may still take when partitions are given up. `options`: Faust's settings.

    `prepared`: clear it while something else than tables must be known before anybody may act on partitions.
    """

    consumer: BatchConsumer

    def __init__(
        self,
        id: str,
        *,
        instance: str = "",
        batch_max_records: int = 250,
        fetch_max_wait_ms: int = 500,
        revoke_grace_s: float = 5.0,
        **options: Any,
    ) -> None:
        self.batch_max_records = batch_max_records
        self.batch_sizes: dict[str, int] = {}  # of topics whose batches may be larger or must be smaller
        self.records_together: dict[str, int] = {}  # of topics whose batches, where several wait, are applied as one
        self.fetch_max_wait_ms = fetch_max_wait_ms
        self.lease = Lease()
        self.membership = Membership(id, instance, lease=self.lease, on_end=self.end)
        self.prepared = asyncio.Event()
        self.prepared.set()
        self.ready = asyncio.Event()
        self.given_up = False  # and none assigned since
        self._revoke_grace_s = revoke_grace_s
        self._on_taking: list[Taking] = []
        self._on_ready: list[Ready] = []
        self._on_revoked: list[Revoked] = []
        self._on_reset: list[Reset] = []
        self._announcing: asyncio.Future[None] | None = None
        self._giving_up = asyncio.Lock()
        self._end_asked = asyncio.Event()
        self._end_reason: ConnectorError | None = None
        super().__init__(id, **(DEFAULTS | {"consumer_group_instance_id": instance or None} | options))

    def agent(self, channel: Any, *, name: str) -> Callable[[Any], Any]:
        """Faust's also looks where in the source the body stands: through the files of all modules, while a start waits
        for it."""

        def attach(body: Any) -> Any:
            self.agents[name] = self.conf.Agent(
                body, app=self, name=name, channel=channel, on_error=self._on_agent_error
            )
            return self.agents[name]

        return attach

    def advertise(self, url: str) -> None:
        """Before the start: where other workers reach this one. They learn it from the group (kafka/members.py)."""
        self.conf.broker_client_id = url

    @property
    def address(self) -> str:
        return str(self.conf.broker_client_id)

    async def join_anew(self) -> None:
        """The group forgets this worker as if its session had ended; it joins at once, as a new member."""
        await self.consumer.leave_group()

    def on_taking(self, callback: Taking) -> None:
        """Awaited with the numbers of all partitions to be owned, at each rebalance, before tables are recovered.
        What it raises ends the worker."""
        self._on_taking.append(callback)

    def on_ready(self, callback: Ready) -> None:
        """Awaited with the numbers of all partitions owned, after each rebalance, when the tables are recovered.
        Agents begin when all of these are through: `ready` is set then."""
        self._on_ready.append(callback)

    def on_revoked(self, callback: Revoked) -> None:
        """Awaited before a rebalance goes on, and before a clean stop: all partitions are given up, each time."""
        self._on_revoked.append(callback)

    def on_reset(self, callback: Reset) -> None:
        """Awaited with topic, partition, the offset that was next and the one that is now: Kafka no longer has what
        lay between. Lower: the records are handled again. Higher: they were deleted unread."""
        self._on_reset.append(callback)

    def lag(self) -> Mapping[tuple[str, int], int]:
        """Records by topic and partition that are in the log, but not dealt with; nothing before the start."""
        return {} if self._consumer is None else self.consumer.lag()

    def lease_age_s(self) -> float:
        """Seconds since the sending of the last heartbeat, join or sync that the group coordinator confirmed."""
        return self.lease.age_s()

    def holds_lease(self) -> bool:
        """False: the partitions may belong to another worker by now."""
        return self.lease_age_s() < self._session_timeout_s

    @cached_property
    def _session_timeout_s(self) -> float:  # asked for each row, and Faust's settings take a microsecond to tell it
        return float(self.conf.broker_session_timeout)

    def end(self, reason: ConnectorError) -> None:
        """Asks for the app's end, from any thread, with a reason that needs no traceback. The first one counts."""
        self.loop.call_soon_threadsafe(self._end, reason)

    def die(self, fault: BaseException) -> None:
        """A task beside the agents ended by an exception that nobody foresaw: the worker stops, to be started anew."""
        if isinstance(fault, ConnectorError):
            self.end(fault)
        else:
            log.critical("a task ended by an exception; the worker stops", exc_info=fault)
            self.add_future(self.crash(fault))

    def _end(self, reason: ConnectorError) -> None:
        self._end_reason = self._end_reason or reason
        self._end_asked.set()

    async def wait_for_end(self) -> None:
        """Raises the reason of `end`, when there is one: the app must be stopped then."""
        await self._end_asked.wait()
        if self._end_reason is not None:
            raise self._end_reason

    async def start(self) -> None:
        """Raises ConnectorError where no broker answers: it went away since the topics were looked at."""
        try:
            await super().start()
        except KafkaConnectionError:
            brokers = ",".join(f"{url.host}:{url.port}" for url in self.conf.broker)
            raise ConnectorError(f"Kafka at {brokers}: nobody answers; see whether Kafka runs there") from None

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    async def take_partitions(self, partitions: frozenset[int]) -> None:
        try:
            for callback in self._on_taking:
                await callback(partitions)
        except ConnectorError as refused:
            self.end(refused)

    async def tell_reset(self, topic: str, partition: int, old_offset: int, new_offset: int) -> None:
        for callback in self._on_reset:
            await callback(topic, partition, old_offset, new_offset)

    def on_rebalance_end(self) -> None:
        super().on_rebalance_end()
        if self.should_stop or self.given_up or self.tables.recovery.signal_recovery_start.is_set():
            return  # a recovery that ended after its partitions were given up: they may be another worker's by now
        owned = {tp.partition for tp in self.assignor.assigned_actives() if self.topics.acks_enabled_for(tp.topic)}
        self._announcing = self.add_future(self._announce(frozenset(owned)))

    async def _announce(self, partitions: frozenset[int]) -> None:
        await self.prepared.wait()
        for callback in self._on_ready:
            await callback(partitions)
        self.ready.set()

    async def give_up_partitions(self) -> None:
        """Lanes stop, begun batches end, offsets are committed. A rebalance and a stop wait for each other here."""
        self.given_up = True
        async with self._giving_up:
            if self._announcing is not None:
                self._announcing.cancel()
                await asyncio.wait([self._announcing])
                self._announcing = None
                self.ready.clear()
                for callback in self._on_revoked:
                    await callback()
            await self.consumer.settle(self._revoke_grace_s)

    async def _stop_consumer(self) -> None:
        if self._consumer is not None:
            await self.give_up_partitions()
        await super()._stop_consumer()


def batch_topic(app: BatchApp, name: str, waiting: int | None = None) -> Any:
    """A topic of which agents get batches, of which as many as `waiting` are fetched ahead. It must exist already."""
    topic = app.topic(name, schema=BatchSchema())
    topic.maxsize = waiting  # Faust's topic() takes it, and forgets it
    return topic
