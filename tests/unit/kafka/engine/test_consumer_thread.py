"""What the consumer's thread waits for, and its end, whatever its fetches are about at that moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from faust.types import TP

from connector.kafka.engine.consumer import BatchConsumer
from connector.kafka.engine.consumer_thread import BatchConsumerThread
from tests.kit.virtual_time import run_virtual


class Consumer:
    """As aiokafka's `stop`: it waits for a fetch that it has cancelled while that rests after a failure."""

    def __init__(self) -> None:
        self.has_closed_connections = False
        self._client = SimpleNamespace(close=self._close)

    async def stop(self) -> None:
        resting = asyncio.create_task(asyncio.sleep(1))
        await asyncio.sleep(0)
        resting.cancel()
        await resting

    async def _close(self) -> None:
        self.has_closed_connections = True


def test_a_fetch_that_had_just_failed_does_not_end_the_stop() -> None:
    async def scenario() -> None:
        thread, consumer = BatchConsumerThread.__new__(BatchConsumerThread), Consumer()
        thread._method_queue, thread._consumer = None, consumer
        await thread.on_thread_stop()
        assert consumer.has_closed_connections

    run_virtual(scenario())


class Fetcher:
    """aiokafka's, as far as a fetch waits for it: what was fetched, and who is told of it."""

    def __init__(self) -> None:
        self.records: dict[TP, list[int]] = {}
        self.refused: KafkaError | None = None
        self._fetch_waiters: set[asyncio.Future[None]] = set()
        self._closed = False
        self._subscriptions = SimpleNamespace(fetch_context=nullcontext)

    async def fetched_records(self, _: object, *, timeout: float, **_limits: object) -> Any:  # noqa: ASYNC109  # aiokafka's
        assert timeout == 0, "nothing could end that wait"
        records, self.records = self.records, {}
        return records

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        waiter = asyncio.get_running_loop().create_future()
        self._fetch_waiters.add(waiter)
        waiter.add_done_callback(self._fetch_waiters.remove)
        return waiter

    def _notify(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_result(None)

    def refuse(self) -> None:
        for waiter in tuple(self._fetch_waiters):
            waiter.set_exception(KafkaError())


TP_0 = TP("oms.inventory", 0)
FETCH_S = 60.0


class Fetching:
    """A fetch of the thread that is under way: `took_s` and `fetched` when it is over."""

    def __init__(self) -> None:
        self.fetcher = Fetcher()
        self.ends: list[Exception] = []
        self.thread = BatchConsumerThread.__new__(BatchConsumerThread)
        state = SimpleNamespace(position=1, has_valid_position=True)
        assignment = SimpleNamespace(active=True, state_value=lambda _: state)
        self._consumer = SimpleNamespace(
            _fetcher=self.fetcher,
            _closed=False,
            _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment)),
        )
        self.thread._consumer, self.thread.thread_loop = self._consumer, asyncio.get_running_loop()
        self.thread.app = SimpleNamespace(end=self.ends.append, conf=SimpleNamespace(id="connector"))
        self.thread.consumer = SimpleNamespace(flow_active=True)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        self.fetched = (await self.thread._fetch_records(self._consumer, [TP_0], timeout=FETCH_S)).records
        self.took_s = loop.time() - began_at


@asynccontextmanager
async def fetching() -> AsyncIterator[Fetching]:
    """Yields a second after it began, and waits for its end."""
    one = Fetching()
    running = asyncio.create_task(one.run())
    await asyncio.sleep(1)
    yield one
    await running
    assert not one.fetcher._fetch_waiters


@pytest.mark.parametrize("has_records", [True, False])
def test_a_fetch_ends_with_records_or_when_it_is_woken(has_records: bool) -> None:
    async def scenario() -> None:
        async with fetching() as one:
            if has_records:
                one.fetcher.records = {TP_0: [1]}
            one.thread.wake()  # what aiokafka does to its waiters where it has records
        assert one.took_s == pytest.approx(1)
        assert one.fetched == ({TP_0: [1]} if has_records else {})

    run_virtual(scenario())


def test_a_fetch_ends_by_itself() -> None:
    async def scenario() -> None:
        async with fetching() as one:
            pass
        assert one.took_s == pytest.approx(FETCH_S)
        assert one.fetched == {}

    run_virtual(scenario())


def test_what_kafka_refuses_amid_a_fetch_is_told() -> None:
    async def scenario() -> None:
        async with fetching() as one:
            one.fetcher.refuse()
        assert "Kafka can't be used by group connector" in str(one.ends)

    run_virtual(scenario())


def test_whoever_stops_the_flow_waits_for_no_fetch() -> None:
    async def scenario() -> None:
        async with fetching() as one:
            consumer = BatchConsumer.__new__(BatchConsumer)
            consumer._thread = one.thread
            stopped: Any = consumer
            stopped.flow_active, stopped.can_resume_flow, stopped.suspend_flow = True, asyncio.Event(), asyncio.Event()
            stopped.stop_flow()
        assert one.took_s == pytest.approx(1)

    run_virtual(scenario())


def test_no_fetch_waits_while_the_flow_is_stopped() -> None:
    """One that was asked for before the stop, and comes to the thread after it."""

    async def scenario() -> None:
        one = Fetching()
        one.thread.consumer.flow_active = False
        await one.run()
        assert one.took_s == 0

    run_virtual(scenario())


def test_a_flow_may_be_stopped_when_the_thread_has_ended() -> None:
    thread, loop = BatchConsumerThread.__new__(BatchConsumerThread), asyncio.new_event_loop()
    loop.close()
    thread._consumer, thread.thread_loop = SimpleNamespace(), loop
    thread.wake()
