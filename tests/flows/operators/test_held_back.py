"""Input that waits though nothing calls for it is counted, with why, by status and metrics; then it goes out."""

from typing import Any

import pytest

from tests.kit.cases import case_file
from tests.kit.flows.commands import done
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

MERCHANT = "A2EXAMPLE"
HEAD, *LOCATIONS = case_file("merchants-inventory-off.toml").read_text().partition("[[merchants.locations]]")


def seller(locations: str = "".join(LOCATIONS), **changes: Any) -> Seller:
    return Seller(MERCHANT, rate=50, locations=locations, **changes)


def held(world: World, *worker: Process) -> dict[tuple[str, str, str], int]:
    """(what, location, because) -> how many, as `connector status` tells it."""
    url = ("--worker", worker[0].web_url) if worker else ()
    told = done(world, "status", "--json", *url, CONNECTOR_WEB__PORT="9").json
    assert told["source"] == ("workers" if worker else "topics")
    (merchant,) = told["merchants"]
    return {(one["what"], one["location_id"], one["because"]): one["count"] for one in merchant["held_back"]}


def metric(worker: Process, because: str) -> float:
    lines = worker.metrics().splitlines()
    found = [line for line in lines if line.startswith("connector_held_back{") and f'because="{because}"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in found)


def write(world: World, count: int, begin: int) -> None:
    world.produce([world.update(MERCHANT, f"SKU-{n}", 5, n, "WH2") for n in range(begin, begin + count)])


def test_what_is_switched_off_waits_in_sight_and_goes_out_later(new_world: NewWorld) -> None:
    world = new_world([seller()])
    worker = world.start_worker()
    write(world, 100, begin=1)
    off = {("inventory", "EXMF", "switched_off"): 100}
    eventually("the hundred are counted", lambda: held(world, worker) == off)
    assert metric(worker, "switched_off") == 100
    assert "it is switched off in the merchants file" in done(world, "status", "--worker", worker.web_url).out
    assert world.ask("calls", operation="inventory") == []
    world.sellers = [seller("".join(LOCATIONS).replace("inventory = false", ""))]
    world.write_merchants()
    eventually("they went out", lambda: len(world.quantities()) == 100)
    eventually("nothing is held back", lambda: held(world, worker) == {})
    assert metric(worker, "switched_off") == 0


def test_a_pause_an_observed_merchant_and_a_place_that_is_gone(new_world: NewWorld) -> None:
    open_locations = "".join(LOCATIONS).replace("inventory = false", "")
    world = new_world([seller(open_locations)])
    worker = world.start_worker()
    done(world, "merchants", "pause", MERCHANT)
    worker.wait_for("a pause begins or ends")
    write(world, 3, begin=1)
    eventually("a pause is told", lambda: held(world, worker) == {("inventory", "EXMF", "paused"): 3})
    world.sellers = [seller(open_locations, extra='mode = "observe"')]
    world.write_merchants()
    worker.wait_for("the merchants file was read again")
    done(world, "merchants", "resume", MERCHANT)
    eventually("the mode is told", lambda: held(world, worker) == {("inventory", "EXMF", "observed"): 3})
    world.sellers = [seller(open_locations.replace("EXMF", "EXNEW"))]
    world.write_merchants()
    eventually("the place is told", lambda: held(world, worker) == {("inventory", "EXMF", "unknown_location"): 3})
    worker.kill()
    assert held(world) == {("inventory", "EXMF", "unknown_location"): 3}
