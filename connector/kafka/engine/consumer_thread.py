"""The thread that aiokafka's consumer lives in: what is fetched, committed and sought there."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import aiokafka
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.protocol.group import LeaveGroupRequest
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from connector.kafka.engine.fetch.header_names import read_any_header_name
from connector.kafka.engine.fetch.rows import is_changelog, read_records_and_rows, rows_of
from connector.kafka.engine.membership import refusal

HURRY_MS = 10
LOOK_S, HURRIED_LOOK_S = 1.0, 0.2  # so often aiokafka looks at what it may fetch, besides when it has to


class Fetched(NamedTuple):
    records: Mapping[TP, Sequence[Any]]
    positions: Mapping[TP, int]  # what the next fetch begins with, whether or not this one gave records


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust's types are not followed (pyproject.toml)
    async def on_start(self) -> None:
        await super().on_start()
        self.hurry()
        self.app.membership.watch(self._consumer._coordinator, lambda: self.app.should_stop)

    async def on_thread_stop(self) -> None:
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            # Fetcher.close (aiokafka 0.14) cancels what rests after a failed fetch, waits for it, and so is cancelled
            # by it: the thread would end amid its stop, and who waits for it would wait until the end by force.
            await self._ensure_consumer()._client.close()

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        read_any_header_name()
        read_records_and_rows()
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # Faust has no setting for it; it is read at start()
        return consumer

    def hurry(self) -> None:
        """While partitions are taken over: whatever is asked of a broker waits for the fetch before it, which waits
        for records."""
        fetcher = self._ensure_consumer()._fetcher
        fetcher._fetch_max_wait_ms = min(self.app.fetch_max_wait_ms, HURRY_MS)
        fetcher._fetcher_timeout = HURRIED_LOOK_S

    def take_time(self) -> None:
        fetcher = self._ensure_consumer()._fetcher
        fetcher._fetch_max_wait_ms = self.app.fetch_max_wait_ms
        fetcher._fetcher_timeout = LOOK_S

    def wake(self) -> None:
        """In any thread: a fetch that is under way waits no longer for records."""
        if self._consumer is not None:
            with suppress(RuntimeError):  # the thread has ended, and its loop with it
                self.thread_loop.call_soon_threadsafe(self._end_waits)

    def _end_waits(self) -> None:
        fetcher = self._ensure_consumer()._fetcher
        for waiter in tuple(fetcher._fetch_waiters):
            fetcher._notify(waiter)

    def log_ends(self) -> dict[TP, int]:
        """As the last fetches told them. Faust's `highwater` fails for a partition that was given up just now."""
        subscription = None if self._consumer is None else self._consumer._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        if assignment is None:
            return {}
        states = {tp: assignment.state_value(tp) for tp in assignment.tps}
        return {
            TP(tp.topic, tp.partition): state.highwater
            for tp, state in states.items()
            if state is not None and state.highwater is not None
        }

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Iterable[TP],
        timeout: float = 0.0,  # noqa: ASYNC109  # Faust's name
        **limits: Any,
    ) -> Fetched:
        try:
            records = await super()._fetch_records(consumer, active_partitions, timeout=0.0, **limits)
            if not records and self.consumer.flow_active:
                # Here, and not in aiokafka's own wait, which nothing but records can end before its time
                await _wait_for_records(consumer._fetcher, timeout)
                records = await super()._fetch_records(consumer, active_partitions, timeout=0.0, **limits)
        except KafkaError as refused:
            self.app.end(refusal(refused, self.app.conf.id))
            return Fetched({}, {})
        assignment = consumer._subscription.subscription.assignment
        if assignment is None or not assignment.active:
            return Fetched({}, {})
        records = {tp: rows_of(found) if is_changelog(tp.topic) else found for tp, found in records.items()}
        states = {tp: assignment.state_value(tp) for tp in active_partitions}
        return Fetched(records, {tp: s.position for tp, s in states.items() if s is not None and s.has_valid_position})

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """False where another commit may still succeed. Faust's ends the worker with a traceback, whatever it is."""
        consumer = self._ensure_consumer()
        held = self.assignment()
        try:
            await consumer.commit(
                {
                    driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(end, self.consumer.last_resort.metadata(tp, end))
                    for tp, end in offsets.items()
                    if tp in held
                }
            )
        except (CommitFailedError, IllegalStateError):
            return False  # the group has rebalanced, or is about to
        except KafkaError as refused:
            self.app.end(refusal(refused, self.app.conf.id))
            return False
        return True

    async def leave_group(self) -> None:
        """As itself, whoever it is there; `membership` has it join as a new member when it hears that it is none."""
        await self.call_thread(self._leave_group)

    async def _leave_group(self) -> None:
        coordinator = self._ensure_consumer()._coordinator
        await coordinator._send_req(LeaveGroupRequest(coordinator.group_id, coordinator.member_id))

    async def rewind(self, others: Mapping[TP, int]) -> Mapping[TP, int] | None:
        """Seeks the agents' partitions to their committed offsets and tells them, `others` to what is given. None: a
        rebalance came between; what it assigns is recovered and sought anew."""
        return await self.call_thread(self._rewind, others)  # type: ignore[no-any-return]  # as above

    async def _rewind(self, others: Mapping[TP, int]) -> Mapping[TP, int] | None:
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        if assignment is None:
            return None
        tps = [tp for tp in self.assignment() if self.app.topics.acks_enabled_for(tp.topic)]
        found = await consumer._coordinator.fetch_committed_offsets([driver.ensure_aiokafka_TP(tp) for tp in tps])
        committed = {tp: found[tp].offset for tp in tps if tp in found and found[tp].offset >= 0}
        self.consumer.last_resort.load({tp: found[tp].metadata for tp in committed})
        # aiokafka's seek_to_committed leaves a partition without commit, or committed at 0, where it happens to stand.
        fresh = [driver.ensure_aiokafka_TP(tp) for tp in tps if tp not in committed]
        sought = not fresh or await consumer.seek_to_beginning(*fresh)
        if not assignment.active:
            return None
        if not sought:
            raise TimeoutError("no answer to where the partitions begin")
        for tp, offset in (committed | dict(others)).items():
            consumer.seek(driver.ensure_aiokafka_TP(tp), offset)
        # Read to their ends. Faust takes no more of them, but aiokafka would go on to ask for them with every fetch
        consumer.pause(*(driver.ensure_aiokafka_TP(tp) for tp in self.assignment() - set(tps) - others.keys()))
        # At once: of records that are deleted before the first commit nobody would know that they had been there.
        begins = {TP(tp.topic, tp.partition): await consumer.position(tp) for tp in fresh}
        if begins and await self._commit(begins):
            committed |= begins
        return committed


async def _wait_for_records(fetcher: Any, timeout_s: float) -> None:
    """Or for `wake`. Raises KafkaError."""
    waiter = fetcher._create_fetch_waiter()
    await asyncio.wait([waiter], timeout=timeout_s)
    if waiter.done():
        waiter.result()
    else:
        waiter.cancel()  # which takes it from the fetcher's
