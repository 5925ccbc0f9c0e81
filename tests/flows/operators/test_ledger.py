"""`connector ledger seed|export|forget` on a real broker."""

import pytest
from msgspec.structs import replace

from tests.kit.flows.commands import changes, done, exported, run, seed_file
from tests.kit.flows.world import LOCATION, NewWorld, Seller, wall_ms
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_a_seeded_sku_goes_out_with_the_number_after_it(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker()
    file = seed_file(world, f"M1,{LOCATION},sku,41", f"M1,{LOCATION},other,0")
    told = done(world, "ledger", "seed", file, "--json").json
    assert told == {"rows": 2, "to_seed": 1, "already": 1, "dry_run": False, "applied": 1}
    world.produce([world.update("M1", "sku", 8, 1), world.update("M1", "other", 8, 2)])

    assert {result["sku"]: result["sequence"] for result in world.wait_results(2)} == {"sku": 42, "other": 1}
    assert exported(world) == {"sku": 42, "other": 1}
    assert done(world, "ledger", "export", "--json").json[0]["sku"] == "other"
    assert done(world, "ledger", "export", "--merchant", "M2", "--json").json == []


def test_a_seed_goes_back_only_when_forced(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker()
    done(world, "ledger", "seed", seed_file(world, f"M1,{LOCATION},sku,41", f"M1,{LOCATION},new,5"))
    back = seed_file(world, f"M1,{LOCATION},sku,7", f"M1,{LOCATION},new,6")

    refused = run(world, "ledger", "seed", back)
    assert (refused.code, refused.out) == (2, "")
    assert "row 2, sequence: 7 is below the ledger's 41" in refused.err
    assert exported(world) == {"sku": 41, "new": 5}
    done(world, "ledger", "seed", back, "--force", "--dry-run")
    assert exported(world) == {"sku": 41, "new": 5}
    done(world, "ledger", "seed", back, "--force", "--by", "ann")
    assert exported(world) == {"sku": 7, "new": 6}
    assert changes(world)[1:] == [("ledger seed", "M1", "ann", "DONE")], "and the first, by this machine's user"


def test_seeds_without_a_worker_are_taken_over_by_the_next(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    waited = run(world, "ledger", "seed", seed_file(world, f"M1,{LOCATION},sku,41"), "--wait-s", "1")
    assert waited.code == 1
    assert "the next that runs does" in waited.err

    world.start_worker()
    eventually("the seed is in the ledger", lambda: exported(world) == {"sku": 41})


def test_seeds_by_the_ten_thousand(new_world: NewWorld) -> None:
    world = new_world([Seller("M1"), Seller("M2")])
    world.start_worker()
    rows = [f"M{number % 2 + 1},{LOCATION},sku-{number},{number + 1}" for number in range(20_000)]

    assert done(world, "ledger", "seed", seed_file(world, *rows), "--json").json["applied"] == 20_000
    assert len(exported(world)) == 20_000


def test_a_faulty_file_changes_nothing(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    file = seed_file(world, f"M1,{LOCATION},a,3", f"M9,{LOCATION},b,3", "M1,NOWHERE,c,3", f"M1,{LOCATION},d,-1")

    refused = run(world, "ledger", "seed", file)
    assert refused.code == 2
    for fault in ("row 3, merchant: M9", "row 4, location: NOWHERE", "row 5, sequence: -1"):
        assert fault in refused.err
    assert world.broker.consume("connector.api-calls") == []


def test_a_sku_that_the_future_froze_goes_on_once_its_time_is_forgotten(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker(CONNECTOR_INVENTORY__FUTURE_TOLERANCE_S="86400")
    tomorrow = replace(world.update("M1", "sku", 8, 1), occurred_at_ms=wall_ms() + 12 * 3_600_000)
    world.produce([tomorrow, world.update("M1", "other", 3, 2)])
    world.wait_results(2)
    world.produce([world.update("M1", "sku", 0, 3)])
    assert world.wait_results(3)[-1]["outcome"] == "SUPERSEDED"

    assert run(world, "ledger", "forget").code == 2, "say which"
    assert done(world, "ledger", "forget", "--future", "--dry-run", "--json").json == {"skus": 1, "dry_run": True}
    assert done(world, "ledger", "forget", "--future", "--json").json == {"skus": 1, "dry_run": False, "applied": 1}
    assert done(world, "ledger", "forget", "--future", "--json").json["skus"] == 0
    world.produce([world.update("M1", "sku", 0, 4)])
    result = world.wait_results(4)[-1]
    assert (result["outcome"], result["quantity"], result["sequence"]) == ("ACCEPTED", 0, 2)
