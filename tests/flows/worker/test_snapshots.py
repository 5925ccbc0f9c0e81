"""A worker that comes back on the same disk reads what it had there and the changelog's tail, on a real broker."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest
from confluent_kafka.admin import AdminClient

from connector.domain.inventory.ledger import LedgerRow
from connector.kafka.topic_admin import create_topics, wanted_topics
from connector.kafka.topics import changelog_topic
from connector.tables.ledger import ledger_key
from connector.tables.snapshots.reader import Damaged, SnapshotReader
from tests.kit.flows.inventory import check_no_sequence_reused
from tests.kit.flows.world import LOCATION, PARTITIONS, NewWorld, Seller, World, forget_topics, home
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

CHANGELOG = changelog_topic("connector", "ledger")
OFTEN, AT_THE_END = "0.5", "86400"  # seconds
SEEDED = 41


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world([Seller("M1")])


def seed(world: World, *skus: str) -> None:
    """Rows that say so much has been sent of each, as another release may have left them."""
    row = LedgerRow(sequence=SEEDED, quantity=1, accepted_quantity=1, accepted_sequence=SEEDED, used_sequence=SEEDED)
    write(world, dict.fromkeys(skus, row))


def write(world: World, rows: dict[str, LedgerRow | None]) -> None:
    """Into the changelog, past the worker."""
    records = [
        (ledger_key("M1", LOCATION, sku), None if row is None else msgspec.json.encode(row))
        for sku, row in rows.items()
    ]
    world.broker.produce(CHANGELOG, records, partition=home("M1"))


def start(world: World, interval_s: str) -> Process:
    return world.start_worker(CONNECTOR_INSTANCE="worker", CONNECTOR_TABLES__SNAPSHOT_INTERVAL_S=interval_s)


def stop_after_an_update(world: World) -> None:
    """A worker sends one, and leaves its snapshot at its planned end."""
    worker = start(world, AT_THE_END)
    world.produce([world.update("M1", "sku", 3, 1)])
    world.wait_results(1)
    assert worker.stop() == 0


def snapshot(world: World) -> Path:
    return world.directory / "data" / "snapshots" / f"{CHANGELOG}-{home('M1')}"


def wait_snapshot(world: World) -> None:
    """Of all that the changelog has now."""
    newest = max(message.offset() or 0 for message in world.broker.consume(CHANGELOG))

    def has_all() -> bool:
        try:
            return SnapshotReader(snapshot(world)).head.offset >= newest
        except (FileNotFoundError, Damaged):
            return False

    eventually("a snapshot of all rows", has_all)


def restored(worker: Process) -> int:
    """The rows that it had of the merchant's snapshot."""
    return int(worker.wait_for(rf"{CHANGELOG}/{home('M1')}: (\d+) rows of a snapshot").group(1))


def sent(world: World) -> dict[str, list[tuple[int, int]]]:
    """By SKU the (sequence, quantity) that Amazon took, as they came."""
    return {
        sku: [(entry["sequence"], entry["quantity"]) for entry in item["history"]]
        for (_, sku), item in world.stock().items()
    }


def test_after_a_kill_rows_are_as_the_changelog_has_them_whatever_came_after_the_snapshot(world: World) -> None:
    seed(world, "gone", "kept")
    first = start(world, OFTEN)
    world.produce([world.update("M1", "sku", 3, 1)])
    world.wait_results(1)
    wait_snapshot(world)
    shutil.copy(snapshot(world), world.directory / "older")
    world.produce([world.update("M1", sku, 4, 2) for sku in ("sku", "new")])
    world.wait_results(3)
    first.kill()
    (world.directory / "older").replace(snapshot(world))
    write(world, {"gone": None})

    second = start(world, OFTEN)
    assert restored(second) == 3
    world.produce([world.update("M1", sku, 7, 3) for sku in ("sku", "new", "kept", "gone")])
    world.wait_quantities({("M1", sku): 7 for sku in ("sku", "new", "kept", "gone")})
    assert sent(world) == {
        "sku": [(1, 3), (2, 4), (3, 7)],
        "new": [(1, 4), (2, 7)],
        "kept": [(SEEDED + 1, 7)],
        "gone": [(1, 7)],
    }
    check_no_sequence_reused(world)


def test_a_planned_stop_leaves_one_for_the_next_start(world: World) -> None:
    seed(world, "kept")
    stop_after_an_update(world)

    second = start(world, AT_THE_END)
    assert restored(second) == 2
    world.produce([world.update("M1", "sku", 4, 2)])
    world.wait_results(2)
    assert sent(world)["sku"] == [(1, 3), (2, 4)]


def test_what_another_worker_wrote_meanwhile_is_read_from_the_changelog(world: World) -> None:
    seed(world, "gone", "kept")
    stop_after_an_update(world)
    other = world.start_worker(CONNECTOR_DATA_DIR=str(world.directory / "another-disk"))
    world.produce([world.update("M1", "sku", quantity, quantity) for quantity in (5, 6)])
    world.wait_quantities({("M1", "sku"): 6})
    world.wait_settled()
    assert other.stop() == 0
    write(world, {"gone": None})
    before = sent(world)["sku"]

    again = start(world, AT_THE_END)
    assert restored(again) == 3
    world.produce([world.update("M1", sku, 7, 8) for sku in ("sku", "gone")])
    world.wait_quantities({("M1", "sku"): 7, ("M1", "gone"): 7})
    assert sent(world) == {"sku": [*before, (before[-1][0] + 1, 7)], "gone": [(1, 7)]}
    check_no_sequence_reused(world)


def test_a_changelog_that_was_made_anew_has_none_however_long_it_has_become(world: World) -> None:
    seed(world, "kept")
    stop_after_an_update(world)
    wanted = [topic for topic in wanted_topics("connector", PARTITIONS, 1) if topic.name == CHANGELOG]
    forget_topics(world.broker, wanted)
    assert create_topics(AdminClient({**world.broker.config, "log_level": 0}), wanted) == ([CHANGELOG], [])
    seed(world, *(f"other-{number}" for number in range(50)))

    second = start(world, AT_THE_END)
    second.wait_for(rf"{CHANGELOG}-{home('M1')} is not used: it is of another topic, or of one that was made anew")
    world.produce([world.update("M1", "kept", 4, 2)])
    world.wait_results(2)
    assert sent(world)["kept"] == [(1, 4)]


def test_a_disk_that_can_t_keep_one_is_told_and_the_worker_goes_on(world: World) -> None:
    (world.directory / "data").mkdir()
    (world.directory / "data" / "snapshots").touch()
    worker = start(world, OFTEN)
    world.produce([world.update("M1", "sku", 3, 1)])
    worker.wait_for("no snapshot of rows can be written to .*data/snapshots")
    world.produce([world.update("M1", "sku", 4, 2)])
    world.wait_quantities({("M1", "sku"): 4})
    assert worker.stop() == 0
    assert len(re.findall("no snapshot of rows can be written", worker.log.read_text())) == 1
