"""`connector reconcile stock` on a real broker: planted drifts, and nothing else, while stock moves."""

import pytest

from connector.domain.reconcile.kinds import DriftKind
from tests.kit.flows.commands import done, refused
from tests.kit.flows.reconcile import PLANTED, StockAtWork, lift_limits, mended, plant_stock, told_drifts
from tests.kit.flows.world import NewWorld, Seller

pytestmark = pytest.mark.kafka

STOCK = ("reconcile", "stock", "--merchant", "M1", "--rate", "40")


def test_planted_drifts_are_found_and_mended_and_nothing_else(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", rate=80, extra="orders = false\nreturns = false\n")])
    lift_limits(world, "M1")
    world.start_worker()
    drifting = [f"d{number}" for number in range(PLANTED)]
    calm, moving = [f"c{number}" for number in range(PLANTED // 2)], [f"m{number}" for number in range(8)]
    for number, units in ((1, 3), (2, 5)):
        world.produce([world.update("M1", sku, units, number) for sku in (*drifting, *calm, *moving)])
        world.wait_quantities(dict.fromkeys([("M1", sku) for sku in (*drifting, *calm, *moving)], units), 120)
    world.wait_settled()

    planted = plant_stock(world, "M1", drifting, 5)
    at_work = StockAtWork(world, "M1", moving)
    told = at_work.during(*STOCK, "--repair", "--wait-s", "120", "--json")
    assert told_drifts(told) == {sku: str(kind) for sku, kind in planted.items()}
    assert {one["id"] for one in told.json["not_judged"]} <= set(moving)
    assert told.json["checked"] == len((*drifting, *calm, *moving))
    mendable = {sku for sku, kind in planted.items() if kind is not DriftKind.UNKNOWN_SKU}
    assert (told.code, mended(told)) == (1, mendable), "a SKU that Amazon does not show is for a person"
    for sku in set(planted) - mendable:
        world.tell("POST", "actionable-errors", {"merchant": "M1", "sku": sku, "errors": []})
    world.wait_settled()
    assert {key: units for key, units in world.quantities().items() if key[1] not in moving} == dict.fromkeys(
        [("M1", sku) for sku in (*drifting, *calm)], 5
    )

    assert "EXSB" in refused(world, *STOCK, "--location", "WH1")
    assert "--rate 90" in refused(world, "reconcile", "stock", "--merchant", "M1", "--rate", "90")
    ended = done(world, *STOCK, "--csv")
    assert ended.out.splitlines() == ["merchant,what,location,id,kind,here,there,meaning,remedy,mended"], ended
    assert "not judged" not in ended.err, "nothing is on the move"
