"""An operator has a list asked for that could not be read, once its cause is corrected."""

import asyncio

from connector.agents.issuer import internal_command_record
from connector.domain.internal_commands import RetryParked
from connector.domain.outcomes import Answer, Failed, Unknown
from connector.domain.polling.polls import PolledList, PollShipments
from connector.domain.polling.windows import Page
from connector.kafka.topics import INTERNAL_COMMANDS
from tests.kit.orders.agents import PARTITION
from tests.kit.polling.agents import PollingAgents
from tests.kit.virtual_time import run_virtual

UNREADABLE = Unknown(Answer(http_status=200, message="shipments is missing", request_id="req-1"))
NEW_ONES, SWEPT = "list_shipments ACCEPTED", "list_shipments ACCEPTED (sweep)"


def is_accepted_list(poll: PolledList) -> bool:
    return isinstance(poll, PollShipments) and poll.status == "ACCEPTED"


def unreadable(poll: PolledList, _: Page) -> Failed | None:
    return UNREADABLE if is_accepted_list(poll) else None


async def retry(agents: PollingAgents, name: str) -> None:
    record = internal_command_record(name, "M1", RetryParked("LIST_PARKED", name), 0, "ann")
    await agents.topics.send([agents.topics.outbox().record(INTERNAL_COMMANDS, PARTITION, "M1", record)])
    await asyncio.sleep(5)
    assert agents.letters == []
    assert not agents.died


def test_a_parked_list_is_asked_for_at_once_and_no_other() -> None:
    async def scenario() -> None:
        agents = PollingAgents()
        agents.lists.script = unreadable
        agents.open()
        await asyncio.sleep(120)
        raised = {("LIST_PARKED", NEW_ONES, False), ("LIST_PARKED", SWEPT, False)}
        assert set(agents.alerts_told) == raised

        asked = len(agents.lists.times(is_accepted_list))
        await retry(agents, NEW_ONES)
        assert len(agents.lists.times(is_accepted_list)) == asked + 1
        assert set(agents.alerts_told) == raised, "it stands until the list is read"

        agents.lists.script = lambda _, __: None
        await retry(agents, NEW_ONES)
        assert set(agents.alerts_told) - raised == {("LIST_PARKED", NEW_ONES, True)}
        await retry(agents, SWEPT)
        assert set(agents.alerts_told) - raised == {("LIST_PARKED", NEW_ONES, True), ("LIST_PARKED", SWEPT, True)}

    run_virtual(scenario())
