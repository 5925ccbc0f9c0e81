"""Watermarks move page by page, whatever is delivered twice or late; what can't be read is a dead letter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
from aiokafka.structs import ConsumerRecord

from connector.agents.incoming import Incoming, Received
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.calls import AskedPage
from connector.agents.polling.settlements import REFUSED_WAIT_S, PollingSettlements
from connector.domain.windows import Page, Watermark, WindowTerms, open_window
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord
from connector.smartconnect.wire.shipments import ShipmentsPage
from connector.telemetry import Telemetry
from tests.kit.orders.agents import Rows

KEY = "M1|list_shipments|EXSB|ACCEPTED"
TERMS = WindowTerms(overlap_ms=10, lag_ms=0, look_back_ms=1000)


class World:
    def __init__(self) -> None:
        self.watermarks = Rows()
        self.sent: list[OutRecord] = []
        self.hinted: list[str] = []
        self.waits: list[float | None] = []
        self.codec = AvroCodec()
        me, incoming = cast(Any, self), Incoming(self.codec, 1, Telemetry(), lambda: 0)
        marks, api_access = cast(Any, self.watermarks), ApiAccess(lambda: 0.0)
        self.settlements = PollingSettlements(incoming, me, me, me, marks, me, api_access)

    @property
    def watermark(self) -> Watermark | None:
        return cast("Watermark | None", self.watermarks.get(0, KEY))

    def open(self, now_ms: int) -> Watermark:
        return open_window(self.watermark, now_ms, TERMS)

    async def answer(self, *calls: Received) -> None:
        await self.settlements.apply(0, calls)

    # The producer, the shipments, the returns and the polling lanes

    async def send(self, records: list[OutRecord]) -> None:
        self.sent.extend(records)

    @asynccontextmanager
    async def editing(self, _: int) -> AsyncIterator["World"]:
        yield self

    def hint(self, _: str, shipment_id: str, status: str) -> None:
        assert not status
        self.hinted.append(shipment_id)

    async def apply(self, *_: Any) -> None:
        """No returns here."""

    def settle(self, _: str, key: str, wait_s: float | None) -> None:
        assert key == KEY
        self.waits.append(wait_s)


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
    assert world.hinted == ["S1", "S1"]


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
    letters = [world.codec.decode(record.topic, record.value) for record in world.sent]
    assert [(letter["reason"], letter["offset"]) for letter in letters] == [("INVALID", 7), ("INVALID", 7)]
    assert world.watermark == Watermark(5000)
