"""Orders are polled less often while notifications tell of each change, and as configured again after one did not."""

import asyncio

import pytest

from connector.domain.orders.commands import OrderCommand, Refresh
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.polling.polls import SELDOM, PolledList
from connector.domain.unread import UnreadableItem
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.orders.agents import merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.shipments import shipment
from tests.kit.polling.agents import START_S, PollingAgents
from tests.kit.virtual_time import run_virtual

EVERY_S, SLOWEST_S = 5, 60
ACCEPTED = "M1|list_shipments||ACCEPTED"
PROVEN_BY = 4
"""So many orders make sixty seconds of five."""

HOUR_S = 3600.0


def numbered(number: int) -> Shipment:
    return shipment(shipment_id=f"S{number}")


def is_accepted_list(poll: PolledList) -> bool:
    return poll.key == ACCEPTED


def polls_since(agents: PollingAgents, begin_s: float) -> int:
    return sum(at - START_S >= begin_s for at in agents.lists.times(is_accepted_list))


def now_s() -> float:
    return asyncio.get_running_loop().time() - START_S


async def order(agents: PollingAgents, number: int, *, told_after_s: float | None = 0.1) -> None:
    """`told_after_s` None: no notification comes."""
    agents.lists.order(numbered(number))
    if told_after_s is not None:
        await asyncio.sleep(told_after_s)
        await agents.notify(numbered(number))
    await asyncio.sleep(1)


async def proven(held: PollingAgents | None = None, **settings: float) -> PollingAgents:
    agents = PollingAgents(
        merchant(poll_interval_s=EVERY_S), held=held, **{"slowest_interval_s": SLOWEST_S, **settings}
    )
    agents.open()
    await asyncio.sleep(12)
    for number in range(PROVEN_BY):
        await order(agents, number)
        await asyncio.sleep(3.3)
    await asyncio.sleep(SLOWEST_S)
    return agents


def test_orders_are_polled_once_a_minute_while_each_is_notified() -> None:
    async def scenario() -> None:
        agents = await proven()
        begin_s = now_s()
        await asyncio.sleep(20 * 60)
        assert polls_since(agents, begin_s) == pytest.approx(20, abs=1)
        assert agents.intervals.of("M1") == SLOWEST_S
        assert len(agents.told()) == PROVEN_BY
        assert not agents.died

    run_virtual(scenario())


def test_returns_are_polled_as_before_for_nothing_notifies_of_them() -> None:
    async def scenario() -> None:
        agents = await proven()
        asked = len(agents.lists.times(lambda poll: poll.operation == "returns" and not poll.is_sweep))
        await asyncio.sleep(600)
        later = len(agents.lists.times(lambda poll: poll.operation == "returns" and not poll.is_sweep))
        assert later - asked == pytest.approx(600 / (EVERY_S * SELDOM), abs=2)

    run_virtual(scenario())


def test_a_missed_notification_ends_it_at_once() -> None:
    async def scenario() -> None:
        agents = await proven()
        await asyncio.sleep(17)
        missed_s = now_s()
        await order(agents, 7, told_after_s=None)
        await asyncio.sleep(2 * SLOWEST_S)
        found_s = agents.told()["S7"]
        assert found_s - missed_s <= 2 * SLOWEST_S
        assert polls_since(agents, found_s + 0.5) >= (now_s() - found_s) / EVERY_S - 2, "from then on as configured"
        begin_s = now_s()
        await order(agents, 8, told_after_s=None)
        await asyncio.sleep(2 * EVERY_S)
        assert agents.told()["S8"] - begin_s <= 2 * EVERY_S
        await asyncio.sleep(HOUR_S)
        assert polls_since(agents, now_s() - 600) == pytest.approx(600 / EVERY_S, abs=2), "nothing proves them again"

    run_virtual(scenario())


def test_all_lists_that_rest_are_asked_for_soon_when_one_shows_what_nobody_told() -> None:
    async def scenario() -> None:
        agents = await proven()
        await order(agents, 7, told_after_s=None)
        while "S7" not in agents.told():  # noqa: ASYNC110  # of virtual time
            await asyncio.sleep(0.5)
        found_s = now_s()
        await asyncio.sleep(2 * EVERY_S)
        keys = {asked.poll.key for asked in agents.lists.asked if asked.at_s - START_S > found_s}
        assert {key for key in keys if "list_shipments||" in key and "sweep" not in key} == {
            poll.key for poll in agents.polled.of("M1", "list_shipments") if not poll.is_sweep
        }

    run_virtual(scenario())


def test_a_notification_that_comes_after_the_poll_proves_as_much() -> None:
    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=EVERY_S), slowest_interval_s=SLOWEST_S)
        agents.open()
        await asyncio.sleep(30)
        for number in range(PROVEN_BY):
            await order(agents, number, told_after_s=2.2 * EVERY_S)
        assert agents.intervals.of("M1") == SLOWEST_S

    run_virtual(scenario())


@pytest.mark.parametrize("told_after_s", [None, 90.0])
def test_orders_that_polls_find_alone_prove_nothing(told_after_s: float | None) -> None:
    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=EVERY_S), slowest_interval_s=SLOWEST_S)
        agents.open()
        await asyncio.sleep(30)
        for number in range(10):
            await order(agents, number, told_after_s=told_after_s)
            await asyncio.sleep(20)
            assert agents.intervals.of("M1") == EVERY_S

    run_virtual(scenario())


def test_an_order_that_a_list_can_only_name_ends_it_when_it_is_read() -> None:
    async def scenario() -> None:
        agents = await proven()
        agents.amazon["S7"] = Amazon(numbered(7))
        named = ShipmentsPage((), unreadable=(UnreadableItem("S7", "1"),), version="1")
        agents.lists.script = lambda poll, _: named if is_accepted_list(poll) else None
        while "S7" not in agents.told():  # noqa: ASYNC110  # of virtual time
            await asyncio.sleep(0.5)
        assert agents.intervals.of("M1") == EVERY_S
        begin_s = now_s()
        await asyncio.sleep(600)
        assert polls_since(agents, begin_s) >= 600 / EVERY_S - 2

    run_virtual(scenario())


def test_what_commands_read_is_no_evidence() -> None:
    async def scenario() -> None:
        agents = await proven()
        agents.amazon["S7"] = Amazon(numbered(7))
        await agents.accept(OrderCommand(command_id="c1", merchant_id="M1", shipment_id="S7", action=Refresh()))
        await asyncio.sleep(2)
        assert "S7" in agents.told()
        assert agents.intervals.of("M1") == SLOWEST_S

    run_virtual(scenario())


def test_a_sweep_that_finds_what_nobody_told_ends_it() -> None:
    async def scenario() -> None:
        agents = await proven(sweep_interval_s=600)
        agents.lists.hidden_until_ms["S7"] = agents.now_ms() + 1200_000  # longer than any window looks back
        agents.lists.order(numbered(7))
        while "S7" not in agents.told():  # of virtual time
            assert agents.intervals.of("M1") == SLOWEST_S
            await asyncio.sleep(0.5)
        assert agents.found_by_sweep("orders") == 1
        assert agents.intervals.of("M1") == EVERY_S

    run_virtual(scenario())


def test_silence_of_an_hour_ends_it() -> None:
    async def scenario() -> None:
        agents = await proven()
        await asyncio.sleep(HOUR_S - 2 * SLOWEST_S)
        assert agents.intervals.of("M1") == SLOWEST_S
        await asyncio.sleep(3 * SLOWEST_S)
        assert agents.intervals.of("M1") == EVERY_S
        assert polls_since(agents, now_s() - SLOWEST_S) > 2

    run_virtual(scenario())


def test_who_takes_the_merchant_over_has_nothing_proven() -> None:
    async def scenario() -> None:
        first = await proven()
        await first.stop()
        second = PollingAgents(merchant(poll_interval_s=EVERY_S), held=first, slowest_interval_s=SLOWEST_S)
        second.open()
        assert second.intervals.of("M1") == EVERY_S
        second.lists.order(numbered(7))
        begin_s = now_s()
        await asyncio.sleep(2 * EVERY_S)
        assert second.told()["S7"] - begin_s <= 2 * EVERY_S

    run_virtual(scenario())


def test_it_can_be_switched_off() -> None:
    async def scenario() -> None:
        agents = await proven(slowest_interval_s=EVERY_S)
        begin_s = now_s()
        await asyncio.sleep(600)
        assert polls_since(agents, begin_s) == pytest.approx(600 / EVERY_S, abs=2)

    run_virtual(scenario())


def test_a_merchant_that_is_opened_again_has_nothing_proven() -> None:
    async def scenario() -> None:
        agents = await proven()
        agents.intervals.open(agents.here)
        assert list(agents.intervals.in_force()) == [("M1", EVERY_S)]
        agents.polls.close()
        assert agents.intervals.of("M1") is None
        assert list(agents.intervals.in_force()) == []

    run_virtual(scenario())
