"""Which page a list is asked for next, after each outcome, whenever and however often it comes."""

from typing import Any

import msgspec
from aiokafka.structs import ConsumerRecord

from connector.agents.incoming import Incoming, Received
from connector.agents.merchants.known import KnownMerchants
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.calls import AskedPage
from connector.agents.polling.lists import PolledLists
from connector.agents.polling.returns import ReturnSettlements
from connector.agents.polling.settlements import REFUSED_WAIT_S, PollingSettlements
from connector.domain.returns.events import ReturnRow
from connector.domain.windows import Page, Watermark, WindowTerms, open_window
from connector.kafka.topics import DEAD_LETTERS
from connector.merchants import Merchants
from connector.settings import PollingSettings
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.telemetry import Telemetry
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.agents import OrderAgents

KEY = "M1|list_shipments|EXSB|ACCEPTED"
TERMS = WindowTerms(overlap_ms=10, lag_ms=0, look_back_ms=1000)


class Lists(PolledLists):
    """`waits`: when each settled list is due again, in seconds; None: as always."""

    waits: list[float | None]

    def settle(self, merchant_id: str, key: str, wait_s: float | None) -> None:
        assert (merchant_id, key) == ("M1", KEY)
        self.waits.append(wait_s)


class World:
    def __init__(self) -> None:
        self.watermarks = MemoryTable[Watermark]()
        self.topics = MemoryTopics()
        self.orders = OrderAgents({})
        outbox, returns = self.topics.outbox(), MemoryTable[ReturnRow]()
        incoming = Incoming(self.topics.codec, partitions=1, telemetry=Telemetry(), now_ms=lambda: 0)
        self.lists = Lists(
            self.orders.lanes, returns, ApiAccess(lambda: 0.0), settings=PollingSettings(), now_ms=lambda: 0
        )
        self.lists.waits = []
        listed_returns = ReturnSettlements(
            incoming,
            outbox,
            returns,
            shipments=self.orders.table,
            lists=self.lists,
            merchants=KnownMerchants(lambda: Merchants({})),
        )
        self.settlements = PollingSettlements(
            incoming,
            outbox,
            self.lists,
            shipments=self.orders.shipments,
            returns=listed_returns,
            watermarks=self.watermarks,
        )

    @property
    def waits(self) -> list[float | None]:
        return self.lists.waits

    @property
    def hinted(self) -> list[str]:
        """Shipments that are to be read by themselves, whatever is new of them."""
        rows = self.orders.table.held.values()
        return [row.shipment_id for row in rows if row.hint is not None and not row.hint.status]

    @property
    def watermark(self) -> Watermark | None:
        return self.watermarks.get(0, KEY)

    def open(self, now_ms: int) -> Watermark:
        return open_window(self.watermark, now_ms, TERMS)

    async def answer(self, *calls: Received) -> None:
        await self.settlements.apply(0, calls, 0)


def call(opened: Watermark, next_token: str = "", outcome: str = "ACCEPTED", **changes: Any) -> Received:
    value = {
        "call_id": "1",
        "merchant_id": "M1",
        "operation": "list_shipments",
        "outcome": outcome,
        "code": "",
        "asked": msgspec.json.encode(AskedPage(KEY, opened, 0)).decode(),
        "answer": msgspec.json.encode(ShipmentsPage((), next_token, ("S1",))).decode(),
        **changes,
    }
    record = ConsumerRecord("connector.api-calls", 0, 7, 0, 0, b"M1", b"?", None, 2, 1, ())
    return Received(record, value)


async def test_a_window_is_settled_with_its_last_page() -> None:
    world = World()
    first = world.open(5000)
    assert first == Watermark(4000, Page(3990, 5000))
    await world.answer(call(first, "t2"))
    assert world.watermark == Watermark(4000, Page(3990, 5000, "t2"))
    await world.answer(call(world.open(6000)))
    assert world.watermark == Watermark(5000)
    assert world.waits == [0.0, None], "the next page at once, the next window when it is due"
    assert world.hinted == ["S1"]


async def test_what_comes_twice_or_late_moves_nothing_back() -> None:
    world = World()
    first = world.open(5000)
    await world.answer(call(first, "t2"), call(first, "t2"))
    second = world.open(5000)
    await world.answer(call(second), call(first, "t2"), call(second))
    assert world.watermark == Watermark(5000)
    later = world.open(9000)
    await world.answer(call(later))
    for late in (call(first, "t2"), call(first), call(second), call(later)):
        await world.answer(late)
        assert world.watermark == Watermark(9000)


async def test_a_refused_page_starts_its_window_anew() -> None:
    world = World()
    await world.answer(call(world.open(5000), "t2"))
    await world.answer(call(world.open(5000), outcome="REFUSED"))
    assert world.watermark == Watermark(4000)
    assert world.open(6000) == Watermark(4000, Page(3990, 6000))
    await world.answer(call(world.open(6000), outcome="REFUSED"))
    assert world.watermark == Watermark(4000)
    assert world.waits == [0.0, 0.0, REFUSED_WAIT_S]


async def test_the_first_look_back_is_pinned_though_it_is_refused() -> None:
    world = World()
    await world.answer(call(world.open(5000), outcome="REFUSED"))
    assert world.open(90_000).page == Page(3990, 90_000)


async def test_calls_that_the_lane_repeats_settle_nothing() -> None:
    world = World()
    for outcome in ("UNAVAILABLE", "THROTTLED", "UNAUTHORIZED", "UNKNOWN"):
        await world.answer(call(world.open(5000), outcome=outcome))
    assert (world.watermark, world.waits) == (None, [])


async def test_a_record_of_another_version_is_a_dead_letter() -> None:
    world = World()
    good = call(world.open(5000))
    await world.answer(call(world.open(5000), asked="{}"), call(world.open(5000), answer="nothing"), good)
    letters = world.topics.on(DEAD_LETTERS)
    assert [(letter["reason"], letter["offset"]) for letter in letters] == [("INVALID", 7), ("INVALID", 7)]
    assert world.watermark == Watermark(5000)
