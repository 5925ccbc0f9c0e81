"""An installation that gets more partitions, in a World: merchants whose home changes, and what must hold across it."""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.homes import home_partition
from connector.kafka.topics import ALERTS, INVENTORY_RESULTS
from tests.kit.flows.commands import Ran, done, run
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
from tests.kit.flows.world import BASE_MS, PARTITIONS, NewWorld, World, home
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

MORE = 2 * PARTITIONS
AFTER = {"CONNECTOR_KAFKA__PARTITIONS": str(MORE)}
"""The settings when a move has ended."""


def merchants(count: int, *, leaving: bool, more: int = MORE) -> list[str]:
    """Ids of those whose home is another with so many partitions, or the same."""
    return list(itertools.islice(_named(leaving, more), count))


def _named(leaving: bool, more: int) -> Iterator[str]:
    for number in itertools.count(1):
        key = b"G%d" % number
        if (home_partition(key, PARTITIONS) != home_partition(key, more)) == leaving:
            yield key.decode()


def move(world: World, more: int = MORE) -> Ran:
    """As operators give it."""
    return run(world, "partitions", "move", "--to", str(more), "--yes", "--by", "ann", "--reason", "growth")


def begin_move(world: World, name: str) -> Process:
    """`move` that can be killed."""
    return Process(["partitions", "move", "--to", str(MORE), "--yes"], world.env, world.directory / f"{name}.log")


def planned(world: World, more: int = MORE) -> Any:
    """What a move would do, when nothing stands in its way any more: Kafka counts a stopped worker as a member for a
    while, and for a minute more where it was about to join anew."""
    told = list[Ran]()

    def plan() -> bool:
        told.append(run(world, "partitions", "plan", "--to", str(more), "--json"))
        return told[-1].code == 0

    try:
        eventually("nothing is in the way", plan, 120)
    except AssertionError:
        raise AssertionError(told[-1].json["in_the_way"]) from None
    return told[-1].json


def grown(world: World) -> bool:
    """A move has ended."""
    return run(world, "topics", "check", **AFTER).code == 0


def start_grown(world: World) -> Process:
    return world.start_worker(ready=True, **AFTER)


LEAVING, STAYING = merchants(3, leaving=True), merchants(1, leaving=False)
ALL = [*LEAVING, *STAYING]
PAUSED = LEAVING[2]
PLACE = "SELF_SHIP"


def words(world: World, number: int, quantity: int, *, at: int) -> list[InventoryUpdate]:
    """One of each merchant. `at`: milliseconds, of all times here."""
    updates = [world.update(merchant_id, "sku", quantity, number, PLACE) for merchant_id in ALL]
    return [msgspec.structs.replace(update, occurred_at_ms=BASE_MS + at) for update in updates]


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
    world.produce(words(world, 1, 10, at=1))
    send(world, [one for merchant_id in ALL for one in sequence(merchant_id, shipments[merchant_id], "Confirm")])
    world.wait_results(len(ALL))
    wait_command_results(world, len(ALL))
    assert set(sequences(world).values()) == {(1, 10)}
    done(world, "merchants", "pause", PAUSED, "--reason", "stock count")
    raise_alert(world, LEAVING[0])
    assert worker.stop() == 0
    world.produce(words(world, 2, 20, at=1))  # of the same time: the later record counts, wherever it lies by then
    send(world, [one for merchant_id in ALL for one in sequence(merchant_id, shipments[merchant_id], "Pack")])
    return world, shipments


def check_after_the_move(world: World, shipments: dict[str, str]) -> None:
    """A worker with the new number goes on where the others were stopped."""
    start_grown(world)
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
    world.produce(words(world, 3, 30, at=3))
    eventually("the third word", lambda: set(sequences(world).values()) == {(3, 30)})
    world.produce([*words(world, 1, 10, at=1), *words(world, 2, 20, at=1), *words(world, 3, 30, at=3)])  # again
    world.produce(words(world, 4, 40, at=3))
    eventually("the last word", lambda: set(sequences(world).values()) == {(4, 40)})
    assert len(inventory_calls(world)) == calls + 2 * len(ALL), "a repeat costs no call"
    overtaken = [one for one in world.published(INVENTORY_RESULTS.name) if one["outcome"] == "SUPERSEDED"]
    assert {one["update_id"] for one in overtaken} == {f"u-{one}-sku-{number}" for one in ALL for number in (1, 2)}

    send(world, [one for merchant_id in ALL for one in sequence(merchant_id, shipments[merchant_id], "Ship")])
    told = wait_command_results(world, 3 * len(ALL))
    assert set(outcomes(told).values()) == {"DONE"}
    check_shipped_once(world, shipments.values())
