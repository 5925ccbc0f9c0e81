"""Returns from Amazon to Kafka: polled only, for Amazon notifies of none."""

from typing import Any

import pytest

from tests.kit.flows.marketplace import ORDERS, create, dead_letters, once, received, seller, start
from tests.kit.flows.world import NewWorld, World
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

RETURNS = "amazon.returns"


def returned(world: World, shipment_id: str, sku: str, **facts: Any) -> str:
    """The id of a new return."""
    return str(world.tell("POST", "returns", {"shipment_id": shipment_id, "sku": sku, **facts})["id"])


def told(world: World, return_id: str) -> list[tuple[str, str, str]]:
    """(type, status, status before) of a return's events, in order."""
    events = [event for event in once(world.published(RETURNS)) if event["return_id"] == return_id]
    return [(event["type"], event["status"], event["previous_status"]) for event in events]


def advance(world: World, return_id: str, status: str) -> None:
    """And wait until that is on Kafka: of two changes between two polls only the last is seen."""
    world.tell("POST", f"returns/{return_id}/advance", {"status": status})
    eventually(f"{return_id} is {status}", lambda: status in [event[1] for event in told(world, return_id)])


def test_the_life_of_two_returns_of_one_rma(new_world: NewWorld) -> None:
    """One arrives at the merchant's own location, one at another that only the return itself names."""
    world = new_world([seller("M1")])
    start(world)
    (shipment_id,) = create(world, "M1", lines={"red": 2, "blue": 1})
    eventually("the order", lambda: received(world)[shipment_id])
    red = returned(world, shipment_id, "red", rma_id="RMA1", reason="Defective", quantity=1)
    blue = returned(world, shipment_id, "blue", rma_id="RMA1", reason="Etwas anderes", return_location_id="FAR-AWAY")
    created = eventually("two", lambda: found if len(found := world.published(RETURNS)) == 2 else None)
    facts = {event["return_id"]: event for event in created}
    assert {event["rma_id"] for event in created} == {"RMA1"}
    assert {event["shipment_id"] for event in created} == {shipment_id}
    assert [(facts[each]["sku"], facts[each]["quantity"]) for each in (red, blue)] == [("red", 1), ("blue", 1)]
    assert (facts[blue]["reason"], facts[blue]["reason_code"]) == ("Etwas anderes", "OTHER")
    assert facts[red]["reason_code"] == "DEFECTIVE"
    for status in ("PICKED_FROM_CUSTOMER", "IN_TRANSIT", "DELIVERED", "PROCESSED"):
        advance(world, red, status)
    for status in ("IN_TRANSIT", "REJECTED"):
        advance(world, blue, status)
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
    calls = world.ask("calls", merchant="M1", operation="returns")
    assert {call["status"] for call in calls} == {200}, "the filters that Amazon takes"
    assert not world.published("connector.dead-letters")


def test_a_return_is_linked_to_the_shipment_sent_in_its_place(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    start(world)
    (shipment_id,) = create(world, "M1")
    world.tell("POST", f"shipments/{shipment_id}/console", {"status": "DELIVERED"})
    replacement = world.tell("POST", f"shipments/{shipment_id}/replace", {})["id"]
    eventually("the replacement is an order", lambda: received(world)[replacement])
    (order,) = [event for event in world.published(ORDERS) if event["shipment_id"] == replacement]
    assert (order["shipment_type"], order["original_shipment_id"]) == ("REPLACEMENT", shipment_id)
    return_id = returned(world, shipment_id, "sku", sub_type="REPLACEMENT")
    (event,) = eventually("the return", lambda: world.published(RETURNS))
    assert (event["return_id"], event["replacement_shipment_id"]) == (return_id, replacement)
    assert (event["return_sub_type"], event["shipment_id"]) == ("REPLACEMENT", shipment_id)


def test_a_restart_tells_no_return_again_and_misses_none(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    worker = start(world)
    (shipment_id,) = create(world, "M1")
    first = returned(world, shipment_id, "sku")
    eventually("the first", lambda: told(world, first))
    worker.kill()
    world.tell("POST", f"returns/{first}/advance", {"status": "DELIVERED"})
    start(world, CONNECTOR_POLLING__OVERLAP_S="0")  # so that the list of those created does not show it again
    eventually("what became of the first", lambda: len(told(world, first)) == 2)
    second = returned(world, shipment_id, "sku")
    eventually("the second", lambda: told(world, second))
    assert len(once(world.published(RETURNS))) == len(world.published(RETURNS)) == 3


def test_a_refused_list_of_returns_is_asked_again(new_world: NewWorld) -> None:
    """A token of a page that expired: the window starts anew, and says nothing twice."""
    world = new_world([seller("M1")])
    (shipment_id,) = create(world, "M1")
    ids = [returned(world, shipment_id, "sku", quantity=1) for _ in range(120)]
    world.fault("400,op=returns,match=nextToken,count=2")
    start(world)
    eventually("all", lambda: set(ids) == {event["return_id"] for event in world.published(RETURNS)})
    assert len(once(world.published(RETURNS))) == len(ids)
    refused = [call for call in world.ask("calls", operation="returns") if call["status"] == 400]
    assert len(refused) == 2
    assert not dead_letters(world)
