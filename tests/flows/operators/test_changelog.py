"""A row that can't be read stops every start, is named, and can be looked at and deleted."""

import pytest

from connector.kafka.topics import changelog_topic
from connector.tables.ledger import LEDGER
from tests.kit.flows.commands import changes, done, exported, refused, run
from tests.kit.flows.world import LOCATION, NewWorld, Seller, home
from tests.kit.kafka.broker import eventually
from tests.kit.processes import ends_with

pytestmark = pytest.mark.kafka

TOPIC = changelog_topic("connector", LEDGER.name)
LOST, KEPT = f"M1|{LOCATION}|lost", f"M1|{LOCATION}|kept"


def test_a_row_that_can_t_be_read_is_named_shown_and_mended(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    worker = world.start_worker()
    world.produce([world.update("M1", "kept", 5, 1), world.update("M1", "lost", 6, 2)])
    world.wait_results(2)
    world.broker.produce(TOPIC, [(LOST, '{"sequence":"secret words"}')], home("M1"))
    told = eventually("the row is shown", lambda: done(world, "changelog", "show", "ledger", "--json").json)
    ((at, offset, key),) = [(row["partition"], row["offset"], row["key"]) for row in told]
    assert (at, key) == (home("M1"), LOST)
    assert "stop them all" in refused(world, "changelog", "mend", "ledger", LOST)
    worker.kill()

    ends_with(
        world.start_worker(ready=False), f"{TOPIC}/{at}, offset {offset}, key {LOST}", "connector changelog show ledger"
    )
    assert "secret words" not in world.workers[-1].log.read_text()
    assert "secret words" in done(world, "changelog", "show", "ledger", "--key", LOST).out
    assert f"offset {offset}" not in run(world, "ledger", "export").out
    assert "this row can be read" in refused(world, "changelog", "mend", "ledger", KEPT)
    assert "there is no row" in refused(world, "changelog", "mend", "ledger", "M1|nothing")
    assert "there is no table" in refused(world, "changelog", "show", "ledgers")
    assert "say which" in refused(world, "changelog", "mend", "ledger")

    def mended() -> bool:
        """Kafka counts a killed worker as a member for some seconds more."""
        return run(world, "changelog", "mend", "ledger", "--all", "--by", "ann").code == 0

    assert done(world, "changelog", "mend", "ledger", "--all", "--dry-run", "--json").json["deleted"] == 0
    eventually("the group is empty, and the row deleted", mended, 60)
    assert done(world, "changelog", "show", "ledger", "--json").json == []
    assert exported(world) == {"kept": 1}
    assert changes(world) == [("changelog mend", "", "ann", "DONE")], "what was refused changed nothing"
    world.start_worker()
    world.produce([world.update("M1", "lost", 7, 3)])
    world.wait_quantities({("M1", "kept"): 5, ("M1", "lost"): 7})
