"""Returns whose own reading fails: told once, until they are read by whatever way, or Amazon knows them no more."""

import asyncio

from connector.agents.issuer import internal_command_record
from connector.domain.internal_commands import RetryParked
from connector.domain.outcomes import Answer, Forbidden
from connector.domain.polling.polls import PolledList
from connector.domain.polling.windows import Page
from connector.domain.unread import UnreadableItem
from connector.kafka.topics import INTERNAL_COMMANDS
from connector.smartconnect.wire.returns import ReturnsPage
from tests.kit.orders.agents import PARTITION, merchant
from tests.kit.polling.agents import PollingAgents
from tests.kit.returns import returned
from tests.kit.virtual_time import run_virtual

HOUR_S = 3600
NO_ACCESS = Forbidden(Answer(http_status=403, code="Forbidden", request_id="req-1"))
RAISED, ENDED = ("RETURN_PARKED", "R1", False), ("RETURN_PARKED", "R1", True)


def garbled(poll: PolledList, _: Page) -> ReturnsPage | None:
    """Lists of returns show R1 in a shape that nobody can read."""
    if poll.operation != "returns":
        return None
    return ReturnsPage((), version="R1", unreadable=(UnreadableItem("R1", "1"),))


async def parked() -> PollingAgents:
    """Amazon answers 404 for the return that its lists show garbled."""
    agents = PollingAgents(merchant(poll_interval_s=600), slow_interval_s=600)
    agents.lists.script = garbled
    agents.open()
    await asyncio.sleep(90)
    assert agents.alerts_told == [RAISED]
    return agents


def test_an_operator_has_it_read_at_once() -> None:
    async def scenario() -> None:
        agents = await parked()
        agents.lists.send_back(returned())
        await asyncio.sleep(60)
        assert agents.alerts_told == [RAISED], "its slow beat is minutes long"
        retry = internal_command_record("i-1", "M1", RetryParked("RETURN_PARKED", "R1"), 0, "ann")
        await agents.topics.send([agents.topics.outbox().record(INTERNAL_COMMANDS, PARTITION, "M1", retry)])
        await asyncio.sleep(5)
        assert agents.alerts_told == [RAISED, ENDED]
        assert agents.told_of("R1") == [("RETURN_CREATED", "CREATED", "")]
        assert agents.letters == []

    run_virtual(scenario())


def test_it_ends_when_a_list_shows_it_whole() -> None:
    """Its own reading is forbidden for ever."""

    async def scenario() -> None:
        agents = await parked()
        agents.lists.send_back(returned())
        agents.lists.withheld["R1"] = NO_ACCESS
        agents.lists.script = lambda _, __: None
        await asyncio.sleep(HOUR_S)
        assert agents.alerts_told == [RAISED, ENDED]
        assert agents.told_of("R1") == [("RETURN_CREATED", "CREATED", "")]
        await asyncio.sleep(48 * HOUR_S)
        assert agents.alerts_told == [RAISED, ENDED]

    run_virtual(scenario())


def test_it_ends_when_a_list_shows_it_as_it_is_known() -> None:
    """Lists hid it for a while, and by itself it is not given: that they show it again is no change of it."""

    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=600), slow_interval_s=600)
        agents.lists.send_back(returned())
        agents.lists.withheld["R1"] = NO_ACCESS
        agents.open()
        await asyncio.sleep(60)
        agents.lists.hidden_until_ms["R1"] = agents.amazon_ms() + 3 * HOUR_S * 1000
        await asyncio.sleep(2 * HOUR_S)
        assert agents.alerts_told == [RAISED]
        await asyncio.sleep(3 * HOUR_S)
        assert agents.alerts_told == [RAISED, ENDED]
        assert agents.told_of("R1") == [("RETURN_CREATED", "CREATED", "")]

    run_virtual(scenario())


def test_it_stands_while_amazon_lists_it_and_ends_a_day_after() -> None:
    async def scenario() -> None:
        agents = await parked()
        await asyncio.sleep(40 * HOUR_S)
        assert agents.alerts_told == [RAISED], "Amazon lists it still"
        agents.lists.script = lambda _, __: None
        await asyncio.sleep(22 * HOUR_S)
        assert agents.alerts_told == [RAISED]
        await asyncio.sleep(4 * HOUR_S)
        assert agents.alerts_told == [RAISED, ENDED]
        reads = len(agents.lists.read)
        await asyncio.sleep(4 * HOUR_S)
        assert len(agents.lists.read) == reads

    run_virtual(scenario())


def test_that_it_is_listed_still_is_told_once_an_hour() -> None:
    """A list that is asked for every ten minutes shows it each time."""

    async def scenario() -> None:
        agents = await parked()
        row = agents.watermarks.held["M1|return|R1"]
        written = [row.settled_ms]
        for _ in range(6 * 6):
            await asyncio.sleep(600)
            at_ms = agents.watermarks.held["M1|return|R1"].settled_ms
            written += [at_ms] if at_ms != written[-1] else []
        assert 5 <= len(written) <= 7

    run_virtual(scenario())


def test_who_takes_the_merchant_over_reads_it_at_once() -> None:
    """So that nothing of what an operator said is lost."""

    async def scenario() -> None:
        first = await parked()
        await asyncio.sleep(2 * HOUR_S)
        await first.stop()
        second = PollingAgents(merchant(poll_interval_s=600), first, slow_interval_s=600)
        second.lists.script = lambda _, __: None
        second.lists.returns["R1"] = returned(last_updated_at_ms=0, created_at_ms=1)
        second.open()
        await asyncio.sleep(60)
        assert second.alerts_told == [ENDED]

    run_virtual(scenario())
