"""What Amazon asked of a merchant's calls is kept in a table: whoever owns the merchant next obeys it (G3)."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Received
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.limits import LimitSettlements
from connector.domain.limits import LONGEST_CLOSED_MS, NOTHING_ASKED, ROUNDED_MS, Asked, LimitRow, believable, heed
from connector.domain.outcomes import Accepted, Answer, Outcome, Throttled, Unavailable
from connector.kafka.topics import API_CALLS
from connector.lanes.lanes import Lanes
from connector.merchants import Location, Merchant, Merchants
from connector.smartconnect.caller import CallReport
from connector.telemetry import Telemetry
from tests.kit.lanes import Amazon, calls_of, lane_in, lanes_on
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.virtual_time import run_virtual

MERCHANT = Merchant(
    merchant_id="A2EXAMPLE",
    marketplace_id="A21TJRUUN4KGV",
    refresh_token_env="T",
    locations=(Location(location_id="EXMF", program="SELF_SHIP"),),
)
KEY = "A2EXAMPLE|inventory"
SLOW_DOWN: Outcome[None] = Throttled(Answer(http_status=429), 600.0)
DONE: Outcome[None] = Accepted(Answer(http_status=200), None)


@dataclass
class Worker:
    """Its lanes; `table` is what it recovers, `topics` what it writes."""

    table: MemoryTable[LimitRow] = field(default_factory=MemoryTable)
    topics: MemoryTopics = field(default_factory=MemoryTopics)
    lanes: Lanes = field(default_factory=lanes_on)
    ahead_ms: int = 0

    def __post_init__(self) -> None:
        merchants = KnownMerchants(lambda: Merchants({MERCHANT.merchant_id: MERCHANT}))
        self.limits = LimitSettlements(
            self.table,
            self.lanes,
            merchants,
            partitions=1,
            clock=asyncio.get_running_loop().time,
            now_ms=self.now_ms,
        )
        self.lanes.recall = self.limits.recall
        self.api_calls = ApiCalls(
            self.topics.outbox(), Telemetry(), worker="w", now_ms=self.now_ms, new_id=lambda: "id"
        )

    def now_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000) + self.ahead_ms

    async def call(self, outcome: Outcome[None], rate_limit: float | None = None, operation: str = "inventory") -> None:
        """One that is answered now, and recorded."""
        report = CallReport(outcome, rate_limit, sent_at=0.0)
        await self.api_calls.record(0, MERCHANT.merchant_id, operation, report, 1, started_at=self.now_ms())

    async def settle(self) -> None:
        """All that is recorded so far, once more: records may come twice."""
        received = [_received(value) for value in self.topics.on(API_CALLS)]
        await self.limits.apply(0, received, self.now_ms())

    async def first_call_at(self, within_s: float) -> float:
        amazon = Amazon()
        prepare = calls_of(amazon, lambda: self.lanes.lane(MERCHANT.merchant_id, "inventory"))
        lane = lane_in(self.lanes, MERCHANT.merchant_id, "inventory", prepare)
        lane.offer("sku", (1, 0))
        async with asyncio.timeout(within_s):
            while not amazon.calls:  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.1)
        await self.lanes.close(1.0)
        return amazon.times()[0]


def _received(value: dict[str, Any]) -> Received:
    key = MERCHANT.merchant_id.encode()
    record = ConsumerRecord(API_CALLS.name, 0, 0, 0, 0, key, b"", None, len(key), 0, ())
    return Received(record, value)


def test_the_next_owner_makes_no_call_before_the_time_that_amazon_named() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first = Worker()
        told_at = loop.time()
        await first.call(SLOW_DOWN)
        await first.settle()
        await asyncio.sleep(60)
        second = Worker(first.table, first.topics)
        assert 600 <= await second.first_call_at(700) - told_at <= 602

    run_virtual(scenario())


def test_a_record_that_the_old_owner_left_unsettled_closes_the_open_lane_of_the_new_one() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first = Worker()
        told_at = loop.time()
        await first.call(SLOW_DOWN)
        second = Worker(topics=first.topics)
        loop.call_soon(lambda: asyncio.ensure_future(second.settle()))
        assert 600 <= await second.first_call_at(700) - told_at <= 602

    run_virtual(scenario())


def test_a_clock_that_was_far_ahead_closes_nothing_for_longer_than_an_hour() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        wrong = Worker(ahead_ms=10 * 24 * 3_600_000)
        await wrong.call(SLOW_DOWN)
        await wrong.settle()
        opened_at = loop.time()
        assert await Worker(wrong.table, wrong.topics).first_call_at(3_700) - opened_at <= 3_602

    run_virtual(scenario())


def test_a_lowered_limit_reaches_the_next_owner() -> None:
    async def scenario() -> None:
        first = Worker()
        await first.call(DONE, rate_limit=0.5)
        await first.settle()
        second = Worker(first.table, first.topics)
        pace = lane_in(second.lanes, MERCHANT.merchant_id, "inventory", lambda _: None).pace
        assert pace.limit_per_s == 0.5
        await second.lanes.close(0.0)
        await asyncio.sleep(3_600)
        pace = lane_in(Worker(first.table).lanes, MERCHANT.merchant_id, "inventory", lambda _: None).pace
        assert pace.limit_per_s == 6

    run_virtual(scenario())


def test_only_what_holds_back_is_kept() -> None:
    async def scenario() -> None:
        worker = Worker()
        for outcome, limit in ((DONE, 6.0), (DONE, None), (DONE, 60.0), (Throttled(Answer()), None)):
            await worker.call(outcome, limit)
        await worker.call(DONE, 0.1, operation="nothing we know")
        await worker.settle()
        assert worker.table.held == {}
        await worker.call(DONE, 0.5)
        await worker.settle()
        assert worker.table.held[KEY].limit_per_s == 0.5
        await asyncio.sleep(1)
        await worker.call(DONE, 6.0)
        await worker.settle()
        assert worker.table.held == {}, "Amazon states the whole limit again"

    run_virtual(scenario())


def test_a_limit_that_each_answer_states_is_written_once_a_minute() -> None:
    row, writes = NOTHING_ASKED, 0
    for second in range(600):
        asked = Asked(answered_at_ms=second * 1000, retry_after_ms=None, limit_per_s=2.0)
        writes += heed(row, asked, 6.0) != row
        row = heed(row, asked, 6.0)
    assert writes == 10


@pytest.mark.parametrize("ahead_ms", [7_300_000, 365 * 86_400_000])
def test_what_a_clock_that_was_ahead_has_dated_is_not_waited_for(ahead_ms: int) -> None:
    """A lane closes for an hour at most; but each that opens would, until the clock is there again."""
    ahead = LimitRow(closed_until_ms=ahead_ms, limit_per_s=0.5, stated_at_ms=ahead_ms)
    row = believable(ahead, 0)
    assert row == LimitRow(closed_until_ms=0, limit_per_s=0.5, stated_at_ms=0)
    asked = Asked(answered_at_ms=1_000, retry_after_ms=None, limit_per_s=0.1)
    assert heed(row, asked, 6.0).limit_per_s == 0.1, "newer than what was stated by the clock that was ahead"


@pytest.mark.parametrize("now_ms", [0, -3_599_000])
def test_a_retry_after_is_believed_by_a_clock_that_is_behind_too(now_ms: int) -> None:
    asked = Asked(answered_at_ms=0, retry_after_ms=10**9, limit_per_s=None)
    row = heed(NOTHING_ASKED, asked, 6.0)
    assert row.closed_until_ms == LONGEST_CLOSED_MS + ROUNDED_MS
    assert believable(row, now_ms).closed_until_ms == row.closed_until_ms


ASKED = st.builds(
    Asked,
    answered_at_ms=st.integers(0, 10_000_000),
    retry_after_ms=st.none() | st.integers(0, 3_600_000),
    limit_per_s=st.none() | st.floats(min_value=1e-9, max_value=100),
)


@given(st.lists(ASKED, max_size=6, unique_by=lambda asked: asked.answered_at_ms), st.randoms())
def test_the_order_and_number_of_answers_does_not_matter(answers: list[Asked], random: Any) -> None:
    def after(answers: list[Asked]) -> LimitRow:
        row = NOTHING_ASKED
        for asked in answers:
            row = heed(row, asked, 6.0)
        return row

    shuffled = [*answers, *answers]
    random.shuffle(shuffled)
    assert after(shuffled).closed_until_ms == after(answers).closed_until_ms
    in_time = sorted(answers, key=lambda asked: asked.answered_at_ms)
    assert after([*shuffled, *in_time]).limit_per_s == after(in_time).limit_per_s


@pytest.mark.parametrize("outcome", [Unavailable(Answer()), DONE])
def test_only_a_429_names_a_wait(outcome: Outcome[None]) -> None:
    async def scenario() -> None:
        worker = Worker()
        await worker.call(outcome)
        assert [call["retry_after_ms"] for call in worker.topics.on(API_CALLS)] == [None]

    run_virtual(scenario())
