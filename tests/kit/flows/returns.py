"""Returns in a World: customers send back, and what is told of it."""

from typing import Any

from connector.kafka.topics import RETURNS
from tests.kit.flows.world import World, once
from tests.kit.kafka.broker import eventually

Told = tuple[str, str, str]
"""(type, status, status before) of an event."""


def create_return(world: World, shipment_id: str, sku: str = "sku", **facts: Any) -> str:
    """Its id."""
    return str(world.tell("POST", "returns", {"shipment_id": shipment_id, "sku": sku, **facts})["id"])


def told(world: World, return_id: str) -> list[Told]:
    """Each event of the return, once, in order."""
    events = [event for event in once(world.published(RETURNS.name)) if event["return_id"] == return_id]
    return [(event["type"], event["status"], event["previous_status"]) for event in events]


def wait_told(world: World, return_id: str, count: int) -> list[Told]:
    """Until there are `count` events of the return; one more is a fault."""

    def enough() -> list[Told] | None:
        return found if len(found := told(world, return_id)) >= count else None

    events = eventually(f"{count} events of {return_id}", enough)
    assert len(events) == count, events
    return events


def advance(world: World, return_id: str, *statuses: str) -> None:
    """One after the other, each when the one before is on Kafka: of two changes between two polls one is seen."""
    for status in statuses:
        before = len(told(world, return_id))
        world.tell("POST", f"returns/{return_id}/advance", {"status": status})
        assert wait_told(world, return_id, before + 1)[-1][1] == status
