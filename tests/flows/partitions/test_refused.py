"""What stands in the way of more partitions is said with its remedy, and nothing is changed."""

import threading

import pytest

from connector.kafka.topics import AUDIT, CONTROL, INVENTORY, INVENTORY_RESULTS, TOPICS, Topic
from tests.kit.flows.commands import Ran, done, run
from tests.kit.flows.world import LOCATION, NewWorld, Seller, World, home
from tests.kit.growth.installation import AFTER, merchants, move, planned, start_grown
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

(LEAVING,) = merchants(1, leaving=True)


def unchanged(world: World) -> bool:
    return run(world, "topics", "check").code == 0


def in_the_way(world: World) -> Ran:
    ran = move(world)
    assert ran.code == 1, ran
    return ran


def test_workers_run_and_records_lie_elsewhere(new_world: NewWorld) -> None:
    world = new_world([Seller(LEAVING)])
    worker = world.start_worker()
    assert "stop them all" in in_the_way(world).err
    worker.stop()
    planned(world)
    update = world.update(LEAVING, "sku", 5, 1)
    elsewhere = next(number for number in range(4) if number != home(LEAVING))
    world.broker.produce(INVENTORY.name, [(LEAVING, world.encoded(update))], elsewhere)
    assert "let the workers run until they have read them" in in_the_way(world).err
    assert unchanged(world)


def test_an_oms_that_goes_on_writing(new_world: NewWorld) -> None:
    world = new_world([Seller(LEAVING)])
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.wait(0.05):
            number += 1
            world.produce([world.update(LEAVING, "sku", number, number)])

    writing = threading.Thread(target=write)
    writing.start()
    try:
        assert "oms.inventory: records are being written; stop the OMS" in in_the_way(world).err
    finally:
        ended.set()
        writing.join()
    assert unchanged(world)


def test_what_happened_before_is_still_found(new_world: NewWorld) -> None:
    """History, audit and sequence numbers of a merchant whose home is another now."""
    world = new_world([Seller(LEAVING)])
    worker = world.start_worker()
    world.produce([world.update(LEAVING, "sku", 5, 1)])
    world.wait_results(1)
    done(world, "merchants", "pause", LEAVING, "--reason", "stock count")
    done(world, "merchants", "resume", LEAVING)
    worker.stop()
    planned(world)
    assert move(world).code == 0
    entries = done(world, "history", "sku", "sku", "--merchant", LEAVING, "--json", **AFTER).json
    assert "result" in str(entries)
    told = done(world, "audit", "--merchant", LEAVING, "--json", **AFTER).json
    assert {one["action"] for one in told} >= {"merchants pause", "merchants resume"}
    assert f"{LEAVING},{LOCATION},sku,1" in done(world, "ledger", "export", **AFTER).out
    start_grown(world)
    world.produce([world.update(LEAVING, "sku", 6, 2)])
    eventually("the second result", lambda: len(world.published(INVENTORY_RESULTS.name)) == 2)
    assert world.stock()[LEAVING, "sku"]["sequence"] == 2


@pytest.mark.parametrize("missing", [(CONTROL,), (AUDIT,), TOPICS])
def test_topics_that_are_missing_are_no_move(new_world: NewWorld, missing: tuple[Topic, ...]) -> None:
    world = new_world([Seller(LEAVING)])
    world.broker.delete_topics(*(topic.name for topic in missing))
    ran = eventually("it is told", lambda: ran if (ran := run(world, "merchants", "pause", LEAVING)).code else None)
    assert "connector topics create" in ran.err
