"""`connector partitions move` on a real broker: what was true of inventory and commands before is true across it."""

import pytest

from tests.kit.flows.commands import done, refused, run
from tests.kit.flows.world import NewWorld
from tests.kit.growth.installation import (
    AFTER,
    ALL,
    LEAVING,
    MORE,
    before_the_move,
    check_after_the_move,
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
