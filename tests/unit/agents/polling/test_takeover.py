"""When the lists of a merchant are asked for that another worker had before."""

import asyncio

from connector.domain.polling.polls import OFTEN, SELDOM, PolledList
from connector.domain.polling.windows import Page
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.orders.agents import merchant
from tests.kit.polling.agents import PollingAgents
from tests.kit.virtual_time import run_virtual

EVERY_S = 60
ORDERS = "M1|list_shipments|"


def nothing(_poll: PolledList, _page: Page) -> ShipmentsPage | None:
    return None


async def polled(seconds: float, held: PollingAgents | None = None) -> PollingAgents:
    agents = PollingAgents(merchant(poll_interval_s=EVERY_S), held=held)
    agents.lists.script = nothing
    agents.lists.asked.clear()
    agents.open()
    await asyncio.sleep(seconds)
    await agents.stop()
    return agents


def asked(agents: PollingAgents) -> set[str]:
    polls = {each.poll for each in agents.lists.asked if not each.poll.is_sweep}
    return {poll.key for poll in polls if poll.key.startswith(ORDERS)}


def test_they_are_asked_for_when_their_interval_has_passed() -> None:
    async def scenario() -> None:
        first = await polled(20)
        every_list = asked(first)
        second = await polled(20, held=first)
        assert asked(second) == set()
        third = await polled(EVERY_S - 20, held=second)
        often = {f"{ORDERS}|{status}" for status in OFTEN}
        assert asked(third) == often
        fourth = await polled(EVERY_S * SELDOM - EVERY_S, held=third)
        assert asked(fourth) - often == every_list - often != set()

    run_virtual(scenario())


def test_they_are_asked_for_at_once_after_a_longer_gap() -> None:
    async def scenario() -> None:
        first = await polled(20)
        every_list = asked(first)
        await asyncio.sleep(EVERY_S * SELDOM)
        assert asked(await polled(20, held=first)) == every_list

    run_virtual(scenario())
