"""`connector reconcile orders|returns|report`, `connector shipments refetch`: while a worker runs and orders come."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.orders.facts.shipment import Status
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.returns.facts import ReturnStatus
from tests.kit.flows.commands import done, run
from tests.kit.flows.marketplace import POLLING, console, create, order_events, received, seller, start
from tests.kit.flows.reconcile import (
    earlier,
    know_returns,
    know_shipments,
    lift_limits,
    mended,
    return_facts,
    shipment_facts,
    told_drifts,
    wait_older_than,
)
from tests.kit.flows.returns import create_return
from tests.kit.flows.world import NewWorld, World
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

RATES = "".join(f"{name} = {{rate = 100, burst = 0}}\n" for name in ("get_shipment", "list_shipments", "returns"))
LATELY = {**POLLING, "CONNECTOR_POLLING__LOOK_BACK_S": "0", "CONNECTOR_POLLING__OVERLAP_S": "0"}
"""Polls that look back no further than to their start: what was there before them they can't tell."""

ORDERS = ("reconcile", "orders", "--merchant", "M1", "--rate", "50")
RETURNS = ("reconcile", "returns", "--merchant", "M1", "--rate", "50")


def test_what_nobody_was_told_of_is_found_and_told_and_nothing_else(new_world: NewWorld, tmp_path: Path) -> None:
    world = new_world([seller("M1", limits=RATES)])
    lift_limits(world, "M1")
    missing, outdated, known = (create(world, "M1", count) for count in (8, 8, 10))
    for number, shipment_id in enumerate((*missing, *outdated, *known)):
        console(world, shipment_id, (Status.PACKAGE_CREATED, Status.SHIPLABEL_GENERATED, Status.SHIPPED)[number % 3])
    there = shipment_facts(world, "M1")
    unknown = [replace(there[known[0]], shipment_id=f"GONE{n}", status=Status.PACKAGE_CREATED) for n in range(4)]
    know_shipments(world, "M1", [*(there[one] for one in known), *unknown])
    know_shipments(world, "M1", [earlier(there[one], Status.CONFIRMED) for one in outdated])
    wait_older_than(3_000)
    reconcile_returns(world, known)
    start(world, None, **LATELY)
    planted = {
        **dict.fromkeys(missing, DriftKind.MISSING_HERE),
        **dict.fromkeys(outdated, DriftKind.OUTDATED_HERE),
        **dict.fromkeys((one.shipment_id for one in unknown), DriftKind.UNKNOWN_THERE),
    }
    fresh = create(world, "M1", 5)
    eventually("what came since is told", lambda: set(received(world)) == set(fresh), 90)
    told = run(world, *ORDERS, "--json", **LATELY)
    assert (told.code, told_drifts(told)) == (1, {one: str(kind) for one, kind in planted.items()})

    file = tmp_path / "pending.tsv"
    lines = [f"{there[one].order_id}\tShipped\tEXSB" for one in (missing[0], outdated[0], known[2])]
    file.write_text("\n".join(["amazon-order-id\torder-status\tfulfillment-center-id", *lines, "407-9\tShipped\tFC9"]))
    listed = run(world, "reconcile", "report", str(file), "--merchant", "M1", "--json")
    assert listed.code == 1
    kinds = {finding["order_id"]: finding["kind"] for finding in listed.json["findings"]}
    assert kinds[there[missing[0]].order_id] == "MISSING_HERE"
    assert kinds[there[outdated[0]].order_id] == "CLOSED_THERE"
    assert (listed.json["orders"], listed.json["elsewhere"]) == (4, 1)

    (refetched,) = done(world, "shipments", "refetch", "--merchant", "M1", missing[0], "--json").json["shipments"]
    assert (refetched["before"], refetched["now"]) == ("", there[missing[0]].status)
    assert "as before" in done(world, "shipments", "refetch", "--merchant", "M1", known[0]).out
    told = run(world, *ORDERS, "--repair", "--json", **LATELY)
    left = {*missing[1:], *outdated}
    assert (told.code, mended(told)) == (1, left)
    assert set(received(world)) == {*fresh, *missing}
    moved = {event["shipment_id"] for event in order_events(world) if event["type"] != "ORDER_RECEIVED"}
    assert moved >= set(outdated), "their states are told"
    told = run(world, *ORDERS, "--json", **LATELY)
    assert told_drifts(told) == {one.shipment_id: "UNKNOWN_THERE" for one in unknown}


def reconcile_returns(world: World, shipments: Sequence[str]) -> None:
    """Before a worker runs, for its sweep at the start would find them too."""
    ids = [create_return(world, shipment_id) for shipment_id in shipments]
    for return_id in ids[3:6]:
        world.tell("POST", f"returns/{return_id}/advance", {"status": "DELIVERED"})
    there = return_facts(world, "M1")
    unknown = replace(there[ids[0]], return_id="GONE")
    know_returns(world, "M1", [*(there[one] for one in ids[6:]), unknown])
    know_returns(world, "M1", [replace(there[one], status=ReturnStatus.IN_TRANSIT) for one in ids[3:6]])
    told = run(world, *RETURNS, "--json", **{**POLLING, "CONNECTOR_POLLING__SLOW_INTERVAL_S": "1"})
    planted = {**dict.fromkeys(ids[:3], "MISSING_HERE"), **dict.fromkeys(ids[3:6], "OUTDATED_HERE")}
    assert (told.code, told_drifts(told)) == (1, planted | {"GONE": "UNKNOWN_THERE"})
