"""Orders through answers lost, refused and doubled, and through killed workers: every effect is made once (G1, G5)."""

import itertools
import os
import random
import time
from collections import Counter

import pytest

from tests.kit.flows.orders import (
    FAST_SIMULATOR,
    PROGRAMS,
    STEPS,
    new_shipments,
    order_seller,
    read_document,
    results,
    send,
    sequence,
    statuses,
)
from tests.kit.flows.world import NewWorld, World
from tests.kit.kafka.broker import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

CAMPAIGN = bool(os.environ.get("CONNECTOR_CAMPAIGN"))
PER_ROUND, KILLS = (18, 8) if CAMPAIGN else (9, 3)
SELLERS = ("M1", "M2")
ACTIONS = ("Confirm", "Pack", "Ship")
ONCE = ("confirmed", "packages_created", "invoice_generated", "labels_generated", "package_shipped")
# One call in five: half of these faults come before the effect, half after it
FAULTS = (
    *("503,before,p=0.06", "409,before,p=0.03", "close,before,p=0.02"),
    *("503,after,p=0.06", "409,after,p=0.02", "malformed,after,p=0.02", "timeout,after,p=0.005"),
)
# Made, but not answered yet: what a kill must find to leave a call in doubt
SLOW = "slow,after,p=0.3,seconds=1"
PACED = "".join(f"{step} = {{rate = 15}}\n" for step in STEPS)  # slow enough that a kill finds work half done


def test_killed_at_random_moments_with_every_fifth_call_disturbed(new_world: NewWorld) -> None:
    chance = random.Random(5)
    world = new_world(
        [order_seller(seller, limits=PACED) for seller in SELLERS],
        session_timeout_s=6,
        # A step that is made twice has its effect twice: nothing but the worker's own care keeps it from that
        simulator_args=(*FAST_SIMULATOR, "--switch", "repeat_step=apply"),
    )
    for fault in (*FAULTS, SLOW):
        world.fault(fault)
    programs = itertools.cycle(itertools.product(SELLERS, PROGRAMS))
    shipments: dict[str, str] = {}
    for round_number in range(KILLS + 1):
        for seller, program in itertools.islice(programs, PER_ROUND):
            (shipment_id,) = new_shipments(world, seller, program)
            shipments[shipment_id] = program
            send(world, sequence(seller, shipment_id, *ACTIONS))
        worker = world.start_worker()
        if round_number < KILLS:
            time.sleep(chance.uniform(0.5, 4))  # a random moment is what this test is about
            worker.kill()
    wanted = len(shipments) * len(ACTIONS)
    eventually("a result of every command", lambda: len(results(world)) == wanted, 300)
    calls = [call for call in world.ask("calls") if call["method"] != "GET" and call["operation"] != "token"]
    disturbed = sum(call["fault"] != "" and not call["fault"].startswith("slow") for call in calls) / len(calls)
    assert 0.1 < disturbed < 0.3, disturbed
    check(world, shipments)


def check(world: World, shipments: dict[str, str]) -> None:
    told = results(world)
    assert Counter(result["outcome"] for result in told.values()) == {"DONE": len(told)}
    assert set(statuses(world).values()) == {"SHIPPED"}
    made = Counter((effect["shipment_id"], effect["name"]) for effect in world.ask("effects"))
    assert {(one, name): made[one, name] for one in shipments for name in ONCE} == {
        (one, name): 1 for one in shipments for name in ONCE
    }
    for shipment_id in shipments:
        documents = told[f"{shipment_id}-Pack"]["documents"]
        assert sorted(document["kind"] for document in documents) == ["INVOICE", "SHIP_LABEL"]
        assert all(read_document(document) for document in documents)
        assert len(told[f"{shipment_id}-Pack"]["tracking"]) == 1
    check_events(world, shipments)


def check_events(world: World, shipments: dict[str, str]) -> None:
    first: dict[str, dict[str, str]] = {}
    for order in world.published("amazon.orders"):
        first.setdefault(order["event_id"], order)
    types: dict[str, list[str]] = {}
    for order in first.values():
        types.setdefault(order["shipment_id"], []).append(order["type"])
    for shipment_id in shipments:
        main = [kind for kind in types[shipment_id] if kind != "ORDER_UPDATED"]
        assert (main[0], main[-1], len(main)) == ("ORDER_RECEIVED", "SHIPPED", len(set(main))), main
    assert world.published("connector.dead-letters") == []
