"""What operators wait for, where there is much. `python -m bench.operations [--merchants N] [--shipments N] [--skus N]`

`connector worker` on a real broker with the project's simulator of Amazon. Shipments of all merchants are found by
polls and told; then `connector history shipment` is asked for some, drawn at random, with and without `--merchant`: as
an operator runs it, from the start of the process to its end. One merchant's SKUs get a quantity each, go to 0 by
`connector inventory zero` and come back by `restore`: from the command to the last call that Amazon saw, against what
a perfect pacer needs for as many calls.
"""

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from connector.kafka.topics import ORDERS
from tests.kit.flows.commands import done
from tests.kit.flows.inventory import inventory_calls
from tests.kit.flows.world import Seller, World
from tests.kit.kafka.broker import eventually, start_broker

AT_ONCE = 250
"""Shipments that are made by one request to the simulator."""
LIMIT_PER_S = 6
ROUNDS = 10
PATIENCE_S = 3600.0
FAST_LISTS = "returns = {rate = 50}\nlist_shipments = {rate = 50}\nget_shipment = {rate = 50}"
SIMULATOR = ("--limit", "list_shipments=1000", "--limit", "get_shipment=1000", "--limit", "returns=1000")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--merchants", type=int, default=200)
    parser.add_argument("--shipments", type=int, default=50_000)
    parser.add_argument("--skus", type=int, default=1_000)
    given = parser.parse_args()
    names = [f"M{number:03d}" for number in range(given.merchants)]
    with opened(names) as world:
        shipments = make_shipments(world, names, given.shipments)
        began_s = time.monotonic()
        world.start_worker()
        wait_told(world, len(shipments))
        print(f"{len(shipments)} shipments of {len(names)} merchants told in {time.monotonic() - began_s:.0f} s")
        time_histories(world, shipments)
        time_zero(world, names[0], given.skus)


@contextmanager
def opened(names: Sequence[str]) -> Iterator[World]:
    broker = start_broker()
    try:
        with tempfile.TemporaryDirectory() as directory:
            sellers = [Seller(name, limits=FAST_LISTS) for name in names]
            world = World(broker, Path(directory), sellers, simulator_args=SIMULATOR)
            try:
                yield world
            finally:
                world.close()
    finally:
        broker.close()


def make_shipments(world: World, names: Sequence[str], count: int) -> list[tuple[str, str]]:
    """(merchant, shipment) of each."""
    made: list[tuple[str, str]] = []
    for name in itertools.cycle(names):
        if len(made) >= count:
            return made
        facts = {"merchant_id": name, "lines": {"sku-1": 1}, "program": "SELLER_FLEX", "location_id": "EXSB"}
        for_each = min(AT_ONCE, -(-count // len(names)), count - len(made))
        made += [(name, body["id"]) for body in world.tell("POST", "shipments", {**facts, "count": for_each})]
    return made


def wait_told(world: World, count: int) -> None:
    """Until each order is on the orders' topic."""

    def all_told() -> bool:
        return len(world.broker.consume(ORDERS.name)) >= count

    eventually(f"{count} orders", all_told, PATIENCE_S)


def time_histories(world: World, shipments: Sequence[tuple[str, str]]) -> None:
    chosen = random.Random(1).sample(list(shipments), ROUNDS)
    for what, named in (("with --merchant", True), ("without", False)):
        took = []
        for merchant_id, shipment_id in chosen:
            arguments = ["history", "shipment", shipment_id, *(["--merchant", merchant_id] if named else [])]
            began_s = time.monotonic()
            told = done(world, *arguments).out
            took.append(time.monotonic() - began_s)
            if "received" not in told.lower():
                raise AssertionError(f"not the whole history: {told}")
        print(f"history of a shipment, {what}: {median(took):.2f} s (median of {ROUNDS}; longest {max(took):.2f} s)")


def wait_units(world: World, merchant_id: str, wanted: Mapping[tuple[str, str], int]) -> None:
    eventually(f"{merchant_id}'s units at Amazon", lambda: world.quantities() == wanted, PATIENCE_S)


def time_zero(world: World, merchant_id: str, count: int) -> None:
    world.produce([world.update(merchant_id, f"sku-{number}", 5, number) for number in range(1, count + 1)])
    world.wait_settled(merchant_id, timeout_s=PATIENCE_S)
    before = dict(world.quantities())
    for verb, units in (("zero", 0), ("restore", 5)):
        calls, began_s = len(inventory_calls(world, merchant_id)), time.time()
        reason = ["--reason", "a benchmark"] if verb == "zero" else []
        done(world, "inventory", verb, "--merchant", merchant_id, *reason)
        wait_units(world, merchant_id, dict.fromkeys(before, units))
        made = inventory_calls(world, merchant_id)[calls:]
        took_s, floor_s = made[-1]["wall"] - began_s, (len(made) - 1) / LIMIT_PER_S
        print(
            f"{verb} of {count} SKUs: {took_s:.1f} s with {len(made)} calls, {took_s / floor_s:.3f} x the limit's floor"
        )
    if world.quantities() != before:
        raise AssertionError("not restored exactly")


if __name__ == "__main__":
    main()
