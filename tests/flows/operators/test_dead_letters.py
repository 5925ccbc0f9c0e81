"""`connector dead-letters` on a real broker: what was fixed at its cause ends as if it had been good at once."""

import pytest

from tests.kit.flows.commands import dead_letter_ids, done, refused, run
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """Two updates of a merchant that the merchants file does not know yet, and one that can't be read."""
    world = new_world([Seller("M1"), Seller("M2")])
    world.write_merchants(Seller("M1"))
    world.start_worker()
    world.produce([world.update("M2", "sku-a", 3, 1), world.update("M2", "sku-b", 4, 2)])
    world.broker.produce("oms.inventory", [("M1", b"nonsense")], partitioner="murmur2_random")
    world.wait_dead_letters(3)
    return world


def test_a_letter_retried_after_a_fix_ends_as_if_it_had_been_good(world: World) -> None:
    strangers = dead_letter_ids(world, "--reason", "UNKNOWN_MERCHANT")
    assert len(strangers) == 2
    world.write_merchants()
    world.workers[0].wait_for("the merchants file was read again")
    told = done(world, "dead-letters", "retry", "--reason", "UNKNOWN_MERCHANT", "--json").json

    assert sorted(told["retried"]) == sorted(strangers)
    assert {result["outcome"] for result in world.wait_results(2)} == {"ACCEPTED"}
    headers = [dict(message.headers() or []) for message in world.broker.consume("oms.inventory")]
    assert sum("connector-retried-from" in header for header in headers) == 2
    assert dead_letter_ids(world, "--merchant", "M2") == []
    assert len(dead_letter_ids(world, "--merchant", "M2", "--dealt-with")) == 2
    assert done(world, "dead-letters", "retry", "--merchant", "M2", "--json").json["retried"] == []


def test_the_marks_go_with_their_letters(world: World) -> None:
    (first,) = dead_letter_ids(world, "--reason", "UNDECODABLE")
    done(world, "dead-letters", "drop", first)
    partition, offset = map(int, first.split("/"))
    world.broker.delete_records("connector.dead-letters", partition, before=offset + 1)
    done(world, "dead-letters", "drop", "--all")

    marks = {message.key(): message.value() for message in world.broker.consume("connector.dead-letter-marks")}
    assert [key for key, value in marks.items() if value is None] == [first.encode()]
    assert dead_letter_ids(world) == []


def test_show_drop_and_what_changes_nothing(world: World) -> None:
    (unreadable,) = dead_letter_ids(world, "--reason", "UNDECODABLE")
    shown = done(world, "dead-letters", "show", unreadable, "--json").json
    assert (shown["raw"], shown["decoded"], shown["key"]) == (b"nonsense".hex(), None, "M1")
    known = done(world, "dead-letters", "show", dead_letter_ids(world, "--merchant", "M2")[0], "--json").json
    assert known["decoded"]["sku"] in ("sku-a", "sku-b")

    done(world, "dead-letters", "retry", "--all", "--dry-run")
    done(world, "dead-letters", "drop", "--all", "--dry-run")
    for wrong in (["retry"], ["drop"], ["retry", "99/1"], ["retry", "one"], ["list", "--from", "someday"]):
        refused(world, "dead-letters", *wrong)
    assert len(dead_letter_ids(world)) == 3
    assert len(world.published("connector.dead-letters")) == 3

    done(world, "dead-letters", "drop", unreadable)
    assert len(dead_letter_ids(world)) == 2
    again = run(world, "dead-letters", "retry", unreadable)
    assert (again.code, "dropped already" in again.err) == (2, True)


def test_marks_of_version_0_1_still_count(world: World) -> None:
    """They were among the pauses of connector.control."""
    (first,) = dead_letter_ids(world, "--reason", "UNDECODABLE")
    mark = {"merchant_id": "M1", "paused": False, "by": "somebody", "at": 1, "reason": "dropped"}
    record = (f"dead-letter|{first}", world.codec.encode("connector.control", mark))
    world.broker.produce("connector.control", [record], partitioner="murmur2_random")

    eventually("it is dealt with", lambda: first not in dead_letter_ids(world))
    assert first in dead_letter_ids(world, "--dealt-with")
