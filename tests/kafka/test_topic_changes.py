"""What others do to the topics while a worker runs: said in one line with the remedy, and the worker ends."""

import pytest

from tests.kit.flows.world import NewWorld, Seller, home
from tests.kit.kafka.broker import eventually
from tests.kit.processes import ends_with

pytestmark = pytest.mark.kafka


def test_partitions_added(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    worker = world.start_worker()
    world.broker.add_partitions("oms.inventory", 6)
    world.broker.produce("oms.inventory", [("M1", world.encoded(world.update("M1", "s1", 5, 1)))], partition=5)
    ends_with(worker, "oms.inventory", "4", "6", "`connector topics check`")


def test_a_topic_deleted(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    worker = world.start_worker()
    world.broker.delete_topics("oms.order-commands")
    ends_with(worker, "oms.order-commands", "missing", "`connector topics create`")


def test_a_changelog_made_anew(new_world: NewWorld) -> None:
    """Its rows are gone: the worker must not go on as if they were there."""
    world = new_world([Seller("M1")])
    worker = world.start_worker()
    world.produce([world.update("M1", f"s{n}", 5, 1) for n in range(5)])
    eventually("all is told", lambda: len(world.stock()) == 5)
    changelog = f"{world.app_id}-ledger-changelog"
    world.broker.delete_topics(changelog)
    world.broker.create_topics(changelog, config={"cleanup.policy": "compact"})
    world.produce([world.update("M1", "s1", 6, 2)])
    ends_with(worker, changelog, str(home("M1")))
