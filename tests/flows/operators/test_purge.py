"""`connector purge` on a real broker: of a merchant who left nothing is kept but what time alone removes."""

from pathlib import Path

import pytest

from tests.kit.flows.commands import changes, done, refused, run, status
from tests.kit.flows.orders import new_shipments, order_seller, order_world, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, World
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

SELLERS = [order_seller("M1"), order_seller("M2")]


def documents(world: World, merchant_id: str) -> list[Path]:
    return [path for path in (world.directory / "documents" / merchant_id).rglob("*") if path.is_file()]


def held(world: World, merchant_id: str) -> tuple[int, int, int]:
    """Rows, records and documents, as a dry run counts them."""
    found = done(world, "purge", "--merchant", merchant_id, "--json").json["held"]
    return sum(found["rows"].values()), sum(found["records"].values()), found["documents"]


def test_of_a_merchant_who_left_nothing_is_kept_and_of_others_all(new_world: NewWorld) -> None:
    world = order_world(new_world, *SELLERS)
    (worker,) = world.workers
    for merchant_id in ("M1", "M2"):
        (shipment_id,) = new_shipments(world, merchant_id, "SELF_SHIP")
        send(world, sequence(merchant_id, shipment_id, "Confirm", "Pack"))
    wait_command_results(world, 4)
    done(world, "merchants", "pause", "M1")
    assert documents(world, "M1")
    assert "remove it there" in refused(world, "purge", "--merchant", "M1", "--yes")

    world.write_merchants(SELLERS[1])
    eventually("the worker lets M1 go", lambda: "M1" not in status(world, worker))
    rows, records, files = held(world, "M1")
    assert min(rows, records, files) > 0
    assert documents(world, "M1"), "a dry run removes nothing"

    told = done(world, "purge", "--merchant", "M1", "--yes", "--by", "ann", "--json").json
    assert changes(world)[-1] == ("purge", "M1", "ann", "DONE")
    assert {*told["left"]["rows"].values(), *told["left"]["records"].values(), told["left"]["documents"]} == {0}
    assert told["remains_until"]["connector.dead-letters"]
    assert told["remains_until"]["connector.api-calls"] < told["remains_until"]["connector.dead-letters"]
    assert documents(world, "M1") == []
    assert documents(world, "M2")

    assert worker.stop() == 0
    world.start_worker()
    assert held(world, "M1") == (0, 0, 0), "nothing comes back"


def test_without_a_worker_rows_are_left_and_it_is_said(new_world: NewWorld) -> None:
    world = order_world(new_world, *SELLERS)
    (worker,) = world.workers
    (shipment_id,) = new_shipments(world, "M1", "SELF_SHIP")
    send(world, sequence("M1", shipment_id, "Confirm"))
    wait_command_results(world, 1)
    assert worker.stop() == 0
    world.write_merchants(SELLERS[1])
    ran = run(world, "purge", "--merchant", "M1", "--yes", "--wait", "1")
    assert ran.code == 1
    assert "does a worker run" in ran.out
