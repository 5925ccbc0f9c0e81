"""Orders, commands and returns at an Amazon in all its odd manners, while workers are killed: told and made once."""

import os
import random

import pytest

from tests.kit.flows.judge import answered_twice, look, made_twice, repeated, repeated_in, told_twice
from tests.kit.flows.marketplace import start
from tests.kit.flows.orders import FAST, FAST_SIMULATOR, order_seller
from tests.kit.flows.trade import Trade
from tests.kit.flows.world import NewWorld
from tests.kit.processes import any_moment

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

CAMPAIGN = bool(os.environ.get("CONNECTOR_CAMPAIGN"))
SEEDS = range(1, 7) if CAMPAIGN else (1,)
ORDERS, KILLS, QUIET_S = (20, 6, 60) if CAMPAIGN else (10, 2, 3)
SELLERS = ("M1", "M2")
MOST_WHEN_QUIET = 2
"""Calls for one shipment or return while nothing happens any more: 20 an hour are fewer than one in these seconds."""
RETURNS = ("--limit", "returns=1000")
# A step that is made twice has its effect twice; and what takes minutes at Amazon takes seconds here
SWITCHES = {
    "repeat_step": "apply",
    "late_in_lists_s": 8,
    "option_life_s": 15,
    "invoice_pending_s": 4,
    "incident_within_s": 6,
}


def odd(seed: int) -> tuple[str, ...]:
    switches = (part for name, value in SWITCHES.items() for part in ("--switch", f"{name}={value}"))
    return (*FAST_SIMULATOR, *RETURNS, *switches, "--manners", "odd", "--seed", str(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments(new_world: NewWorld, seed: int) -> None:
    chance = random.Random(seed)
    sellers = [
        order_seller(name, extra="poll_interval_s = 1", limits=f"{FAST}returns = {{rate = 200}}\n") for name in SELLERS
    ]
    world = new_world(sellers, session_timeout_s=6, simulator_args=odd(seed))
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
