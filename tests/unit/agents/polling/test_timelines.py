"""What lists tell over hours: nothing is late, nothing is missed, whatever lags and whoever's clock is wrong (G8)."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

import pytest

from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.polling.windows import Watermark
from tests.kit.orders.agents import merchant
from tests.kit.orders.shipments import shipment
from tests.kit.polling.agents import START_MS, PollingAgents
from tests.kit.virtual_time import run_virtual

HOUR_S = 3600.0
DAY_MS = 86_400_000
FIRST_SEEN = ("CREATED", "ACCEPTED", "CONFIRMED", "CANCELLED")


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    run_virtual(coroutine)


def numbered(number: int) -> Shipment:
    return shipment(shipment_id=f"S{number}")


async def order_every(agents: PollingAgents, wait_s: float, numbers: range) -> None:
    for number in numbers:
        agents.lists.order(numbered(number))
        await asyncio.sleep(wait_s)


def test_an_order_without_a_notification_is_told_within_two_poll_intervals() -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        agents.open()
        await asyncio.sleep(600)
        agents.lists.order(numbered(1))
        await asyncio.sleep(10)
        assert 600 <= agents.told()["S1"] <= 610
        assert not agents.died

    run(scenario())


def polled_at_s(agents: PollingAgents) -> dict[str, list[float]]:
    """When each of the merchant's lists was asked for, without sweeps: all of them were."""
    times = defaultdict[str, list[float]](list)
    for asked in agents.lists.asked:
        if not asked.poll.is_sweep:
            times[asked.poll.key].append(asked.at_s)
    assert set(times) == {"M1|returns||", *(f"M1|list_shipments||{status}" for status in Status)}
    return times


def test_no_state_of_an_order_and_no_new_return_is_looked_for_later_than_within_two_intervals() -> None:
    """And each interval where an order is seen first: also one confirmed, by whoever, before a list showed it."""

    async def scenario() -> None:
        agents = PollingAgents()
        agents.open()
        await asyncio.sleep(600)
        times = polled_at_s(agents)
        longest_s = {key: max(later - at for at, later in pairwise(found)) for key, found in times.items()}
        assert max(longest_s.values()) < 9.9
        assert max(longest_s[f"M1|list_shipments||{status}"] for status in FIRST_SEEN) < 5.9

    run(scenario())


def test_where_the_limit_lets_few_lists_be_asked_for_each_has_its_turn_and_what_is_urgent_comes_more_often() -> None:
    """Seven lists in ten seconds, and what is urgent alone would be six."""

    async def scenario() -> None:
        agents = PollingAgents(merchant(limits={"list_shipments": {"rate": 0.5, "burst": 0}}))
        agents.open()
        await asyncio.sleep(1200)
        times = polled_at_s(agents)
        longest_s = {key: max(later - at for at, later in pairwise([*at_s, 1200])) for key, at_s in times.items()}
        assert max(longest_s.values()) < 45
        assert len(times["M1|list_shipments||CREATED"]) > 1.3 * len(times["M1|list_shipments||SHIPPED"])

    run(scenario())


def test_an_order_that_is_listed_twenty_minutes_late_is_found_by_the_sweep() -> None:
    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=60))
        agents.open()
        assert agents.found_by_sweep("orders") == 0
        await asyncio.sleep(600)
        agents.lists.hidden_until_ms["S1"] = START_MS + 1_800_000
        agents.lists.order(numbered(1))
        await asyncio.sleep(HOUR_S)
        assert 1800 < agents.told()["S1"] <= HOUR_S + 60
        assert agents.found_by_sweep("orders") == 1

    run(scenario())


@pytest.mark.parametrize("lag_s", [0, 30, 119, 300])
def test_an_order_that_is_listed_some_minutes_late_is_found_by_the_polls(lag_s: int) -> None:
    """As long as the watermark stays behind, with the windows' overlap."""

    async def scenario() -> None:
        agents = PollingAgents(sweep_interval_s=86_400)
        agents.open()
        await asyncio.sleep(60)
        agents.lists.hidden_until_ms["S1"] = START_MS + (60 + lag_s) * 1000
        agents.lists.order(numbered(1))
        await asyncio.sleep(lag_s + 10)
        assert 60 + lag_s <= agents.told()["S1"] <= 60 + lag_s + 10
        assert agents.found_by_sweep("orders") == 0

    run(scenario())


@pytest.mark.parametrize("status", ["CREATED", "ACCEPTED", "CONFIRMED"])
def test_a_merchant_added_after_a_weekend_has_its_open_orders_told(status: str) -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        old = shipment(status, shipment_id="S1", last_updated_at_ms=START_MS - 108_000_000)
        agents.lists.shipments["S1"] = old
        agents.open()
        await asyncio.sleep(60)
        assert agents.table.held["M1|S1"].facts == old
        assert agents.found_by_sweep("orders") == 1
        assert set(agents.told()) == ({"S1"} if status != "CREATED" else set())

    run(scenario())


@pytest.mark.parametrize("skew_s", [600, -600, 86_400, -86_400])
def test_a_wrong_clock_delays_no_order_and_is_told_once(skew_s: int) -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        agents.skew_ms = skew_s * 1000
        agents.lists.shipments["S0"] = shipment(shipment_id="S0", last_updated_at_ms=START_MS - DAY_MS // 2)
        agents.open()
        await order_every(agents, 23, range(1, 20))
        assert max(agents.lateness_s().values()) <= 10
        assert agents.told()["S0"] <= 10
        assert agents.alerts_told == [("CLOCK_WRONG", "w", False)]
        assert agents.found_by_sweep("orders") == 0
        agents.skew_ms = 0
        await asyncio.sleep(10)
        assert agents.alerts_told[1:] == [("CLOCK_WRONG", "w", True)]

    run(scenario())


def test_a_clock_that_jumps_a_day_for_a_minute_delays_no_order() -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        agents.open()
        await order_every(agents, 17, range(3))
        agents.skew_ms = DAY_MS
        await order_every(agents, 17, range(3, 7))
        agents.skew_ms = 0
        await order_every(agents, 47, range(7, 12))
        assert max(agents.lateness_s().values()) <= 10
        assert agents.alerts_told == [("CLOCK_WRONG", "w", False), ("CLOCK_WRONG", "w", True)]

    run(scenario())


def test_an_amazon_without_a_date_is_asked_by_the_workers_clock() -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        agents.lists.tells_time = False
        agents.open()
        await order_every(agents, 23, range(9))
        assert max(agents.lateness_s().values()) <= 10
        assert not agents.alerts_told

    run(scenario())


def test_a_watermark_in_the_future_is_set_back_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """As version 0.1 left it, whose clock was a day ahead once."""

    async def scenario() -> None:
        agents = PollingAgents()
        for status in ("CREATED", "ACCEPTED"):
            agents.watermarks.held[f"M1|list_shipments||{status}"] = Watermark(START_MS + DAY_MS)
        agents.lists.shipments["S0"] = shipment(shipment_id="S0", last_updated_at_ms=START_MS - DAY_MS // 2)
        agents.open()
        await order_every(agents, 23, range(1, 5))
        assert max(agents.lateness_s().values()) <= 10
        assert agents.told()["S0"] <= 10
        row = agents.watermarks.held["M1|list_shipments||ACCEPTED"]
        assert row.settled_ms <= agents.amazon_ms()

    run(scenario())
    assert caplog.text.count("a watermark lies in the future: set back") == 2
