"""An operator asks for shipments and returns to be read again: what differs is told, and nobody has a result."""

import asyncio

from connector.agents.issuer import internal_command_record
from connector.domain.internal_commands import InternalAction, RereadReturns, RereadShipments
from connector.kafka.topics import COMMAND_RESULTS, INTERNAL_COMMANDS
from tests.kit.orders.agents import PARTITION, merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.shipments import shipment
from tests.kit.polling.agents import PollingAgents
from tests.kit.returns import returned
from tests.kit.virtual_time import run_virtual


async def opened() -> PollingAgents:
    """Polls so rarely that in these stories no list tells of a change: the first of all are over."""
    agents = PollingAgents(merchant(poll_interval_s=3600), None, slow_interval_s=3600)
    agents.lists.send_back(returned())
    agents.open()
    await asyncio.sleep(60)
    agents.lists.read.clear()
    return agents


async def ask(agents: PollingAgents, action: InternalAction) -> None:
    record = internal_command_record("i-1", "M1", action, 0, "ann")
    await agents.topics.send([agents.topics.outbox().record(INTERNAL_COMMANDS, PARTITION, "M1", record)])
    await asyncio.sleep(5)
    assert not agents.died


def test_returns_are_read_at_once_those_that_nobody_knew_too() -> None:
    async def scenario() -> None:
        agents = await opened()
        agents.lists.send_back(returned(status="DELIVERED"))
        agents.lists.send_back(returned(return_id="R2"))
        await ask(agents, RereadReturns(("R1", "R2")))
        assert agents.told_of("R1")[1:] == [("RETURN_DELIVERED", "DELIVERED", "CREATED")]
        assert agents.told_of("R2") == [("RETURN_CREATED", "CREATED", "")]
        assert sorted(agents.lists.read) == ["R1", "R2"]
        await ask(agents, RereadReturns(("R1",)))
        assert agents.lists.read.count("R1") == 2
        assert len(agents.told_of("R1")) == 2, "nothing new"
        assert agents.topics.on(COMMAND_RESULTS) == []

    run_virtual(scenario())


def test_where_returns_are_switched_off_none_is_read() -> None:
    async def scenario() -> None:
        agents = PollingAgents(merchant(poll_interval_s=3600, returns=False))
        agents.open()
        await ask(agents, RereadReturns(("R1",)))
        assert agents.lists.read == []
        assert agents.watermarks.held.keys() == {key for key in agents.watermarks.held if "|return|" not in key}

    run_virtual(scenario())


def test_shipments_are_read_at_once_those_that_nobody_knew_too() -> None:
    async def scenario() -> None:
        agents = await opened()
        agents.amazon["S1"] = Amazon(shipment(shipment_id="S1"), clock_ms=agents.now_ms)
        await ask(agents, RereadShipments(("S1",)))
        assert agents.told().keys() == {"S1"}
        reads = len(agents.calls)
        await ask(agents, RereadShipments(("S1",)))
        assert len(agents.calls) == reads + 1
        assert agents.row("S1").hint is None
        assert agents.topics.on(COMMAND_RESULTS) == []

    run_virtual(scenario())
