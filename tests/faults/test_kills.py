"""Workers killed, frozen, joining and leaving while inventory flows: nothing lost, nothing doubled (G1, G2)."""

import os
import random
import time

import pytest

from tests.flows.test_inventory import SELLERS, bursts, check_limits, check_sequences, wait_settled
from tests.kit.flows.world import NewWorld, Seller, home
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

KILLS = 10 if os.environ.get("CONNECTOR_CAMPAIGN") else 4


def after(seconds: float) -> None:
    """A random moment is what this test is about, not a wait for something."""
    time.sleep(seconds)


def test_killed_at_random_moments(new_world: NewWorld) -> None:
    chance = random.Random(7)
    world = new_world([Seller(seller) for seller in SELLERS], session_timeout_s=6)
    rounds = bursts(world, SELLERS, skus=40, values=KILLS + 1, seed=7)
    for one in rounds[:-1]:
        world.produce(one)
        worker = world.start_worker()
        after(chance.uniform(0.2, 4))
        worker.kill()
    world.produce(rounds[-1])
    world.start_worker()
    wait_settled(world, rounds)
    check_sequences(world)
    check_limits(world)


def test_two_workers_joining_and_leaving(new_world: NewWorld) -> None:
    chance = random.Random(8)
    world = new_world([Seller(seller) for seller in SELLERS], session_timeout_s=6)
    rounds = bursts(world, SELLERS, skus=40, values=5, seed=8)
    old = world.start_worker()
    for number, one in enumerate(rounds):
        world.produce(one)
        new = world.start_worker(ready=False)
        after(chance.uniform(1, 5))
        if number % 2:
            old.kill()
        else:
            assert old.stop() == 0
        old = new
    wait_settled(world, rounds)
    check_sequences(world)
    check_limits(world)


def test_a_frozen_worker_that_wakes_up_calls_nothing_for_partitions_it_lost(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")], session_timeout_s=6)
    rounds = bursts(world, ["M1"], skus=150, values=1)
    sleeper = world.start_worker(CONNECTOR_LOG_LEVEL="INFO")
    world.produce(rounds[0])
    eventually("calls are made", lambda: len(world.ask("calls", operation="inventory")) > 5)
    sleeper.freeze()
    other = world.start_worker(ready=False)
    other.wait_for(rf'"partitions": \[[^]]*\b{home("M1")}\b', 60)
    seen = len(world.ask("calls", operation="inventory"))
    eventually("the other goes on", lambda: len(world.ask("calls", operation="inventory")) > seen + 6)
    sleeper.wake()
    wait_settled(world, rounds)
    check_sequences(world)
    check_limits(world)  # two workers calling at once would be seen as more than the limit
