"""Returns from Amazon to Kafka: polled only, for Amazon notifies of none."""

import pytest

from tests.kit.flows.commands import done, run
from tests.kit.flows.marketplace import console, create, replace, seller, start, wait_received
from tests.kit.flows.orders import Command, send, wait_command_results
from tests.kit.flows.returns import advance, create_return, told, wait_told
from tests.kit.flows.world import NewWorld
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_the_life_of_two_returns_of_one_rma(new_world: NewWorld) -> None:
    """One arrives at the merchant's own location, one at another that only the return itself names."""
    world = new_world([seller("M1")])
    start(world)
    (shipment_id,) = create(world, "M1", lines={"red": 2, "blue": 1})
    wait_received(world, shipment_id)
    red = create_return(world, shipment_id, "red", rma_id="RMA1", reason="Defective", quantity=1)
    blue = create_return(
        world, shipment_id, "blue", rma_id="RMA1", reason="Etwas anderes", return_location_id="FAR-AWAY"
    )

    facts = {event["return_id"]: event for event in world.wait_events("amazon.returns", 2)}
    assert {event["rma_id"] for event in facts.values()} == {"RMA1"}
    assert {event["shipment_id"] for event in facts.values()} == {shipment_id}
    assert [(facts[each]["sku"], facts[each]["quantity"]) for each in (red, blue)] == [("red", 1), ("blue", 1)]
    assert (facts[blue]["reason"], facts[blue]["reason_code"]) == ("Etwas anderes", "OTHER")
    assert facts[red]["reason_code"] == "DEFECTIVE"

    advance(world, red, "PICKED_FROM_CUSTOMER", "IN_TRANSIT", "DELIVERED", "PROCESSED")
    advance(world, blue, "IN_TRANSIT", "REJECTED")
    assert told(world, red) == [
        ("RETURN_CREATED", "CREATED", ""),
        ("RETURN_UPDATED", "PICKED_FROM_CUSTOMER", "CREATED"),
        ("RETURN_UPDATED", "IN_TRANSIT", "PICKED_FROM_CUSTOMER"),
        ("RETURN_DELIVERED", "DELIVERED", "IN_TRANSIT"),
        ("RETURN_PROCESSED", "PROCESSED", "DELIVERED"),
    ]
    assert told(world, blue) == [
        ("RETURN_CREATED", "CREATED", ""),
        ("RETURN_UPDATED", "IN_TRANSIT", "CREATED"),
        ("RETURN_REJECTED", "REJECTED", "IN_TRANSIT"),
    ]
    calls = world.calls(merchant="M1", operation="returns")
    assert {call["status"] for call in calls} == {200}, "the filters that Amazon takes"
    assert not world.published("connector.dead-letters")


def test_a_return_is_linked_to_the_shipment_sent_in_its_place(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    start(world)
    (shipment_id,) = create(world, "M1")
    console(world, shipment_id, "DELIVERED")
    replacement = replace(world, shipment_id)
    wait_received(world, shipment_id, replacement)
    return_id = create_return(world, shipment_id, sub_type="REPLACEMENT")

    (order,) = [event for event in world.published("amazon.orders") if event["shipment_id"] == replacement]
    assert (order["shipment_type"], order["original_shipment_id"]) == ("REPLACEMENT", shipment_id)
    (event,) = world.wait_events("amazon.returns", 1)
    assert (event["return_id"], event["replacement_shipment_id"]) == (return_id, replacement)
    assert (event["return_sub_type"], event["shipment_id"]) == ("REPLACEMENT", shipment_id)


def test_a_restart_tells_no_return_again_and_misses_none(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    worker = start(world)
    (shipment_id,) = create(world, "M1")
    first = create_return(world, shipment_id)
    wait_told(world, first, 1)
    worker.kill()
    world.tell("POST", f"returns/{first}/advance", {"status": "DELIVERED"})
    start(world, CONNECTOR_POLLING__OVERLAP_S="0")  # so that the list of those created does not show it again

    wait_told(world, first, 2)
    second = create_return(world, shipment_id)
    wait_told(world, second, 1)
    world.wait_events("amazon.returns", 3)


def test_a_refused_list_of_returns_is_asked_again(new_world: NewWorld) -> None:
    """A token of a page that expired: the window starts anew, and says nothing twice."""
    world = new_world([seller("M1")])
    (shipment_id,) = create(world, "M1")
    return_ids = {create_return(world, shipment_id, quantity=1) for _ in range(120)}
    world.fault("400,op=returns,match=nextToken,count=2")
    start(world)

    def all_told() -> bool:
        return {event["return_id"] for event in world.published("amazon.returns")} == return_ids

    eventually("all", all_told)
    assert len({event["event_id"] for event in world.published("amazon.returns")}) == len(return_ids)
    assert [call["status"] for call in world.calls(operation="returns")].count(400) == 2
    assert not world.published("connector.dead-letters")


def test_the_oms_has_one_return_read_again_and_the_dock_finds_it(new_world: NewWorld) -> None:
    """No list tells of the change for an hour."""
    world = new_world([seller("M1")])
    worker = start(world, CONNECTOR_POLLING__SLOW_INTERVAL_S="3600", CONNECTOR_POLLING__OVERLAP_S="0")
    (shipment_id,) = create(world, "M1")
    return_id = create_return(world, shipment_id, rma_id="RMA1", quantity=2, otp="4711")
    wait_told(world, return_id, 1)
    world.tell("POST", f"returns/{return_id}/advance", {"status": "DELIVERED"})
    read = [Command("C1", "M1", "", "Refresh", {"return_id": return_id})]
    strange = [Command("C2", "M1", "", "Refresh", {"return_id": "RET-X"})]
    send(world, [*read, *strange])

    results = wait_command_results(world, 2)
    assert (results["C1"]["outcome"], results["C1"]["action"]) == ("DONE", "Refresh")
    assert f"return {return_id} is DELIVERED" in results["C1"]["message"]
    assert (results["C2"]["outcome"], results["C2"]["code"]) == ("REFUSED", "NOT_FOUND")
    assert told(world, return_id)[1:] == [("RETURN_DELIVERED", "DELIVERED", "CREATED")]
    assert not world.published("connector.dead-letters")

    (event, _) = world.published("amazon.returns")
    awb = event["tracking"]["tracking_id"]
    worker.kill()
    for scanned, by in (
        (awb.lower(), "tracking_id"),
        ("RMA1", "rma_id"),
        (f" {return_id} ", "return_id"),
        (shipment_id, "shipment_id"),
    ):
        (found,) = done(world, "returns", "find", scanned, "--json").json["returns"]
        assert (found["found_by"], found["return_id"], found["status"]) == (by, return_id, "DELIVERED")
        assert (found["shipment_id"], found["sku"], found["quantity"]) == (shipment_id, "sku", 2)
    shown = done(world, "returns", "find", awb, "--merchant", "M1").out
    assert f"return {return_id} of RMA RMA1: DELIVERED since " in shown
    assert "OTP 4711, valid until " in shown
    missing = run(world, "returns", "find", "AWB-X", "--json")
    assert (missing.code, missing.json["returns"]) == (1, [])
    assert "no return with the id AWB-X" in missing.err
    assert run(world, "returns", "find", awb, "--merchant", "M9").code == 1
