"""`connector partitions move` on a real broker: what was true of inventory and commands before is true across it."""

import pytest

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.topics import ALERTS
from tests.kit.flows.commands import done, refused, run
from tests.kit.flows.growth import AFTER, MORE, merchants, move, planned
from tests.kit.flows.inventory import inventory_calls
from tests.kit.flows.orders import (
    check_shipped_once,
    new_shipments,
    order_seller,
    order_world,
    outcomes,
    send,
    sequence,
    wait_command_results,
)
from tests.kit.flows.world import BASE_MS, NewWorld, World, home
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

LEAVING, STAYING = merchants(3, leaving=True), merchants(1, leaving=False)
ALL = [*LEAVING, *STAYING]
PAUSED = LEAVING[2]
PLACE = "SELF_SHIP"


def words(world: World, number: int, quantity: int) -> list[InventoryUpdate]:
    """One of each merchant."""
    return [world.update(merchant_id, "sku", quantity, number, PLACE) for merchant_id in ALL]


def sequences(world: World) -> dict[str, tuple[int, int]]:
    """By merchant the number and the quantity that Amazon has of its SKU."""
    stock = world.stock()
    return {merchant_id: (item["sequence"], item["posted"]) for (merchant_id, _), item in stock.items()}


def raise_alert(world: World, merchant_id: str) -> None:
    record = {
        "alert_id": f"alert-{merchant_id}",
        "merchant_id": merchant_id,
        "kind": "RETURN_PARKED",
        "severity": "WARNING",
        "subject": "R1",
        "message": "stands",
        "remedy": "look",
        "since": BASE_MS,
        "ended_at": None,
    }
    world.broker.produce(ALERTS.name, [(merchant_id, world.codec.encode(ALERTS.name, record))], home(merchant_id))


def alert_ids(world: World) -> set[str]:
    return {one["alert_id"] for one in done(world, "alerts", "list", "--json", **AFTER).json}


def before_the_move(new_world: NewWorld) -> tuple[World, dict[str, str]]:
    """Each merchant has a SKU that is settled, and a shipment that is confirmed; one is paused. The workers are
    stopped, and the OMS has written on: an update, and Pack. With the shipments by merchant."""
    world = order_world(new_world, *map(order_seller, ALL))
    (worker,) = world.workers
    shipments = {merchant_id: new_shipments(world, merchant_id, PLACE)[0] for merchant_id in ALL}
    world.produce(words(world, 1, 10))
    send(world, [one for merchant_id in ALL for one in sequence(merchant_id, shipments[merchant_id], "Confirm")])
    world.wait_results(len(ALL))
    wait_command_results(world, len(ALL))
    assert set(sequences(world).values()) == {(1, 10)}
    done(world, "merchants", "pause", PAUSED, "--reason", "stock count")
    raise_alert(world, LEAVING[0])
    assert worker.stop() == 0
    world.produce(words(world, 2, 20))
    send(world, [one for merchant_id in ALL for one in sequence(merchant_id, shipments[merchant_id], "Pack")])
    return world, shipments


def check_after_the_move(world: World, shipments: dict[str, str]) -> None:
    """A worker with the new number goes on where the others were stopped."""
    world.start_worker(**AFTER)
    working = [merchant_id for merchant_id in ALL if merchant_id != PAUSED]
    wait_command_results(world, 2 * len(ALL) - 1)
    eventually("the second word is told", lambda: len(world.settled_updates()) == 2 * len(ALL) - 1)
    assert sequences(world) == {**dict.fromkeys(working, (2, 20)), PAUSED: (1, 10)}, "the pause is in force"
    assert f"alert-{LEAVING[0]}" in alert_ids(world)
    done(world, "merchants", "resume", PAUSED, **AFTER)
    wait_command_results(world, 2 * len(ALL))
    world.wait_quantities({(merchant_id, "sku"): 20 for merchant_id in ALL})
    eventually("all is told", lambda: len(world.settled_updates()) == 2 * len(ALL))

    calls = len(inventory_calls(world))
    assert calls == 2 * len(ALL), "each value once"
    world.produce(words(world, 1, 10))  # again
    world.produce(words(world, 2, 20))
    world.produce(words(world, 2, 30))  # said at the same time, and later
    eventually("the last word", lambda: set(sequences(world).values()) == {(3, 30)})
    assert len(inventory_calls(world)) == calls + len(ALL), "a repeat costs no call"

    send(world, [one for merchant_id in ALL for one in sequence(merchant_id, shipments[merchant_id], "Ship")])
    told = wait_command_results(world, 3 * len(ALL))
    assert set(outcomes(told).values()) == {"DONE"}
    check_shipped_once(world, shipments.values())


def test_everything_goes_on_after_a_move(new_world: NewWorld) -> None:
    world, shipments = before_the_move(new_world)
    told = planned(world)
    assert told["unread"]["oms.inventory"]["records"] == len(ALL)
    assert told["rows"]["connector-ledger-changelog"] == {"rows": len(ALL), "moved": len(LEAVING), "elsewhere": 0}
    assert told["in_the_way"] == []
    done(world, "partitions", "move", "--to", str(MORE))
    assert done(world, "topics", "check").code == 0, "without --yes nothing changes"

    moved = move(world)
    assert moved.code == 0, moved
    assert f"CONNECTOR_KAFKA__PARTITIONS={MORE}" in moved.err
    assert done(world, "topics", "check", **AFTER).code == 0
    check_after_the_move(world, shipments)
    told = done(world, "audit", "--json", **AFTER).json
    ended = [one for one in told if one["action"] == "partitions move"]
    assert [(one["by"], one["subject"], one["outcome"]) for one in ended] == [("ann", f"4 to {MORE}", "DONE")]
    assert "nothing is to be moved" in run(world, "partitions", "plan", "--to", str(MORE), **AFTER).out
    assert "--to 3" in refused(world, "partitions", "plan", "--to", "3")
