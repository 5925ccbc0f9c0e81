"""Records of calls that may wait are sent together, and nobody waits longer than is told, or for another's trouble."""

import asyncio
from collections.abc import Sequence
from typing import Any

from connector.agents.api_calls import MOST_TOGETHER, TOGETHER_S, ApiCalls
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.agents.outbox import Outbox
from connector.domain.outcomes import Accepted, Answer
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord, ProduceFailed
from connector.merchants import Merchants
from connector.smartconnect.caller import CallReport
from connector.telemetry import Telemetry
from tests.kit.virtual_time import run_virtual


class Broker:
    """Notes what it gets, and after how many seconds; `fault`: what it says to it."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self.sent: list[tuple[float, int]] = []
        self.fault: Exception | None = None

    async def send(self, records: Sequence[OutRecord]) -> None:
        raise AssertionError(f"what {len(records)} calls came to is true whoever owns their partition")

    async def send_unleased(self, records: Sequence[OutRecord]) -> None:
        self.sent.append((round(asyncio.get_running_loop().time() - self._began, 3), len(records)))
        if self.fault is not None:
            raise self.fault


def api_calls_to(broker: Broker) -> ApiCalls:
    naming = Naming(Listings(), KnownMerchants(lambda: Merchants({})))
    outbox = Outbox(AvroCodec(), broker, naming)
    return ApiCalls(outbox, Telemetry(), worker="w", now_ms=lambda: 1, new_id=lambda: "c")


async def record(api_calls: ApiCalls, *, may_wait: bool = True) -> None:
    report: CallReport[Any] = CallReport(Accepted(Answer(http_status=200), None), sent_at=0.0)
    await api_calls.record(
        0, "M1", "inventory", report, 1, started_at=1, answered_at=None, inventory_items=[], may_wait=may_wait
    )


def test_those_that_may_wait_go_together_and_the_others_at_once() -> None:
    async def scenario() -> None:
        broker = Broker()
        api_calls = api_calls_to(broker)
        first = asyncio.create_task(record(api_calls))
        await asyncio.sleep(TOGETHER_S / 2)
        second = asyncio.create_task(record(api_calls))
        await record(api_calls, may_wait=False)
        assert broker.sent == [(TOGETHER_S / 2, 1)]
        assert not first.done()
        await asyncio.gather(first, second)
        assert broker.sent[1:] == [(TOGETHER_S, 2)]
        await record(api_calls)
        assert broker.sent[2:] == [(2 * TOGETHER_S, 1)]

    run_virtual(scenario())


def test_no_more_than_some_wait_for_each_other() -> None:
    async def scenario() -> None:
        broker = Broker()
        api_calls = api_calls_to(broker)
        await asyncio.gather(*(record(api_calls) for _ in range(MOST_TOGETHER + 3)))
        assert broker.sent == [(0.0, MOST_TOGETHER), (TOGETHER_S, 3)]

    run_virtual(scenario())


def test_who_must_not_wait_any_more_hurries_them() -> None:
    async def scenario() -> None:
        broker = Broker()
        api_calls = api_calls_to(broker)
        api_calls.hurry()
        records = [asyncio.create_task(record(api_calls)) for _ in range(2)]
        await asyncio.sleep(0.01)
        api_calls.hurry()
        await asyncio.gather(*records)
        assert broker.sent == [(0.01, 2)]

    run_virtual(scenario())


def test_each_hears_that_they_are_not_durable_and_one_that_is_abandoned_takes_none_with_it() -> None:
    async def scenario() -> None:
        broker = Broker()
        api_calls = api_calls_to(broker)
        abandoned, other = asyncio.create_task(record(api_calls)), asyncio.create_task(record(api_calls))
        await asyncio.sleep(0)
        abandoned.cancel()
        await other
        assert [count for _, count in broker.sent] == [2]
        broker.fault = ProduceFailed("Kafka is away")
        told = await asyncio.gather(record(api_calls), record(api_calls), return_exceptions=True)
        assert all(each is broker.fault for each in told)

    run_virtual(scenario())
