"""The batch consumer: one Faust message for many records of one partition, committed only when it was applied.

Faust's own consumer commits past messages that were never finished (see tests/kafka). This one keeps every fetched
batch in its partition's queue until it is acked, and commits the end of the acked prefix, nothing else. It rests on
private details of the pinned versions of Faust and aiokafka; tests/kafka is what allows another version.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from itertools import chain, zip_longest
from typing import Any

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from connector.errors import ConnectorError
from connector.kafka.engine.batch import Batch, together
from connector.kafka.engine.consumer_thread import BatchConsumerThread, Fetched
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.engine.last_resort import LastResort
from connector.kafka.engine.moved import Moved

for _package, _tried in (("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0")):
    if version(_package) != _tried:
        raise ImportError(
            f"{_package} {version(_package)} is installed; kafka.engine.consumer is tried with {_tried} only: "
            f"install {_package}=={_tried}, or run tests/kafka with the other version and change this line"
        )

log = logging.getLogger(__name__)

FETCH_S = 1.0  # with nothing to read: to ask anew wakes two threads. Who can't wait ends it (stop_flow)
HURRIED_FETCH_S = 0.02  # while a seek is to come
IDLE_S = 0.05
COMMIT_S = 5.0
CHANGELOG_BATCH = 10_000  # whoever replays it lets others have the loop


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    """`voided_acks`: batches that were applied when their partition had already been seeked or revoked. The loss tests
    tell by it, and by `in_flight`, that what they disturb was under way."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.voided_acks = 0
        self.confirmed: dict[TP, int] = {}  # what the broker has accepted
        self.last_resort = LastResort()
        self._known: dict[TP, int] = {}  # what it had accepted before the last seek
        self._acked_to: dict[TP, int] = {}  # the end of the acked prefix
        self._reached: dict[TP, int] = {}  # the end of what was fetched
        self._in_flight: defaultdict[TP, deque[Batch]] = defaultdict(deque)
        self._begun: set[Batch] = set()  # agents are at work on them
        self._of_old_logs: list[Batch] = []  # in flight, of logs that were made anew since
        self._moved: list[Moved] = []  # to be told
        self._fetching = asyncio.Lock()  # a fetch and a seek exclude each other
        self._epoch = 0  # batches of an older one are not delivered any more

    async def leave_group(self) -> None:
        await self._thread.leave_group()

    def stop_flow(self) -> None:
        super().stop_flow()
        self._thread.wake()  # who stops it waits for the running fetch next, to seek or to end

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def in_flight(self) -> int:
        """Batches fetched and not yet acked, those in agents' queues included."""
        return sum(map(len, self._in_flight.values()))

    def lag(self) -> dict[TP, int]:
        """Records between the confirmed offset and the end of the log, for each partition that agents have."""
        return {
            tp: max(0, end - self.confirmed.get(tp, 0))
            for tp, end in self._thread.log_ends().items()
            if self.app.topics.acks_enabled_for(tp.topic)
        }

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
                fetched = await self._thread.getmany(active, FETCH_S if self.app.ready.is_set() else HURRIED_FETCH_S)
                if epoch == self._epoch and fetched:
                    batches = self._register(fetched)
                    await self._tell_moved()
                    return epoch, batches
        if not active:
            await self.sleep(IDLE_S)
        return epoch, []

    def _register(self, fetched: Fetched) -> list[Batch]:
        """All are in flight before the first is delivered: what is lost on the way then holds up the commit."""
        per_partition = []
        for tp, position in fetched.positions.items():
            records = fetched.records.get(tp, ())
            if not records and position == self._reached.get(tp):
                continue  # as most are each time
            size = self._batch_size(tp)
            chunks = [records[at : at + size] for at in range(0, len(records), size)]
            ends = [chunk[-1].offset + 1 for chunk in chunks[:-1]] + [position]
            self._compare(tp, records[0].offset if records else position)
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

    def _batch_size(self, tp: TP) -> int:
        """Records, at most."""
        if not self.app.topics.acks_enabled_for(tp.topic):
            return CHANGELOG_BATCH
        return int(self.app.batch_sizes.get(tp.topic, self.app.batch_max_records))

    def _compare(self, tp: TP, first: int) -> None:
        """aiokafka goes on at the log's beginning where the log no longer has the position."""
        reached, is_input = self._reached.get(tp), self.app.topics.acks_enabled_for(tp.topic)
        if reached is None or first == reached or (first > reached and not is_input):
            return  # a changelog is compacted, and has gaps
        self._moved.append(Moved(tp, reached, first))
        if first < reached and is_input:
            # What was fetched of the old log is applied, but says nothing of the new one's offsets
            self._of_old_logs.extend(self._in_flight.pop(tp, ()))
            self._reached[tp] = self._acked_to[tp] = first

    async def _tell_moved(self) -> None:
        moved, self._moved = self._moved, []
        if not moved:
            return
        tps = [each.tp for each in moved]
        begins, ends = await self._thread.earliest_offsets(*tps), await self._thread.highwaters(*tps)
        for each in moved:
            text = each.told(begins[each.tp], ends[each.tp])
            if text is None:
                continue
            if not self.app.topics.acks_enabled_for(each.tp.topic):
                self.app.end(ConnectorError(f"{text} (it holds state: start again to go on with what is left of it)"))
                continue
            log.error(text, extra={"old_offset": each.wanted, "new_offset": each.first, "log_end": ends[each.tp]})
            await self.app.tell_reset(each.tp.topic, each.tp.partition, each.wanted, each.first)

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

    def together(self, batch: Batch) -> list[Batch]:
        """It, and those of its partition that are here already and may be applied with it."""
        return together(batch, self._in_flight[batch.tp], self.app.records_together.get(batch.topic, 0))

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

    def begin(self, batches: Iterable[Batch]) -> None:
        """An agent is at work on them, until `end`: what gives up partitions waits for them, for a while."""
        self._begun.update(batches)

    def end(self, batches: Iterable[Batch]) -> None:
        """Un-acked, they still hold up the commit."""
        self._begun.difference_update(batches)

    async def force_commit(self, *_: Any, **__: Any) -> bool:
        epoch = self._epoch
        offsets = {tp: end for tp, end in self._acked_to.items() if end != self.confirmed.get(tp)}
        if not offsets or not await self._commit(offsets):
            return False  # tried again with the next commit
        if epoch == self._epoch:
            self.confirmed |= offsets
        return True

    async def commit_end(self, tp: TP, records: Sequence[KafkaRecord]) -> None:
        """One of these ends the worker now: that is told to the next one with the commit of what was applied before."""
        waiting = self._in_flight[tp]
        self.last_resort.ended_at(tp, records)
        done_to = self._acked_to.get(tp, self.confirmed.get(tp, waiting[0].begin if waiting else records[0].offset))
        with suppress(TimeoutError, KafkaError):  # then this end does not count
            async with asyncio.timeout(COMMIT_S):
                await self._commit({tp: done_to})

    async def settle(self, grace_s: float) -> None:
        """Begins no batch any more, gives the begun ones `grace_s` to end, commits and voids the rest."""
        self.stop_flow()
        self.app.flow_control.suspend()
        if self.app.crashed:  # the consumer's thread has ended: what is not committed by now comes again
            self._void()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self.app.holds_lease() and any(batch.live for batch in self._begun):  # noqa: ASYNC110  # an age ends
                    await asyncio.sleep(0.01)
        with suppress(TimeoutError, KafkaError):  # what is not committed comes again
            async with asyncio.timeout(grace_s):
                for _ in range(2):  # the first may only have joined a commit that was under way
                    await self.commit()
        self._void()

    def _void(self) -> None:
        self._epoch += 1
        for batch in chain(self._of_old_logs, *self._in_flight.values()):
            batch.live = False
        self._of_old_logs.clear()
        self._in_flight.clear()
        self._acked_to.clear()
        self._reached.clear()
        self._unacked_messages.clear()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Faust then begins to recover: nobody else may write to the partitions' changelogs any more."""
        if not self.app.should_stop:
            await self.app.take_partitions(
                frozenset(tp.partition for tp in assigned if self.app.topics.acks_enabled_for(tp.topic))
            )
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._thread.hurry()
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
            committed = await self._thread.rewind(standbys)
            if committed is None:
                return
            self._known |= self.confirmed
            self.confirmed = dict(committed)
            for tp in self._known.keys() & self.assignment():
                if (now := self.confirmed.get(tp, 0)) < self._known[tp]:  # Kafka forgets it with a topic's deletion
                    self._moved.append(Moved(tp, self._known[tp], now))
                self._known[tp] = now
            self._reached = self.confirmed | standbys
        self._thread.take_time()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        async with self._fetching:
            self._epoch += 1
            self._reached |= partitions
            await super().seek_wait(partitions)


class BatchTransport(driver.Transport):  # type: ignore[misc]  # as above
    Consumer = BatchConsumer
