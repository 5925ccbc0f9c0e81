"""`connector replay` on a real broker: the same bytes again, and no call to Amazon that was not needed."""

from collections import Counter
from typing import Any

import pytest
from confluent_kafka import Message

from tests.kit.flows.commands import changes, done, refused
from tests.kit.flows.inventory import inventory_calls
from tests.kit.flows.orders import effects, new_shipments, order_world, results, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import unique

pytestmark = pytest.mark.kafka

INVENTORY, COMMANDS = "oms.inventory", "oms.order-commands"
RESULTS = "connector.inventory-results"


@pytest.fixture
def settled_world(new_world: NewWorld) -> World:
    """Three updates of one SKU and one of another, all settled: `sku` at 7, `other` at 9."""
    world = new_world([Seller("M1")])
    world.start_worker()
    for number, quantity in enumerate((5, 6, 7), 1):
        world.produce([world.update("M1", "sku", quantity, number)])
        world.wait_results(number)
    world.produce([world.update("M1", "other", 9, 4)])
    world.wait_results(4)
    return world


def headers(message: Message) -> dict[str, bytes]:
    known: Any = message.headers() or []  # a list of pairs, whatever the package's stubs allow besides
    return dict(known)


def test_a_replayed_day_costs_no_call(settled_world: World) -> None:
    world = settled_world
    calls = inventory_calls(world)
    told = done(world, "replay", INVENTORY, "--from", "2020-01-01", "--dry-run", "--json").json
    assert told["counts"] == {
        "be SUPERSEDED: a newer update is known": 2,
        "be a repeat: nothing is sent, its result is published again": 2,
    }
    assert len(world.broker.consume(INVENTORY)) == 4
    assert changes(world) == [], "a dry run is no change"
    assert done(world, "replay", INVENTORY, "--from", "0", "--by", "ann", "--json").json["replayed"] == 4
    assert changes(world) == [("replay", "", "ann", "DONE")]

    settled = world.wait_results(8)
    assert [result["outcome"] for result in settled[4:]].count("SUPERSEDED") == 2
    assert inventory_calls(world) == calls
    messages = world.broker.consume(INVENTORY)
    first, again = messages[:4], messages[4:]
    assert [m.value() for m in again] == [m.value() for m in first]
    assert [m.key() for m in again] == [m.key() for m in first]
    sources = [headers(m)["connector-replayed-from"].decode() for m in again]
    assert sources == [f"{INVENTORY}/{m.partition()}/{m.offset()}" for m in first]


def test_what_is_chosen_goes_to_another_topic_at_a_rate(settled_world: World) -> None:
    world = settled_world
    copy = unique("copy")
    world.broker.create_topics(copy, partitions=2)
    chosen = ("--sku", "sku", "--merchant", "M1", "--to", "2100-01-01", "--to-topic", copy, "--rate", "5")
    told = done(world, "replay", INVENTORY, "--from", "1", *chosen, "--json").json
    assert told == {"topic": INVENTORY, "to_topic": copy, "replayed": 2, "refused": [], "dry_run": False}

    originals = [m.value() for m in world.broker.consume(INVENTORY)]
    assert [m.value() for m in world.broker.consume(copy)] == originals[1:3]
    events = done(world, "replay", RESULTS, "--from", "0", "--sku", "other", "--to-topic", copy, "--json").json
    assert events["replayed"] == 1


def test_a_replayed_day_of_commands_and_events_runs_nothing_again(new_world: NewWorld) -> None:
    world = order_world(new_world)
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    send(world, sequence("M1", shipment_id, "Confirm", "Pack", "Ship"))
    wait_command_results(world, 3)
    made = effects(world, shipment_id)

    told = done(world, "replay", COMMANDS, "--from", "0", "--shipment", shipment_id, "--dry-run", "--json").json
    assert told["counts"] == {"not be run again: DONE already, its result is published again": 3}
    assert {record["what"].split()[0] for record in told["records"]} == {"Confirm", "Pack", "Ship"}
    done(world, "replay", COMMANDS, "--from", "0", "--merchant", "M1")
    world.wait_events("connector.command-results", 6)

    events = len(world.published("amazon.orders"))
    done(world, "replay", "amazon.orders", "--from", "0", "--shipment", shipment_id)
    again = Counter(event["event_id"] for event in world.published("amazon.orders"))
    assert set(again.values()) <= {1, 2}  # once: what Amazon did meanwhile
    assert list(again.values()).count(2) >= events

    done(world, "replay", "connector.api-calls", "--from", "0", "--merchant", "M1")
    world.produce([world.update("M1", "sku", 3, 1, location="SELLER_FLEX")])  # its call is behind the replayed ones
    world.wait_results(1)
    assert effects(world, shipment_id) == made
    assert len(results(world)) == 3


def test_bad_input_gets_one_line(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    refused(world, "replay", "oms.nothing", "--from", "0")
    refused(world, "replay", INVENTORY, "--from", "someday")
    refused(world, "replay", INVENTORY, "--from", "0", "--partition", "99")
    refused(world, "replay", INVENTORY, "--from", "0", "--to-topic", "oms.nowhere")
