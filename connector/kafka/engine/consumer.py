"""The batch consumer: one Faust message for many records of one partition, committed only when it was applied.

Faust's own consumer commits past messages that were never finished (see tests/kafka). This one keeps every fetched
batch in its partition's queue until it is acked, and commits the end of the acked prefix, nothing else. It rests on
private details of the pinned versions of Faust and aiokafka; tests/kafka is what allows another version.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from itertools import zip_longest
from typing import Any, NamedTuple

import aiokafka
import faust
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from connector.kafka.engine.lease import Lease

for _package, _tried in (("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0")):
    if version(_package) != _tried:
        raise ImportError(
            f"{_package} {version(_package)} is installed; kafka.engine.consumer is tried with {_tried} only: "
            f"install {_package}=={_tried}, or run tests/kafka with the other version and change this line"
        )

FETCH_S = 0.25  # a seek waits for a running fetch, so a fetch must not wait long for records
IDLE_S = 0.05


class BatchSchema(faust.Schema):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    """Hands a batch's records to the agent untouched."""

    def loads_key(self, *_: Any, **__: Any) -> None:
        return None

    def loads_value(self, _: Any, message: Any, **__: Any) -> Any:
        return message.value


class Batch(ConsumerMessage):  # type: ignore[misc]  # as above
    """Consecutive records of one partition; `value` is the list of aiokafka's ConsumerRecords.

    It covers all offsets before `end`, those of skipped records (aborted, compacted, transaction markers) too.
    `offset` is `end - 1`, as Faust expects of a message. `live` until its partition is seeked or revoked.
    """

    def __init__(self, tp: TP, records: Sequence[Any], end: int, *, generation_id: int) -> None:
        timestamp = records[-1].timestamp / 1000 if records else 0.0
        super().__init__(
            tp.topic, tp.partition, end - 1, timestamp, 0, None, None, records, None, tp=tp, generation_id=generation_id
        )
        self.end = end
        self.live = True


class Fetched(NamedTuple):
    records: Mapping[TP, Sequence[Any]]
    positions: Mapping[TP, int]  # what the next fetch begins with, whether or not this one gave records


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # as above
    async def on_start(self) -> None:
        await super().on_start()
        coordinator = self._consumer._coordinator
        self.consumer.lease.watch(coordinator)
        join = coordinator._do_rejoin_group

        async def join_unless_stopping(subscription: Any) -> bool:
            if not self.app.should_stop:
                return bool(await join(subscription))
            await asyncio.wait([coordinator._closing])  # the stop comes to it, and leaves the group
            return False

        coordinator._do_rejoin_group = join_unless_stopping

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # Faust has no setting for either; both are read at start()
        consumer._fetch_max_wait_ms = self.app.fetch_max_wait_ms
        return consumer

    async def _fetch_records(self, consumer: Any, active_partitions: Iterable[TP], **limits: Any) -> Fetched:
        records = await super()._fetch_records(consumer, active_partitions, **limits)
        assignment = consumer._subscription.subscription.assignment
        if assignment is None or not assignment.active:
            return Fetched({}, {})
        states = {tp: assignment.state_value(tp) for tp in active_partitions}
        return Fetched(records, {tp: s.position for tp, s in states.items() if s is not None and s.has_valid_position})

    async def rewind(self, others: Mapping[TP, int]) -> Mapping[TP, int]:
        """Seeks the agents' partitions to their committed offsets and tells them, `others` to what is given."""
        return await self.call_thread(self._rewind, others)  # type: ignore[no-any-return]  # as above

    async def _rewind(self, others: Mapping[TP, int]) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        if assignment is None:
            return {}
        tps = [tp for tp in self.assignment() if self.app.topics.acks_enabled_for(tp.topic)]
        found = await consumer._coordinator.fetch_committed_offsets([driver.ensure_aiokafka_TP(tp) for tp in tps])
        committed = {tp: found[tp].offset for tp in tps if tp in found and found[tp].offset >= 0}
        # aiokafka's seek_to_committed leaves a partition without commit, or committed at 0, where it happens to stand.
        fresh = [driver.ensure_aiokafka_TP(tp) for tp in tps if tp not in committed]
        sought = not fresh or await consumer.seek_to_beginning(*fresh)
        if not assignment.active:
            return {}  # a rebalance came between: what it assigns is recovered and sought anew
        if not sought:
            raise TimeoutError("no answer to where the partitions begin")
        for tp, offset in (committed | dict(others)).items():
            consumer.seek(driver.ensure_aiokafka_TP(tp), offset)
        return committed


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # as above
    """`voided_acks`: batches that were applied when their partition had already been seeked or revoked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.lease = Lease()
        super().__init__(*args, **options)
        self.voided_acks = 0
        self.confirmed: dict[TP, int] = {}  # what the broker has accepted
        self._acked_to: dict[TP, int] = {}  # the end of the acked prefix
        self._reached: dict[TP, int] = {}  # the end of what was fetched
        self._in_flight: defaultdict[TP, deque[Batch]] = defaultdict(deque)
        self._fetching = asyncio.Lock()  # a fetch and a seek exclude each other
        self._epoch = 0  # batches of an older one are not delivered any more

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def in_flight(self) -> int:
        """Batches fetched and not yet acked, those in agents' queues included."""
        return sum(map(len, self._in_flight.values()))

    def lag(self) -> dict[TP, int]:
        """Records between the confirmed offset and the end of the log, per partition of an agent's topic."""
        return {tp: max(0, (self.highwater(tp) or 0) - offset) for tp, offset in self.confirmed.items()}

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetches and delivers until the fetcher stops. In place of Faust's getmany() and its offset filter."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                if self.flow_active:
                    epoch, batches = await self._fetch()
                    await self._deliver(epoch, batches)
                else:
                    await self.wait(self.can_resume_flow)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:
                raise

    async def _fetch(self) -> tuple[int, list[Batch]]:
        async with self._fetching:
            epoch = self._epoch
            active = frozenset(self._active_partitions)
            if active:  # aiokafka takes none for all
                fetched = await self._thread.getmany(active, FETCH_S)
                if epoch == self._epoch and fetched:
                    return epoch, self._register(fetched)
        if not active:
            await self.sleep(IDLE_S)
        return epoch, []

    def _register(self, fetched: Fetched) -> list[Batch]:
        """All are in flight before the first is delivered: what is lost on the way then holds up the commit."""
        size = self.app.batch_max_records
        per_partition = []
        for tp, position in fetched.positions.items():
            records = fetched.records.get(tp, ())
            chunks = [records[at : at + size] for at in range(0, len(records), size)]
            ends = [chunk[-1].offset + 1 for chunk in chunks[:-1]] + [position]
            if not chunks and position > self._reached.get(tp, 0):
                chunks = [()]  # only skipped records: recovery and commits must get past them
            self._reached[tp] = position
            batches = [
                Batch(tp, chunk, end, generation_id=self.app.consumer_generation_id)
                for chunk, end in zip(chunks, ends, strict=False)
            ]
            if self.app.topics.acks_enabled_for(tp.topic):
                self._in_flight[tp].extend(batches)
                if not records:
                    for batch in batches:
                        self.ack(batch)
                    continue
            per_partition.append(batches)
        return [batch for turn in zip_longest(*per_partition) for batch in turn if batch is not None]

    async def _deliver(self, epoch: int, batches: Sequence[Batch]) -> None:
        for batch in batches:
            if epoch != self._epoch or not self.flow_active:
                return
            if batch.tp in self._active_partitions:
                await self.wait_first(self.callback(batch), self.suspend_flow.wait())

    async def verify_all_partitions_active(self) -> None:
        """Faust's only logs, and fails the worker when it looks during a seek. `lag()` tells what stands still."""

    def on_buffer_full(self, tp: TP) -> None:
        """The bounded queue's put() blocks; Faust's way, to fetch no more from the partition, costs a second a time."""

    def ack(self, message: Batch) -> bool:
        if not message.live:
            self.voided_acks += 1
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        waiting = self._in_flight[message.tp]
        while waiting and waiting[0].acked:
            self._acked_to[message.tp] = waiting.popleft().end
        return True

    def forget(self, batch: Batch) -> None:
        """It was taken from the queue and won't be applied: nothing waits for it; it still holds up the commit."""
        self._unacked_messages.discard(batch)

    async def force_commit(self, *_: Any, **__: Any) -> bool:
        epoch = self._epoch
        offsets = {tp: end for tp, end in self._acked_to.items() if end > self.confirmed.get(tp, -1)}
        if not offsets or not await self._commit(offsets):
            return False  # tried again with the next commit
        if epoch == self._epoch:
            self.confirmed |= offsets
        return True

    async def settle(self, grace_s: float) -> None:
        """Begins no batch any more, gives the begun ones `grace_s` to end, commits and voids the rest."""
        self.stop_flow()
        self.app.flow_control.suspend()
        if self.app.crashed:  # the consumer's thread has ended: what is not committed by now comes again
            self._void()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while any(batch.live for batch in self._unacked_messages):  # noqa: ASYNC110  # Faust's set, no event
                    await asyncio.sleep(0.01)
        with suppress(TimeoutError, KafkaError):  # what is not committed comes again
            async with asyncio.timeout(grace_s):
                for _ in range(2):  # the first may only have joined a commit that was under way
                    await self.commit()
        self._void()

    def _void(self) -> None:
        self._epoch += 1
        for batches in self._in_flight.values():
            for batch in batches:
                batch.live = False
        self._in_flight.clear()
        self._acked_to.clear()
        self._unacked_messages.clear()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.app.give_up_partitions()
        await super().on_partitions_revoked(revoked)

    def close(self) -> None:
        """Faust's, in a rebalance during a stop, closes aiokafka's consumer from this thread, which is not its own: it
        then neither leaves the group nor ends reliably. The consumer thread's own stop does both."""

    async def perform_seek(self) -> None:
        """At the end of recovery, before Faust clears the agents' queues and resumes the flow."""
        self.stop_flow()
        # In time to raise: after broker_request_timeout Faust's recovery would silently end, the worker stay up idle.
        async with asyncio.timeout(self.app.conf.broker_request_timeout * 0.9), self._fetching:
            self._void()
            recovery = self.app.tables.recovery
            # The cleared queue may hold changelog batches of standbys: they are read on from the last one applied.
            standbys = {tp: (recovery.standby_offsets.get(tp) or -1) + 1 for tp in recovery.standby_tps}
            self.confirmed = dict(await self._thread.rewind(standbys))
            self._reached = self.confirmed | standbys

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        async with self._fetching:
            self._epoch += 1
            self._reached |= partitions
            await super().seek_wait(partitions)


class BatchTransport(driver.Transport):  # type: ignore[misc]  # as above
    Consumer = BatchConsumer
