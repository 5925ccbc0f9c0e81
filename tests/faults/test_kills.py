"""Workers killed, frozen, joining and leaving while inventory flows: nothing lost, nothing doubled (G1, G2)."""

import os
import random
import signal

import pytest

from tests.kit.flows.inventory import SELLERS, bursts, check_limits, check_sequences, inventory_calls
from tests.kit.flows.world import NewWorld, Seller, home
from tests.kit.processes import any_moment

pytestmark = pytest.mark.kafka

KILLS = 10 if os.environ.get("CONNECTOR_CAMPAIGN") else 4


def test_killed_at_random_moments(new_world: NewWorld) -> None:
    chance = random.Random(7)
    world = new_world([Seller(seller) for seller in SELLERS], session_timeout_s=6)
    *rounds, last = bursts(world, SELLERS, skus=40, values=KILLS + 1, seed=7)
    for updates in rounds:
        world.produce(updates)
        worker = world.start_worker()
        any_moment(chance, 0.2, 4)
        worker.kill()
    world.produce(last)
    world.start_worker()

    world.wait_settled()
    check_sequences(world)
    check_limits(world)


def test_two_workers_joining_and_leaving(new_world: NewWorld) -> None:
    chance = random.Random(8)
    world = new_world([Seller(seller) for seller in SELLERS], session_timeout_s=6)
    old = world.start_worker()
    for number, updates in enumerate(bursts(world, SELLERS, skus=40, values=5, seed=8)):
        world.produce(updates)
        new = world.start_worker(ready=False)
        any_moment(chance, 1, 5)
        if number % 2:
            old.kill()
        else:
            assert old.stop() in (0, -signal.SIGTERM)  # the latter before it has begun, on a busy machine
        old = new

    world.wait_settled()
    check_sequences(world)
    check_limits(world)


def test_a_frozen_worker_that_wakes_up_calls_nothing_for_partitions_it_lost(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=6)
    (updates,) = bursts(world, ["M1"], skus=150, values=1)
    sleeper = world.start_worker(CONNECTOR_LOG_LEVEL="INFO")
    world.produce(updates)
    world.wait_calls(6, operation="inventory")
    sleeper.freeze()
    other = world.start_worker(ready=False)
    other.wait_for(rf'"partitions": \[[^]]*\b{home("M1")}\b', 60)
    world.wait_calls(len(inventory_calls(world)) + 7, operation="inventory")
    sleeper.wake()

    world.wait_settled()
    check_sequences(world)
    check_limits(world)  # two workers calling at once would be seen as more than the limit
