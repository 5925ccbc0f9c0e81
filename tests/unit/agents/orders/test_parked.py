"""One shipment that Amazon forbids, among others: it alone waits, is told once, and ends; in virtual time."""

import asyncio

from connector.agents.issuer import internal_command_record
from connector.agents.orders.command_records import read_command
from connector.domain.internal_commands import RetryParked
from connector.domain.orders.commands import Action, Confirm, OrderCommand, Refresh
from connector.domain.outcomes import Answer, Forbidden
from connector.kafka.topics import COMMAND_RESULTS, INTERNAL_COMMANDS, ORDER_COMMANDS
from tests.kit.cases import moved, read_case
from tests.kit.orders.agents import PARTITION, OrderAgents
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.shipments import shipment
from tests.kit.virtual_time import run_virtual

NOT_OURS = Forbidden(Answer(http_status=403, code="Forbidden", message="denied", request_id="r-9"))
OTHERS = tuple(f"S{number}" for number in range(30))


def command(shipment_id: str, action: Action, command_id: str) -> OrderCommand:
    return OrderCommand(command_id=command_id, merchant_id="M1", shipment_id=shipment_id, action=action)


def amazons() -> dict[str, Amazon]:
    mine = {one: Amazon(shipment(shipment_id=one)) for one in OTHERS}
    return mine | {"S-NOT-OURS": Amazon(shipment(shipment_id="S-NOT-OURS"), instead=NOT_OURS)}


def test_one_shipment_forbidden() -> None:
    """timelines/one-shipment-forbidden."""
    given = read_case("timelines/one-shipment-forbidden")["steps"][1]["value"]
    action, expires_at_ms = next(iter(given["action"].items())), given["expires_at"]["long"]

    async def scenario() -> None:
        agents = OrderAgents(amazons())
        now_ms = agents.now_ms()
        agents.open()
        asked = {"merchant_id": "M1", "action": action, "expires_at": moved(expires_at_ms, now_ms)}
        codec = agents.topics.codec
        sent = codec.encode(ORDER_COMMANDS.name, given | asked)
        read = read_command(codec.decode(ORDER_COMMANDS.name, sent))
        expiry = asyncio.create_task(agents.expiry.run())
        await agents.accept(read, *(command(one, Confirm(), f"confirm-{one}") for one in OTHERS))
        await asyncio.sleep(30)
        assert agents.results() == {f"confirm-{one}": "DONE" for one in OTHERS}
        assert agents.raised_and_ended() == [("S-NOT-OURS", True)]

        await asyncio.sleep(3500)
        calls = [at for at, step in agents.calls if step.shipment_id == "S-NOT-OURS"]
        assert len(calls) <= 20
        assert "c-1" not in agents.results()

        await asyncio.sleep(100)
        (result,) = [one for one in agents.topics.on(COMMAND_RESULTS) if one["command_id"] == "c-1"]
        assert (result["outcome"], result["code"], result["request_id"]) == ("REFUSED", "Forbidden", "r-9")
        assert agents.raised_and_ended() == [("S-NOT-OURS", True), ("S-NOT-OURS", False)]
        expiry.cancel()

    run_virtual(scenario())


def test_an_operator_frees_a_parked_shipment() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons())
        agents.open()
        await agents.accept(command("S-NOT-OURS", Refresh(), "c-1"))
        await asyncio.sleep(60)
        made = len(agents.calls)
        agents.amazons["S-NOT-OURS"].instead = None
        await asyncio.sleep(60)
        assert len(agents.calls) == made, "it would wait for some minutes"
        retry = internal_command_record("i-1", "M1", RetryParked("SHIPMENT_PARKED", "S-NOT-OURS"), 0, "somebody")
        await agents.topics.send([agents.topics.outbox().record(INTERNAL_COMMANDS, PARTITION, "M1", retry)])
        await asyncio.sleep(10)
        assert agents.results() == {"c-1": "DONE"}
        assert agents.raised_and_ended() == [("S-NOT-OURS", True), ("S-NOT-OURS", False)]

    run_virtual(scenario())


def test_its_alert_stands_at_a_new_owner_without_being_told_again() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons())
        agents.open()
        await agents.accept(command("S-NOT-OURS", Refresh(), "c-1"))
        await asyncio.sleep(60)
        agents.shipments.close()
        agents.amazons["S-NOT-OURS"].instead = None
        agents.open()
        await asyncio.sleep(700)
        assert agents.results() == {"c-1": "DONE"}
        assert agents.raised_and_ended() == [("S-NOT-OURS", True), ("S-NOT-OURS", False)]

    run_virtual(scenario())
