"""Orders, commands and returns at an Amazon in all its odd manners, while workers are killed: told and made once."""

import os
import random

import pytest

from tests.kit.flows.judge import answered_twice, look, made_twice, repeated, repeated_in, told_twice
from tests.kit.flows.marketplace import start
from tests.kit.flows.trade import Trade, trade_seller, trade_simulator
from tests.kit.flows.world import NewWorld
from tests.kit.processes import any_moment

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

CAMPAIGN = bool(os.environ.get("CONNECTOR_CAMPAIGN"))
SEEDS = range(1, 7) if CAMPAIGN else (1,)
ORDERS, KILLS, QUIET_S = (20, 6, 60) if CAMPAIGN else (10, 2, 3)
SELLERS = ("M1", "M2")
MOST_WHEN_QUIET = 2
"""Calls for one shipment or return while nothing happens any more: 20 an hour are fewer than one in these seconds."""


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments(new_world: NewWorld, seed: int) -> None:
    chance = random.Random(seed)
    sellers = [trade_seller(name) for name in SELLERS]
    world = new_world(sellers, session_timeout_s=6, simulator_args=trade_simulator(seed, odd=True))
    trade = Trade(world, SELLERS, seed)
    for _ in range(KILLS):
        trade.go_on(ORDERS)
        worker = start(world)
        any_moment(chance, 0.5, 5)
        worker.kill()
    trade.go_on(ORDERS)
    start(world)

    trade.wait_told(timeout_s=240)
    endless = repeated_in(world, QUIET_S, MOST_WHEN_QUIET)
    seen = look(world)
    faults = [
        *endless,
        *told_twice(seen),
        *made_twice(seen),
        *answered_twice(seen, trade.commands),
        *repeated(seen.calls, seen.alerted),
    ]
    assert faults == []
