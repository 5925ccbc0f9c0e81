"""Orders through answers lost, refused and doubled, and through killed workers: every effect is made once (G1, G5)."""

import itertools
import os
import random

import pytest

from tests.kit.flows.orders import (
    DISTURBED,
    FAST_SIMULATOR,
    PROGRAMS,
    STEPS,
    check_shipped_once,
    new_shipments,
    order_seller,
    send,
    sequence,
    wait_command_results,
)
from tests.kit.flows.world import NewWorld
from tests.kit.processes import any_moment

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

CAMPAIGN = bool(os.environ.get("CONNECTOR_CAMPAIGN"))
PER_ROUND, KILLS = (18, 8) if CAMPAIGN else (9, 3)
SELLERS = ("M1", "M2")
ACTIONS = ("Confirm", "Pack", "Ship")
# Made, but not answered yet: what a kill must find to leave a call in doubt
SLOW = "slow,after,p=0.3,seconds=1"
PACED = "".join(f"{step} = {{rate = 15}}\n" for step in STEPS)  # slow enough that a kill finds work half done
# A step that is made twice has its effect twice: nothing but the worker's own care keeps it from that
EVERY_STEP_COUNTS = ("--switch", "repeat_step=apply")


def test_killed_at_random_moments_with_every_fifth_call_disturbed(new_world: NewWorld) -> None:
    chance = random.Random(5)
    world = new_world(
        [order_seller(seller, limits=PACED) for seller in SELLERS],
        session_timeout_s=6,
        simulator_args=(*FAST_SIMULATOR, *EVERY_STEP_COUNTS),
    )
    for fault in (*DISTURBED, SLOW):
        world.fault(fault)
    orders = itertools.cycle(itertools.product(SELLERS, PROGRAMS))
    shipment_ids: list[str] = []
    for round_number in range(KILLS + 1):
        for seller, program in itertools.islice(orders, PER_ROUND):
            shipment_ids += new_shipments(world, seller, program)
            send(world, sequence(seller, shipment_ids[-1], *ACTIONS))
        worker = world.start_worker()
        if round_number < KILLS:
            any_moment(chance, 0.5, 4)
            worker.kill()

    wait_command_results(world, len(shipment_ids) * len(ACTIONS), timeout_s=300)
    calls = [call for call in world.calls() if call["method"] != "GET" and call["operation"] != "token"]
    disturbed = sum(call["fault"] != "" and not call["fault"].startswith("slow") for call in calls) / len(calls)
    assert 0.1 < disturbed < 0.3, disturbed
    check_shipped_once(world, shipment_ids)
