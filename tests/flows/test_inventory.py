"""Inventory from Kafka to SmartConnect and back, on a real broker."""

from collections import defaultdict
from itertools import zip_longest

import pytest

from tests.kit.flows.inventory import (
    LIMIT,
    SELLERS,
    bursts,
    check_limits,
    check_sequences,
    inventory_calls,
    post_elsewhere,
    rate_of,
    values_sent,
)
from tests.kit.flows.world import NewWorld, Seller, home

pytestmark = pytest.mark.kafka


def test_every_sku_ends_at_its_last_quantity_within_the_limits(new_world: NewWorld) -> None:
    world = new_world([Seller(seller) for seller in SELLERS])
    world.start_worker()
    for updates in bursts(world, SELLERS, skus=60, values=6):
        world.produce(updates)
    world.wait_settled()

    check_sequences(world)
    check_limits(world)
    for seller in SELLERS:
        calls = inventory_calls(world, seller)
        assert len(calls) == values_sent(world, seller), "each value sent costs one call"
        assert len(calls) < 150, "most of the 360 were overtaken while waiting"
        assert rate_of(calls) >= 0.95 * LIMIT, "bench.lanes measures how much of the limit is used"
    results = world.published("connector.inventory-results")
    assert {result["outcome"] for result in results if result["sequence"]} == {"ACCEPTED"}


def test_ten_updates_of_a_waiting_sku_cost_one_call(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.produce([world.update("M1", "sku", quantity, quantity) for quantity in range(1, 11)])
    world.start_worker()

    (result,) = world.wait_results(1)
    assert (result["quantity"], result["sequence"], result["superseded_count"]) == (10, 1, 9)
    assert len(result["superseded_update_ids"]) == 9
    assert len(inventory_calls(world)) == 1


def test_the_newest_by_its_own_time_wins_and_older_ones_are_superseded(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker()
    newest, older = world.update("M1", "sku", 5, 20), world.update("M1", "sku", 9, 10)
    world.produce([newest])
    world.wait_results(1)
    world.produce([older, newest])

    results = world.wait_results(3)
    assert [(result["update_id"], result["outcome"]) for result in results] == [
        (newest.update_id, "ACCEPTED"),
        (older.update_id, "SUPERSEDED"),
        (newest.update_id, "ACCEPTED"),
    ]
    assert results[0]["result_id"] == results[2]["result_id"]
    assert len(inventory_calls(world)) == 1


@pytest.mark.parametrize("switch", ["conflict", "ignore", "ignore-echo", "refuse"])
def test_a_higher_number_at_amazon_is_adopted(new_world: NewWorld, switch: str) -> None:
    """A migration, or a second integrator: whatever Amazon answers to our lower number (undocumented)."""
    world = new_world([Seller("M1")], simulator_args=("--switch", f"lower_sequence={switch}"))
    post_elsewhere(world, "M1", "sku", quantity=3, sequence=41)
    world.start_worker()
    world.produce([world.update("M1", "sku", 8, 1)])

    (result,) = world.wait_results(1)
    assert (result["outcome"], result["sequence"], result["quantity"]) == ("ACCEPTED", 42, 8)
    assert world.quantities() == {("M1", "sku"): 8}


def test_listing_faults_reach_the_oms_readable(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", batch_size=10)])
    for sku, errors in {"bare": ["MISSING_DIMENSIONS", "MISSING_WEIGHT"], "wrong": ["INVALID_SKU"]}.items():
        world.tell("POST", "actionable-errors", {"merchant": "M1", "sku": sku, "errors": errors})
    world.start_worker()
    world.produce([world.update("M1", sku, 4, number) for number, sku in enumerate(["good", "bare", "wrong"], 1)])

    results = {result["sku"]: result for result in world.wait_results(3)}
    assert results["good"]["outcome"] == "ACCEPTED"
    assert any("give the listing its package dimensions" in text for text in results["bare"]["actionable_errors"])
    assert "INVALID_SKU" in str(results["wrong"]), results["wrong"]


def test_a_restart_with_an_empty_disk_continues_the_sequence(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    first = world.start_worker()
    world.produce([world.update("M1", "sku", 3, 1)])
    world.wait_results(1)
    assert first.stop() == 0

    world.start_worker(CONNECTOR_DATA_DIR=str(world.directory / "another-disk"))
    world.produce([world.update("M1", "sku", 4, 2)])
    world.wait_quantities({("M1", "sku"): 4})
    check_sequences(world)


def test_mixed_partitioners_and_two_workers_keep_one_home_per_merchant(new_world: NewWorld) -> None:
    sellers = [f"M{number}" for number in range(1, 7)]
    world = new_world([Seller(seller) for seller in sellers])
    for number, updates in enumerate(bursts(world, sellers, skus=15, values=4)):
        world.produce(updates, partitioner="consistent_random" if number % 2 else "murmur2_random")
    for _ in range(2):
        world.start_worker()
    world.wait_settled()

    check_sequences(world)
    check_limits(world)
    for message in world.broker.consume("connector.api-calls"):
        key = message.key()
        assert key is not None
        assert message.partition() == home(key.decode())


def test_bad_records_go_to_dead_letters_and_the_good_ones_on(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    bad: dict[str, tuple[str | None, bytes | None]] = {
        "UNDECODABLE": ("M1", world.encoded(world.update("M1", "sku-1", 9, 99))[:20]),
        "UNKNOWN_SCHEMA": ("M1", b"\x00\x00\x00\x00\x2a anything"),
        "WRONG_KEY": ("M9", world.encoded(world.update("M1", "sku-1", 9, 100))),
        "INVALID": ("M1", world.encoded(world.update("M1", "sku-1", -1, 101))),
        "UNKNOWN_MERCHANT": ("M404", world.encoded(world.update("M404", "sku-1", 1, 102))),
        "UNKNOWN_LOCATION": ("M1", world.encoded(world.update("M1", "sku-1", 1, 103, location="NOWHERE"))),
    }
    good = [world.update("M1", f"sku-{number}", number, number) for number in range(20)]
    for update, record in zip_longest(good, bad.values()):
        if record is not None:
            world.broker.produce("oms.inventory", [record], partitioner="murmur2_random")
        world.produce([update])
    world.broker.produce("oms.inventory", [(None, b"no key")], partition=0)
    world.start_worker()
    world.wait_settled()

    by_reason = defaultdict(list)
    for letter in world.wait_dead_letters(len(bad) + 1):
        by_reason[letter["reason"]].append(letter)
    assert set(by_reason) == {*bad}
    assert len(by_reason["WRONG_KEY"]) == 2
    for reason, (_, value) in bad.items():
        assert value in [letter["value"] for letter in by_reason[reason]]
        assert all(letter["topic"] == "oms.inventory" and letter["message"] for letter in by_reason[reason])
    assert "quantity: -1 is below 0" in by_reason["INVALID"][0]["message"]
