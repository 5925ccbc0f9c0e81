"""Polls that told nothing new cost no record and no row, and hide nothing: not over a crash, and no lower limit."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from connector.domain.outcomes import Answer, Failed, Refused
from connector.domain.polling.polls import PolledList, PollShipments
from connector.domain.polling.windows import Page
from connector.kafka.topics import API_CALLS
from connector.lanes.lane import Lane
from connector.smartconnect.wire.returns import ReturnsPage
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.orders.agents import merchant
from tests.kit.orders.shipments import shipment
from tests.kit.polling.agents import PollingAgents
from tests.kit.virtual_time import run_virtual

ACCEPTED = "M1|list_shipments||ACCEPTED"
MINUTE_S = 60.0


def is_accepted_list(poll: PolledList) -> bool:
    return poll.key == ACCEPTED


def recorded(agents: PollingAgents) -> list[dict[str, Any]]:
    """Of the polls, without the sweeps, of accepted orders."""
    calls = [call for call in agents.topics.on(API_CALLS) if call["operation"] == "list_shipments"]
    return [call for call in calls if call["list_status"] == "ACCEPTED" and '|sweep"' not in call["asked"]]


async def opened(held: PollingAgents | None = None, **settings: Any) -> PollingAgents:
    agents = PollingAgents(merchant(poll_interval_s=5), held=held, **settings)
    agents.open()
    return agents


def test_a_list_that_says_nothing_new_is_asked_for_every_time_and_recorded_once_a_minute() -> None:
    async def scenario() -> None:
        agents = await opened()
        await asyncio.sleep(10 * MINUTE_S)
        assert len(agents.lists.times(is_accepted_list)) == pytest.approx(120, abs=3)
        assert len(recorded(agents)) == pytest.approx(10, abs=2)
        behind_ms = agents.now_ms() - agents.polling_settings.lag_s * 1000 - agents.watermarks.held[ACCEPTED].settled_ms
        assert behind_ms <= (MINUTE_S + 6) * 1000
        assert not agents.died

    run_virtual(scenario())


def test_lists_that_are_asked_for_seldom_are_asked_for_in_time_and_nothing_runs_meanwhile() -> None:
    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=600))
        before = asyncio.all_tasks()
        agents.open()
        await asyncio.sleep(300)
        assert {lane for lane in agents.lanes if isinstance(lane, Lane)} == set()
        assert asyncio.all_tasks() == before
        await asyncio.sleep(6 * 600)
        times = agents.lists.times(is_accepted_list)
        assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([600] * 6, abs=1)
        agents.ask_list("M1", "list_shipments ACCEPTED")  # it need not wait for what it was to wait for
        await asyncio.sleep(2)
        assert len(agents.lists.times(is_accepted_list)) == len(times) + 1
        await asyncio.sleep(595)
        assert len(agents.lists.times(is_accepted_list)) == len(times) + 1
        await asyncio.sleep(10)
        assert len(agents.lists.times(is_accepted_list)) == len(times) + 2
        assert not agents.died

    run_virtual(scenario())


@pytest.mark.parametrize(("waits_s", "asked_s"), [([40.0], 40.0), ([500.0, 90.0], 90.0), ([32.0, 29.0], 29.0)])
def test_a_list_is_asked_for_when_it_was_last_said_to_be_due(waits_s: list[float], asked_s: float) -> None:
    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=600))
        agents.open()
        await asyncio.sleep(300)
        poll, loop = agents.polled.get("M1", ACCEPTED), asyncio.get_running_loop()
        assert poll is not None
        now, count = loop.time(), len(agents.lists.times(is_accepted_list))
        for wait_s in waits_s:
            agents.polled.offer(poll, wait_s)
        await asyncio.sleep(120)
        times = agents.lists.times(is_accepted_list)[count:]
        assert [at - now for at in times] == pytest.approx([asked_s], abs=1)

    run_virtual(scenario())


def test_they_are_counted_as_calls_all_the_same() -> None:
    async def scenario() -> None:
        agents = await opened()
        await asyncio.sleep(5 * MINUTE_S)
        counted = agents.telemetry.registry.get_sample_value(
            "connector_calls_total",
            {"merchant": "M1", "operation": "list_shipments", "outcome": "ACCEPTED"},
        )
        polls = [asked for asked in agents.lists.asked if isinstance(asked.poll, PollShipments)]
        assert counted == pytest.approx(len(polls), abs=1)  # one may be under way

    run_virtual(scenario())


@pytest.mark.parametrize("quiet_s", [7.0, 33.0, 62.0])
def test_an_order_amid_them_is_told_within_two_intervals(quiet_s: float) -> None:
    async def scenario() -> None:
        agents = await opened()
        await asyncio.sleep(quiet_s)
        agents.lists.order(shipment())
        await asyncio.sleep(10)
        assert list(agents.told()) == [shipment().shipment_id]

    run_virtual(scenario())


@pytest.mark.parametrize("quiet_s", [7.0, 33.0, 58.0])
def test_an_order_that_came_while_nobody_asked_is_told_by_the_next_worker(quiet_s: float) -> None:
    async def scenario() -> None:
        first = await opened(sweep_interval_s=86_400)
        await asyncio.sleep(5 * MINUTE_S + quiet_s)
        await first.stop()
        first.lists.order(shipment())
        await asyncio.sleep(20 * MINUTE_S)
        second = await opened(held=first, sweep_interval_s=86_400)
        await asyncio.sleep(10)
        assert list(second.told()) == [shipment().shipment_id]

    run_virtual(scenario())


def test_a_list_that_had_failed_is_recorded_as_good_again() -> None:
    async def scenario() -> None:
        agents = await opened()
        await asyncio.sleep(30)
        agents.lists.script = failing
        await asyncio.sleep(10 * MINUTE_S)
        assert agents.watermarks.held[ACCEPTED].trouble is not None
        agents.lists.script = lambda _, __: None
        asked = len(agents.lists.times(is_accepted_list))
        while len(agents.lists.times(is_accepted_list)) == asked:  # noqa: ASYNC110  # of virtual time
            await asyncio.sleep(0.5)
        await asyncio.sleep(1)
        assert agents.watermarks.held[ACCEPTED].trouble is None

    run_virtual(scenario())


def failing(_poll: PolledList, _page: Page) -> Failed | ShipmentsPage | ReturnsPage | None:
    return Refused(Answer(http_status=400))


def test_a_lower_limit_is_recorded_for_the_merchants_next_owner() -> None:
    async def scenario() -> None:
        agents = await opened()
        await asyncio.sleep(MINUTE_S)
        agents.lists.stated_limit = 0.5
        before = len(recorded(agents))
        await asyncio.sleep(20)
        assert {call["rate_limit_per_s"] for call in recorded(agents)[before:]} == {0.5}
        assert len(recorded(agents)) - before >= 3  # not only the one in a minute

    run_virtual(scenario())


def test_every_sweep_is_recorded() -> None:
    async def scenario() -> None:
        agents = await opened(sweep_interval_s=600)
        await asyncio.sleep(30 * MINUTE_S)
        rows = [row for key, row in agents.watermarks.held.items() if key.endswith("|sweep")]
        assert rows
        now_ms, lag_ms = agents.now_ms(), agents.polling_settings.lag_s * 1000
        assert all(row.settled_ms >= now_ms - 700_000 - lag_ms for row in rows)

    run_virtual(scenario())
