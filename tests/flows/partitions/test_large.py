"""`connector partitions move` of an installation of some size: 100,000 SKUs, open shipments, a hundred merchants."""

import pytest

from connector.domain.inventory.updates import InventoryUpdate
from tests.kit.flows.inventory import inventory_calls
from tests.kit.flows.orders import (
    FAST,
    FAST_SIMULATOR,
    check_shipped_once,
    locations,
    new_shipments,
    outcomes,
    send,
    sequence,
    wait_command_results,
)
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.growth.installation import PLACE, merchants, move, planned, start_grown

pytestmark = [pytest.mark.kafka, pytest.mark.campaign, pytest.mark.timeout(3600)]

SELLERS = merchants(80, leaving=True) + merchants(20, leaving=False)
SKUS = 1_000  # of each
WAIT_S = 900


def counts(world: World, number: int, every: int = 1) -> list[InventoryUpdate]:
    return [
        world.update(seller, f"sku-{sku}", sku + number, number, PLACE)
        for sku in range(0, SKUS, every)
        for seller in SELLERS
    ]


def wait_told(world: World, results: int) -> None:
    """Just so many: no value is told twice."""
    world.wait_results(results, WAIT_S)
    assert len(world.settled_updates()) == results


def test_a_hundred_thousand_skus_and_open_shipments(new_world: NewWorld) -> None:
    sellers = [Seller(one, batch_size=10, rate=100, limits=FAST, locations=locations()) for one in SELLERS]
    world = new_world(sellers, simulator_args=(*FAST_SIMULATOR, "--limit", "inventory=1000"))
    worker = world.start_worker()
    shipments = {seller: new_shipments(world, seller, PLACE)[0] for seller in SELLERS}
    send(world, [one for seller, shipment in shipments.items() for one in sequence(seller, shipment, "Confirm")])
    world.produce(counts(world, 1))
    wait_told(world, len(SELLERS) * SKUS)
    wait_command_results(world, len(SELLERS), WAIT_S)
    assert worker.stop() == 0
    world.produce(counts(world, 2, every=10))
    send(world, [one for seller, shipment in shipments.items() for one in sequence(seller, shipment, "Pack", "Ship")])

    planned(world)
    assert move(world).code == 0
    before = len(inventory_calls(world))
    start_grown(world)
    wait_told(world, len(SELLERS) * SKUS * 11 // 10)
    told = wait_command_results(world, 3 * len(SELLERS), WAIT_S)
    assert set(outcomes(told).values()) == {"DONE"}
    check_shipped_once(world, shipments.values())
    assert len(inventory_calls(world)) - before <= len(SELLERS) * SKUS // 10, "what was settled is not sent again"
    newest = {(seller, f"sku-{sku}"): 1 if sku % 10 else 2 for sku in range(SKUS) for seller in SELLERS}
    assert {key: item["sequence"] for key, item in world.stock().items()} == newest

    world.produce(counts(world, 3))
    wait_told(world, len(SELLERS) * SKUS * 21 // 10)
    stock = world.stock()
    assert {key: item["sequence"] for key, item in stock.items()} == {key: last + 1 for key, last in newest.items()}
    assert all(item["posted"] == int(sku.removeprefix("sku-")) + 3 for (_, sku), item in stock.items())
