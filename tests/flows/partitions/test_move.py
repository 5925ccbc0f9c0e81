"""`connector partitions move` on a real broker: what was true of inventory and commands before is true across it."""

import pytest

from connector.kafka.homes import home_partition
from tests.kit.flows.commands import done, refused, run
from tests.kit.flows.world import PARTITIONS, NewWorld, Seller
from tests.kit.growth.installation import (
    AFTER,
    ALL,
    LEAVING,
    MORE,
    before_the_move,
    check_after_the_move,
    merchants,
    move,
    planned,
)

pytestmark = pytest.mark.kafka


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


def test_into_partitions_that_were_there_before(new_world: NewWorld) -> None:
    """From 4 to 6 merchants also change between old partitions, where others' rows and unread records are."""
    more = 6
    sellers = merchants(4, leaving=True, more=more) + merchants(3, leaving=False, more=more)
    assert any(home_partition(one.encode(), more) < PARTITIONS for one in sellers[:4])
    world = new_world([Seller(one) for one in sellers])
    worker = world.start_worker()
    for number in (1, 2):
        world.produce([world.update(one, "sku", number, number) for one in sellers])
        world.wait_settled()
    worker.stop()
    world.produce([world.update(one, "sku", number, number) for number in (3, 4) for one in sellers])
    unread = planned(world, more)["unread"]["oms.inventory"]
    assert unread["records"] == 2 * len(sellers)
    assert move(world, more).code == 0
    world.start_worker(CONNECTOR_KAFKA__PARTITIONS=str(more))
    world.wait_settled()
    assert {item["sequence"] for item in world.stock().values()} <= {3, 4}
    assert world.quantities() == {(one, "sku"): 4 for one in sellers}
