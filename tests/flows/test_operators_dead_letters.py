"""`connector dead-letters` on a real broker: what was fixed at its cause ends as if it had been good at once."""

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from tests.kit.flows.commands import done, run
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

RESULTS = "connector.inventory-results"


def world_with_letters(new_world: NewWorld) -> World:
    """Two updates of a merchant that the merchants file does not know yet, and one that can't be read."""
    world = new_world([Seller("M1"), Seller("M2")])
    (world.directory / "merchants.toml").write_text(Seller("M1").toml())
    world.start_worker()
    world.produce([world.update("M2", "sku-a", 3, 1), world.update("M2", "sku-b", 4, 2)])
    world.broker.produce("oms.inventory", [("M1", b"nonsense")], partitioner="murmur2_random")
    eventually("three dead letters", lambda: len(world.published("connector.dead-letters")) == 3)
    return world


def listed(world: World, *options: str) -> list[str]:
    return [letter["id"] for letter in done(world, "dead-letters", "list", "--json", *options).json]


def test_a_letter_retried_after_a_fix_ends_as_if_it_had_been_good(new_world: NewWorld) -> None:
    world = world_with_letters(new_world)
    strangers = listed(world, "--reason", "UNKNOWN_MERCHANT")
    assert len(strangers) == 2
    world.write_merchants()
    world.workers[0].wait_for("the merchants file was read again")
    told = done(world, "dead-letters", "retry", "--reason", "UNKNOWN_MERCHANT", "--json")
    assert sorted(told.json["retried"]) == sorted(strangers)
    eventually("both results", lambda: len(world.published(RESULTS)) == 2)
    assert {result["outcome"] for result in world.published(RESULTS)} == {"ACCEPTED"}
    headers = [dict(message.headers() or []) for message in world.broker.consume("oms.inventory")]
    assert sum("connector-retried-from" in header for header in headers) == 2
    assert listed(world, "--merchant", "M2") == []
    assert len(listed(world, "--merchant", "M2", "--dealt-with")) == 2
    assert done(world, "dead-letters", "retry", "--merchant", "M2", "--json").json["retried"] == []


def test_the_marks_go_with_their_letters(new_world: NewWorld) -> None:
    world = world_with_letters(new_world)
    (first,) = listed(world, "--reason", "UNDECODABLE")
    done(world, "dead-letters", "drop", first)
    partition, offset = map(int, first.split("/"))
    admin = AdminClient({"bootstrap.servers": world.broker.bootstrap_servers})
    gone = TopicPartition("connector.dead-letters", partition, offset + 1)
    for deleted in admin.delete_records([gone]).values():
        deleted.result(30)
    done(world, "dead-letters", "drop", "--all")
    marks = {message.key(): message.value() for message in world.broker.consume("connector.dead-letter-marks")}
    assert [key for key, value in marks.items() if value is None] == [first.encode()]
    assert listed(world) == []


def test_show_drop_and_what_changes_nothing(new_world: NewWorld) -> None:
    world = world_with_letters(new_world)
    (unreadable,) = listed(world, "--reason", "UNDECODABLE")
    shown = done(world, "dead-letters", "show", unreadable, "--json").json
    assert (shown["raw"], shown["decoded"], shown["key"]) == (b"nonsense".hex(), None, "M1")
    known = done(world, "dead-letters", "show", listed(world, "--merchant", "M2")[0], "--json").json
    assert known["decoded"]["sku"] in ("sku-a", "sku-b")
    done(world, "dead-letters", "retry", "--all", "--dry-run")
    done(world, "dead-letters", "drop", "--all", "--dry-run")
    for wrong in (["retry"], ["drop"], ["retry", "99/1"], ["retry", "one"], ["list", "--from", "yesterday"]):
        refused = run(world, "dead-letters", *wrong)
        assert refused.code == 2, refused
        assert len(refused.err.strip().splitlines()) == 1, refused
    assert len(listed(world)) == 3
    assert len(world.published("connector.dead-letters")) == 3
    done(world, "dead-letters", "drop", unreadable)
    assert len(listed(world)) == 2
    again = run(world, "dead-letters", "retry", unreadable)
    assert (again.code, "dropped already" in again.err) == (2, True)


def test_marks_of_version_0_1_still_count(new_world: NewWorld) -> None:
    """They were among the pauses of connector.control."""
    world = world_with_letters(new_world)
    (first,) = listed(world, "--reason", "UNDECODABLE")
    mark = {"merchant_id": "M1", "paused": False, "by": "somebody", "at": 1, "reason": "dropped"}
    record = (f"dead-letter|{first}", world.codec.encode("connector.control", mark))
    world.broker.produce("connector.control", [record], partitioner="murmur2_random")
    eventually("it is dealt with", lambda: first not in listed(world))
    assert first in listed(world, "--dealt-with")
