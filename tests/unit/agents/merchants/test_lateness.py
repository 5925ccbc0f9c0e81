"""Alerts of what is late and of what will be: raised once, ended by themselves, whichever worker counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from msgspec import structs

from connector.agents.alerts import Alerts
from connector.agents.merchants.lateness.alerts import LateAlerts
from connector.agents.merchants.lateness.count import LateShipments
from connector.agents.merchants.lateness.told import late_lines, late_record
from connector.agents.merchants.waiting import Waiting, WaitingWatch
from connector.domain.alerts import Alert, AlertKind
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.commands import Confirm
from connector.domain.orders.facts.shipment import Program, Status
from connector.domain.orders.lateness.forecast import STEADY_MS
from connector.domain.orders.row import ShipmentRow
from connector.kafka.topics import ALERTS
from connector.lanes.lanes import Lanes
from connector.merchants import Limits, Merchant, Merchants
from connector.telemetry import Telemetry
from tests.kit.lanes import lane_in, terms_of
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.shipments import asked, known, packed, shipment

HOUR = 3_600_000
NOW = 100 * HOUR


def merchant(**options: object) -> Merchant:
    locations = [
        {"location_id": "LOC", "program": "EASY_SHIP"},
        {"location_id": "OFF", "program": "SELF_SHIP", "orders": False},
    ]
    given = {"merchant_id": "M1", "marketplace_id": "M", "refresh_token_env": "T", "locations": locations}
    return Merchant.model_validate(given | options)


class CountingAlerts(Alerts):
    """`looked_at`: merchants."""

    looked_at: set[str]

    def of(self, merchant_id: str) -> list[Alert]:
        self.looked_at.add(merchant_id)
        return super().of(merchant_id)


class Worker:
    """`topics` outlive it. `table`, `now_ms` and `paused` may be changed."""

    def __init__(self, table: MemoryTable[ShipmentRow], topics: MemoryTopics, here: Merchant) -> None:
        self.table = table
        self.now_ms = NOW
        self.paused = False
        self.merchants = Merchants({here.merchant_id: here})
        self.alerts = CountingAlerts(topics.outbox(), 1, lambda: self.now_ms)
        self.alerts.looked_at = set()
        lanes = Lanes(terms_of(), lambda _: None)
        self.late = LateAlerts(self.alerts, lanes, lambda: self.merchants)
        self.watch = WaitingWatch(
            MemoryTable[LedgerRow](), table, owned=lambda: (0,), begin=self._begin, on_counted=self.late.counted
        )
        self.arrive(here)

    def _begin(self) -> Waiting:
        self.late.begin()
        return Waiting(self.merchants, lambda _: self.paused, self.now_ms)

    def arrive(self, here: Merchant) -> None:
        for part in (self.alerts, self.late):
            for _ in part.open(here, 0):
                pass

    async def follow(self, topics: MemoryTopics) -> None:
        await self.alerts.apply([(record["merchant_id"], record) for record in topics.on(ALERTS)])

    @property
    def stands(self) -> list[tuple[AlertKind, str]]:
        return sorted((alert.kind, alert.subject) for alert in self.alerts.of("M1"))


@asynccontextmanager
async def worker(
    rows: list[ShipmentRow], here: Merchant | None = None, topics: MemoryTopics | None = None
) -> AsyncIterator[Worker]:
    one = Worker(
        MemoryTable({f"M1|{row.shipment_id}": row for row in rows}), topics or MemoryTopics(), here or merchant()
    )
    running = asyncio.create_task(one.alerts.run())
    try:
        yield one
    finally:
        running.cancel()


def accepted(number: int = 1, *, age_ms: int = 3 * HOUR, location_id: str = "LOC") -> ShipmentRow:
    facts = replace(
        shipment(Status.ACCEPTED, Program.EASY_SHIP),
        shipment_id=f"S{number}",
        location_id=location_id,
        last_updated_at_ms=NOW - age_ms,
        ship_by_ms=NOW + 90 * HOUR,
    )
    return known(facts)


NOT_CONFIRMED = (AlertKind.SHIPMENT_NOT_CONFIRMED, "LOC")


async def test_raised_once_however_many_and_ended_when_the_last_goes_on() -> None:
    topics = MemoryTopics()
    async with worker([accepted(1), accepted(2, age_ms=5 * HOUR)], topics=topics) as here:
        for _ in range(3):
            await here.watch.count()
        assert here.stands == [NOT_CONFIRMED]
        (raised,) = await topics.wait_for(ALERTS, 1)
        assert raised["message"].startswith("2 shipments at LOC accepted by Amazon and not confirmed, first S2 since ")
        assert "connector shipments list --pending --merchant M1" in raised["remedy"]
        here.table.held["M1|S2"] = known(replace(shipment(Status.CONFIRMED), last_updated_at_ms=NOW, ship_by_ms=None))
        await here.watch.count()
        assert here.stands == [NOT_CONFIRMED], "one is left"
        here.table.held["M1|S1"] = known(replace(shipment(Status.CANCELLED), last_updated_at_ms=NOW))
        await here.watch.count()
        assert NOT_CONFIRMED not in here.stands
        ended = [told for told in await topics.wait_for(ALERTS, 2) if told["alert_id"] == raised["alert_id"]]
        assert [told["ended_at"] for told in ended] == [None, NOW]


async def test_the_next_owner_raises_nothing_twice_and_ends_what_ended_meanwhile() -> None:
    topics = MemoryTopics()
    async with worker([accepted()], topics=topics) as first:
        await first.watch.count()
        await topics.wait_for(ALERTS, 1)
    async with worker([accepted()], topics=topics) as second:
        await second.follow(topics)
        await second.watch.count()
        assert second.stands == [NOT_CONFIRMED]
    async with worker([], topics=topics) as third:
        await third.follow(topics)
        await third.watch.count()
        assert third.stands == []
        raised, ended = await topics.wait_for(ALERTS, 2)
    assert (ended["alert_id"], raised["ended_at"], ended["ended_at"]) == (raised["alert_id"], None, NOW)


async def test_a_count_that_a_rebalance_came_into_ends_and_raises_nothing() -> None:
    async with worker([accepted()]) as here:
        await here.watch.count()
        here.late.begin()
        here.late.close()
        here.arrive(merchant())
        await here.late.counted(LateShipments(NOW))
        assert here.stands == [NOT_CONFIRMED], "it had not seen the rows"


async def test_a_count_that_began_before_a_merchant_arrived_is_none_of_it() -> None:
    topics = MemoryTopics()
    async with worker([accepted()], topics=topics) as first:
        await first.watch.count()
        await topics.wait_for(ALERTS, 1)
    async with worker([accepted()], topics=topics) as here:
        await here.follow(topics)
        here.late.close()
        here.late.begin()
        here.arrive(merchant())
        await here.late.counted(LateShipments(NOW))
        assert here.stands == [NOT_CONFIRMED]


async def test_thresholds_are_the_merchants() -> None:
    for seconds, stands in ((4 * 3600, []), (2 * 3600, [NOT_CONFIRMED])):
        async with worker([accepted()], merchant(thresholds={"not_confirmed_s": seconds})) as here:
            await here.watch.count()
            assert here.stands == stands


async def test_what_others_serve_is_never_late() -> None:
    rows = [accepted(1, location_id="OFF"), accepted(2, location_id="GONE")]
    async with worker(rows) as here:
        await here.watch.count()
        assert here.stands == []
    async with worker([accepted()], merchant(mode="observe")) as here:
        await here.watch.count()
        assert here.stands == []


async def test_a_paused_merchants_shipments_are_late_all_the_same_but_not_its_commands() -> None:
    async with worker([asked(accepted(), Confirm()).row]) as here:
        here.paused = True
        await here.watch.count()
        assert here.stands == [NOT_CONFIRMED]
        here.paused = False
        await here.watch.count()
        assert here.stands == [(AlertKind.COMMAND_WAITING, "LOC"), NOT_CONFIRMED]


async def test_a_command_of_what_was_never_read_has_no_location_yet() -> None:
    async with worker([asked(None, Confirm()).row]) as here:
        await here.watch.count()
        assert here.stands == [(AlertKind.COMMAND_WAITING, "unknown")]


def labels_due(count: int, ship_by_ms: int) -> list[ShipmentRow]:
    facts = packed(Status.INVOICE_GENERATED, Program.EASY_SHIP, ship_by_ms=ship_by_ms, last_updated_at_ms=NOW)
    row = structs.replace(known(facts), offers=())
    return [structs.replace(row, shipment_id=f"S{number}") for number in range(count)]


async def test_what_will_miss_its_cut_off_is_told_before_it_does_and_until_it_is_safe() -> None:
    topics, cutoff_ms = MemoryTopics(), NOW + 4 * HOUR
    rows, per_s = labels_due(100, cutoff_ms), 100 / (4 * 3600 + 600)
    slow = merchant(limits={"ship_labels": {"rate": per_s}, "shipping_options": {"rate": 50}})
    async with worker(rows, slow, topics) as here:
        await here.watch.count()
        assert here.stands == [(AlertKind.CUTOFF_AT_RISK, "LOC")]
        (raised,) = await topics.wait_for(ALERTS, 1)
        assert raised["severity"] == "CRITICAL"
        assert raised["message"].startswith("5 shipments at LOC will miss 1970-01-05 08:00 UTC: at the pace")
        (risk,) = late_record(here.watch.current.late, "M1")["at_risk"]
        assert (risk["count"], risk["first_count"], risk["cutoff_at"]) == (5, 5, cutoff_ms)
        just = per_s * (4 * 3600 + 600) / (4 * 3600 - STEADY_MS / 2000)
        for rate, stands in ((just, [(AlertKind.CUTOFF_AT_RISK, "LOC")]), (5.0, [])):
            limits = Limits.model_validate({"ship_labels": {"rate": rate}, "shipping_options": {"rate": 50}})
            here.merchants = Merchants({"M1": slow.model_copy(update={"limits": limits})})
            await here.watch.count()
            assert late_record(here.watch.current.late, "M1")["at_risk"] == []
            assert here.stands == stands


async def test_the_pace_is_the_lanes_own_where_it_runs() -> None:
    """Amazon may have lowered it."""
    rows = labels_due(100, NOW + HOUR)
    async with worker(rows, merchant(thresholds={"ship_by_near_s": 0})) as here:
        await here.watch.count()
        assert here.stands == []
        lanes = Lanes(terms_of(), lambda _: None)
        lane = lane_in(lanes, "M1", "ship_labels", lambda _: None, rate=1, burst=0)
        lane.pace.follow(1 / 60, 0.0)
        here.late = LateAlerts(here.alerts, lanes, lambda: here.merchants)
        here.arrive(merchant())
        here.late.begin()
        here.watch.current.late.forecast(lambda _, __: 1.0)
        await here.late.counted(here.watch.current.late)
        assert here.stands == [(AlertKind.CUTOFF_AT_RISK, "LOC")]
        await lanes.close(0)


async def test_a_count_looks_at_none_of_whom_nothing_is_late_and_nothing_stands() -> None:
    """There may be ten thousand of them, and a count every other second."""
    async with worker([accepted(1)]) as here:
        for number in range(2, 100):
            here.arrive(merchant(merchant_id=f"M{number}"))
        for rows, stands in ((dict(here.table.held), [NOT_CONFIRMED]), ({}, [])):
            here.table.held.clear()
            here.table.held.update(rows)
            here.alerts.looked_at.clear()
            await here.watch.count()
            assert here.alerts.looked_at == {"M1"}
            assert here.stands == stands


async def test_metrics_count_by_place() -> None:
    rows = [accepted(1), accepted(2), *labels_due(100, NOW + 10_000)]
    async with worker([structs.replace(row, shipment_id=f"N{n}") for n, row in enumerate(rows)]) as here:
        telemetry = Telemetry()
        telemetry.watch_late(lambda: here.watch.current.late.late_counts())
        telemetry.watch_at_risk(lambda: here.watch.current.late.at_risk_counts())
        await here.watch.count()

    def sample(name: str, **labels: Any) -> float | None:
        return telemetry.registry.get_sample_value(name, {"merchant": "M1", "location": "LOC", **labels})

    assert sample("connector_late_shipments", kind="SHIPMENT_NOT_CONFIRMED") == 2
    assert sample("connector_late_shipments", kind="SHIP_BY_NEAR") == 100
    assert sample("connector_shipments_at_risk") == 92


async def test_status_has_a_line_for_each_kind_and_place() -> None:
    rows = [accepted(1), *labels_due(100, NOW + 10_000), *labels_due(100, NOW + 20_000)]
    async with worker([structs.replace(row, shipment_id=f"N{n}") for n, row in enumerate(rows)]) as here:
        await here.watch.count()
        record = {"merchant_id": "M1", **late_record(here.watch.current.late, "M1")}
    assert list(late_lines(record)) == [
        "LATE M1: 1 shipment at LOC accepted by Amazon and not confirmed, first N0 since 1970-01-05 01:00 UTC",
        "LATE M1: 200 shipments at LOC near their ship-by and without a label, first N1 since 1970-01-05 04:00 UTC",
        "AT RISK M1: 92 shipments at LOC will miss 1970-01-05 04:00 UTC: at the pace that the limits allow they are"
        " done by 1970-01-05 04:01 UTC; 100 more will miss later cut-offs",
    ]
    assert list(late_lines({"merchant_id": "M1"})) == [], "of a worker of version 0.1"
