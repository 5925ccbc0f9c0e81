"""Inventory from Kafka to SmartConnect and back, on a real broker."""

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from connector.domain.inventory.updates import InventoryUpdate
from tests.kit.flows.world import NewWorld, Seller, World, home
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

SELLERS = ("M1", "M2", "M3")
RESULTS = "connector.inventory-results"


def bursts(world: World, sellers: Sequence[str], skus: int, values: int, seed: int = 1) -> list[list[InventoryUpdate]]:
    """`values` rounds of one update per SKU, quantities 0 to 50, numbered in the order of their times."""
    chance = random.Random(seed)
    numbers = itertools.count(1)
    return [
        [
            world.update(seller, f"sku-{sku}", chance.randrange(50), next(numbers))
            for sku in range(skus)
            for seller in sellers
        ]
        for _ in range(values)
    ]


def last_quantities(rounds: Sequence[Sequence[InventoryUpdate]]) -> dict[tuple[str, str], int]:
    return {(update.merchant_id, update.sku): update.quantity for one in rounds for update in one}


def settled_updates(results: Sequence[dict[str, Any]]) -> set[str]:
    return {result["update_id"] for result in results} | {
        update_id for result in results for update_id in result["superseded_update_ids"]
    }


def check_sequences(world: World) -> None:
    """G2: from 1, one per distinct value sent, never reused for another quantity."""
    assert world.ask("state")["reused_sequences"] == []
    for key, item in world.stock().items():
        applied = [entry["sequence"] for entry in item["history"]]
        assert sorted(set(applied)) == list(range(1, max(applied) + 1)), (key, applied)
        assert applied == sorted(applied), (key, applied)


def before_the_first_429(world: World, merchant_id: str) -> list[str]:
    calls = world.ask("calls", merchant=merchant_id, operation="inventory")
    first = next(number for number, call in enumerate(calls) if call["throttled"])
    at = calls[first]["at"]
    return [f"{call['at'] - at:+.3f} s: {call['status']}" for call in calls[max(0, first - 9) : first + 2]]


def check_limits(world: World, limit: int = 6) -> None:
    for merchant_id, merchant in world.ask("state")["merchants"].items():
        calls = merchant["calls"].get("inventory", {"throttled": 0})
        assert calls["throttled"] == 0, before_the_first_429(world, merchant_id)
    sent: defaultdict[str, list[int]] = defaultdict(list)
    for call in world.published("connector.api-calls"):
        if call["operation"] == "inventory" and call["sent"]:
            sent[call["merchant_id"]].append(call["started_at"])
    for merchant_id, times in sent.items():
        most = max(sum(1 for other in times if at <= other < at + 1000) for at in times)
        assert most <= limit, (merchant_id, most)


def wait_settled(world: World, rounds: Sequence[Sequence[InventoryUpdate]], timeout_s: float = 120) -> None:
    wanted = last_quantities(rounds)

    def at_amazon() -> bool:
        quantities = world.quantities()
        return all(quantities.get(key) == quantity for key, quantity in wanted.items())

    eventually("every SKU's last quantity is at Amazon", at_amazon, timeout_s)
    everything = {update.update_id for one in rounds for update in one}
    eventually("every update is named in a result", lambda: everything <= settled_updates(world.published(RESULTS)), 30)


def test_every_sku_ends_at_its_last_quantity_within_the_limits(new_world: NewWorld) -> None:
    world = new_world([Seller(seller) for seller in SELLERS])
    world.start_worker()
    rounds = bursts(world, SELLERS, skus=60, values=6)
    for one in rounds:
        world.produce(one)
    wait_settled(world, rounds)
    check_sequences(world)
    check_limits(world)
    for seller in SELLERS:
        times = [call["at"] for call in world.ask("calls", merchant=seller, operation="inventory")]
        values = sum(item["sequence"] for (owner, _), item in world.stock().items() if owner == seller)
        assert len(times) == values < 150, (
            "each value sent costs one call; most of the 360 were overtaken while waiting"
        )
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.99 * 6
    results = world.published(RESULTS)
    assert all(result["outcome"] == "ACCEPTED" for result in results if result["sequence"])


def test_ten_updates_of_a_waiting_sku_cost_one_call(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.produce([world.update("M1", "sku", quantity, quantity) for quantity in range(1, 11)])
    world.start_worker()
    (result,) = eventually("a result", lambda: world.published(RESULTS))
    assert (result["quantity"], result["sequence"], result["superseded_count"]) == (10, 1, 9)
    assert len(result["superseded_update_ids"]) == 9
    assert len(world.ask("calls", operation="inventory")) == 1


def test_the_newest_by_its_own_time_wins_and_older_ones_are_superseded(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker()
    newest, older = world.update("M1", "sku", 5, 20), world.update("M1", "sku", 9, 10)
    world.produce([newest])
    eventually("the newest is settled", lambda: world.published(RESULTS))
    world.produce([older, newest])
    results = eventually("three results", lambda: found if len(found := world.published(RESULTS)) == 3 else None)
    assert [(result["update_id"], result["outcome"]) for result in results] == [
        (newest.update_id, "ACCEPTED"),
        (older.update_id, "SUPERSEDED"),
        (newest.update_id, "ACCEPTED"),
    ]
    assert results[0]["result_id"] == results[2]["result_id"]
    assert len(world.ask("calls", operation="inventory")) == 1


@pytest.mark.parametrize("switch", ["conflict", "ignore", "ignore-echo", "refuse"])
def test_a_higher_number_at_amazon_is_adopted(new_world: NewWorld, switch: str) -> None:
    """A migration, or a second integrator: whatever Amazon answers to our lower number (undocumented)."""
    world = new_world([Seller("M1")], simulator_args=("--switch", f"lower_sequence={switch}"))
    world.post_elsewhere("M1", "sku", 3, 41)
    world.start_worker()
    world.produce([world.update("M1", "sku", 8, 1)])
    (result,) = eventually("a result", lambda: world.published(RESULTS))
    assert (result["outcome"], result["sequence"], result["quantity"]) == ("ACCEPTED", 42, 8)
    assert world.quantities() == {("M1", "sku"): 8}


def test_listing_faults_reach_the_oms_readable(new_world: NewWorld) -> None:
    world = new_world([Seller("M1", batch_size=10)])
    for sku, errors in {"bare": ["MISSING_DIMENSIONS", "MISSING_WEIGHT"], "wrong": ["INVALID_SKU"]}.items():
        world.tell("POST", "actionable-errors", {"merchant": "M1", "sku": sku, "errors": errors})
    world.start_worker()
    world.produce([world.update("M1", sku, 4, number) for number, sku in enumerate(["good", "bare", "wrong"], 1)])
    results = eventually("three results", lambda: found if len(found := world.published(RESULTS)) == 3 else None)
    by_sku = {result["sku"]: result for result in results}
    assert by_sku["good"]["outcome"] == "ACCEPTED"
    assert any("give the listing its package dimensions" in text for text in by_sku["bare"]["actionable_errors"])
    assert "INVALID_SKU" in str(by_sku["wrong"]), by_sku["wrong"]


def test_a_restart_with_an_empty_disk_continues_the_sequence(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    first = world.start_worker()
    world.produce([world.update("M1", "sku", 3, 1)])
    eventually("the first is settled", lambda: world.published(RESULTS))
    assert first.stop() == 0
    world.start_worker(CONNECTOR_DATA_DIR=str(world.directory / "another-disk"))
    world.produce([world.update("M1", "sku", 4, 2)])
    eventually("the second is at Amazon", lambda: world.quantities() == {("M1", "sku"): 4})
    check_sequences(world)


def test_mixed_partitioners_and_two_workers_keep_one_home_per_merchant(new_world: NewWorld) -> None:
    sellers = [f"M{number}" for number in range(1, 7)]
    world = new_world([Seller(seller) for seller in sellers])
    rounds = bursts(world, sellers, skus=15, values=4)
    for number, one in enumerate(rounds):
        world.produce(one, partitioner="consistent_random" if number % 2 else "murmur2_random")
    for _ in range(2):
        world.start_worker()
    wait_settled(world, rounds)
    check_sequences(world)
    check_limits(world)
    for message in world.broker.consume("connector.api-calls"):
        key = message.key()
        assert key is not None
        assert message.partition() == home(key.decode())


def test_bad_records_go_to_dead_letters_and_the_good_ones_on(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    good = [world.update("M1", f"sku-{number}", number, number) for number in range(20)]
    bad: dict[str, tuple[str | None, bytes | None]] = {
        "UNDECODABLE": ("M1", world.encoded(world.update("M1", "sku-1", 9, 99))[:20]),
        "UNKNOWN_SCHEMA": ("M1", b"\x00\x00\x00\x00\x2a anything"),
        "WRONG_KEY": ("M9", world.encoded(world.update("M1", "sku-1", 9, 100))),
        "INVALID": ("M1", world.encoded(world.update("M1", "sku-1", -1, 101))),
        "UNKNOWN_MERCHANT": ("M404", world.encoded(world.update("M404", "sku-1", 1, 102))),
        "UNKNOWN_LOCATION": ("M1", world.encoded(world.update("M1", "sku-1", 1, 103, location="NOWHERE"))),
    }
    for update, record in itertools.zip_longest(good, bad.values()):
        if record is not None:
            world.broker.produce("oms.inventory", [record], partitioner="murmur2_random")
        world.produce([update])
    world.broker.produce("oms.inventory", [(None, b"no key")], partition=0)
    world.start_worker()
    wait_settled(world, [good])
    letters = eventually(
        "all dead letters",
        lambda: found if len(found := world.published("connector.dead-letters")) == len(bad) + 1 else None,
    )
    by_reason = defaultdict(list)
    for letter in letters:
        by_reason[letter["reason"]].append(letter)
    assert set(by_reason) == {*bad}
    assert len(by_reason["WRONG_KEY"]) == 2
    for reason, (_, value) in bad.items():
        assert value in [letter["value"] for letter in by_reason[reason]]
        assert all(letter["topic"] == "oms.inventory" and letter["message"] for letter in by_reason[reason])
    assert "quantity: -1 is below 0" in by_reason["INVALID"][0]["message"]
