"""What is told of merchants that have no series of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Metric

from connector.domain.alerts import NO_MERCHANT, Alert, AlertKind, Severity, alert_of
from connector.lanes.lanes import Lanes
from connector.merchants import OPERATIONS
from connector.telemetry import Telemetry
from connector.telemetry.lanes import WAITS_LONG_S
from connector.telemetry.shown import OTHERS
from tests.kit.examples import ROOT
from tests.kit.lanes import terms_of

MERCHANTS = [f"M{number}" for number in range(6)]
Told = dict[str, dict[tuple[tuple[str, str], ...], float]]


def told(metrics: list[Metric]) -> Told:
    """By name and labels."""
    found: Told = {}
    for metric in metrics:
        for sample in metric.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return {name: of for name, of in found.items() if not name.startswith("process_")}


def of(merchant_id: str, **labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"merchant": merchant_id, **labels}.items()))


def parked_sku(merchant_id: str) -> Alert:
    kind = AlertKind.SKU_PARKED
    return alert_of(merchant_id, kind, Severity.WARNING, "sku", message="", remedy="", since_ms=0)


@asynccontextmanager
async def merchants_with_lanes(most: int) -> AsyncIterator[tuple[Telemetry, Lanes]]:
    lanes, telemetry = Lanes(terms_of(), lambda _fault: None), Telemetry(most)
    for merchant_id in MERCHANTS:
        for operation in OPERATIONS:
            lanes.open(merchant_id, operation, lambda _operation: lambda _due: None, rate=6, burst=0)
    telemetry.watch_lanes(lanes)
    yield telemetry, lanes
    await lanes.close(0)


async def test_below_the_bound_nothing_is_left_out_and_nothing_is_added() -> None:
    async with merchants_with_lanes(len(MERCHANTS)) as (telemetry, _):
        telemetry.take_keys("M1", "inventory", [0.5, 1.5])
        telemetry.count_call("M1", "inventory", "ACCEPTED", 0.1)
        telemetry.watch_late(lambda: [("M2", "EXSB", "SHIP_BY_NEAR", 2), ("M2", "EXSB", "SHIP_BY_NEAR", 3)])
        bounded = told(list(telemetry.bounded()))
        assert bounded == told(list(telemetry.registry.collect()))
        assert len(bounded["connector_backlog"]) == len(MERCHANTS) * len(OPERATIONS)
        assert bounded["connector_lane_taken_total"][of("M1", operation="inventory")] == 2
        assert bounded["connector_lane_wait_seconds_total"][of("M1", operation="inventory")] == 2.0
        assert bounded["connector_lane_taken_total"][of("M0", operation="inventory")] == 0
        assert bounded["connector_late_shipments"] == {of("M2", location="EXSB", kind="SHIP_BY_NEAR"): 5}


async def test_sums_stay_right_and_the_worst_of_the_others_is_told() -> None:
    async with merchants_with_lanes(2) as (telemetry, lanes):
        for position, merchant_id in enumerate(MERCHANTS):
            lane = lanes.lane(merchant_id, "inventory")
            assert lane is not None
            for key in range(position + 1):
                lane.offer(f"sku-{key}", (1, 1_000), 3600)
        telemetry.watch_late(lambda: [(name, f"L{name}", "SHIP_BY_NEAR", 1) for name in MERCHANTS])
        telemetry.watch_poll_intervals(lambda: zip(MERCHANTS, range(6), strict=True))
        bounded, whole = told(list(telemetry.bounded())), told(list(telemetry.registry.collect()))
        assert sum(bounded["connector_backlog"].values()) == sum(whole["connector_backlog"].values()) == 21
        assert bounded["connector_backlog"][of(OTHERS, operation="inventory")] == 1 + 2 + 3 + 4
        assert bounded["connector_backlog"][of(OTHERS, operation="invoice")] == 0
        assert bounded["connector_backlog"][of("M5", operation="inventory")] == 6
        oldest = max(whole["connector_oldest_waiting_seconds"].values())
        assert abs(bounded["connector_oldest_waiting_seconds"][of(OTHERS, operation="inventory")] - oldest) < 60
        kind = "SHIP_BY_NEAR"
        others = {of(OTHERS, location=OTHERS, kind=kind): 4}
        own = {of(name, location=f"L{name}", kind=kind): 1 for name in ("M4", "M5")}
        assert bounded["connector_late_shipments"] == others | own
        assert bounded["connector_poll_interval_seconds"] == {of(OTHERS): 3, of("M4"): 4, of("M5"): 5}
        assert of(OTHERS, operation="inventory") not in bounded["connector_limit_per_second"]
        assert len(bounded["connector_limit_per_second"]) == 2 * len(OPERATIONS)


async def test_what_a_lane_counted_before_its_merchant_was_shown_is_of_the_others() -> None:
    async with merchants_with_lanes(1) as (telemetry, lanes):
        telemetry.count_call("M5", "inventory", "ACCEPTED", None)  # it has the place
        access = lanes.access("M2")
        assert access is not None
        access.suspend(asyncio.get_running_loop().time(), "invalid_grant", 0.5)
        telemetry.take_keys("M2", "inventory", [1.0, 1.0])
        taken = told(list(telemetry.bounded()))["connector_lane_taken_total"]
        assert (taken[of("M2", operation="inventory")], taken[of(OTHERS, operation="inventory")]) == (0, 2)
        telemetry.take_keys("M2", "inventory", [1.0])
        taken = told(list(telemetry.bounded()))["connector_lane_taken_total"]
        assert (taken[of("M2", operation="inventory")], taken[of(OTHERS, operation="inventory")]) == (1, 2)


async def test_one_in_trouble_is_shown_and_no_trouble_is_hidden_by_the_others() -> None:
    async with merchants_with_lanes(2) as (telemetry, lanes):
        for merchant_id in ("M1", "M2", "M3"):
            access = lanes.access(merchant_id)
            assert access is not None
            access.suspend(asyncio.get_running_loop().time(), "invalid_grant", 0.5)
        suspended = told(list(telemetry.bounded()))["connector_merchant_suspended"]
        assert sum(suspended.values()) == 3
        assert suspended[of(OTHERS)] == 1


async def test_alerts_of_no_merchant_are_none_of_the_others() -> None:
    async with merchants_with_lanes(1) as (telemetry, _):
        telemetry.watch_alerts([parked_sku(merchant_id) for merchant_id in (NO_MERCHANT, *MERCHANTS)])
        told_alerts = told(list(telemetry.bounded()))["connector_alerts"]
        kind = "SKU_PARKED"
        assert told_alerts == {of(NO_MERCHANT, kind=kind): 1, of("M5", kind=kind): 1, of(OTHERS, kind=kind): 5}


def test_who_waits_for_as_long_as_the_rule_says_is_shown_first() -> None:
    rules = (ROOT / "ops/prometheus/alerts.yml").read_text()
    assert f"(connector_oldest_waiting_seconds) > {WAITS_LONG_S:.0f}\n" in rules
