"""Each kind of alert with its trouble at a merchant of its own, all at once, on a real broker: it is raised, for nobody
else, and it ends when the trouble is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector.domain.alerts import AlertKind
from tests.kit.flows.commands import done
from tests.kit.flows.marketplace import start
from tests.kit.flows.orders import (
    FAST,
    FAST_SIMULATOR,
    locations,
    new_shipments,
    order_seller,
    send,
    sequence,
)
from tests.kit.flows.world import NewWorld, Seller, World, wall_ms
from tests.kit.kafka.broker import eventually

TESTS = Path(__file__).parents[2]
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

ELSEWHERE: Mapping[AlertKind, str] = {
    AlertKind.SKU_CONTESTED: "unit/agents/inventory/test_contested.py",  # ends after ten quiet minutes
    AlertKind.STOCK_LEFT_BEHIND: "unit/agents/inventory/test_timelines.py",  # told once
    AlertKind.LABEL_NOT_HAD: "unit/domain/orders/needs/test_label_files.py",  # told once
    AlertKind.MEASURES_DIFFER: "unit/domain/orders/needs/test_boxes.py",  # told once
    AlertKind.RETURN_PARKED: "unit/agents/returns/test_parked.py",  # by lists that are odd
    AlertKind.RECORD_PARKED: "unit/agents/polling/test_troubles.py",  # by lists that are odd
    AlertKind.CLOCK_WRONG: "unit/agents/polling/test_timelines.py",  # of a worker, not of a merchant
    AlertKind.DEAD_LETTERS: "unit/ops/test_rules.py",  # ends an hour after the last
    AlertKind.OFFSETS_RESET: "unit/agents/records/test_resets.py",  # ends after an hour
    AlertKind.DOCUMENTS_NOT_STORED: "unit/agents/records/test_store.py",  # of a worker, not of a merchant
    AlertKind.PICKUP_MISSED: "unit/domain/orders/lateness/test_overdue.py",  # no slot is past at once
    AlertKind.DRIFT: "flows/reconcile/test_nightly.py",
}
"""Those that can't be raised and ended here within minutes, and where they are."""

ONE_LABEL_IN_20_S = FAST.replace("ship_labels = {rate = 200}", "ship_labels = {rate = 0.05}")


@dataclass(frozen=True)
class Trouble:
    """At the merchant that is named as the kind. `mend`: besides that Amazon has no fault any more."""

    begin: Callable[[World, str], None]
    mend: Callable[[World, str], object] = lambda *_: None
    thresholds: str = ""
    limits: str = FAST


def at_amazon(fault: str) -> Callable[[World, str], None]:
    return lambda world, merchant_id: world.fault(f"{fault},merchant={merchant_id}")


def refused_update(world: World, merchant_id: str) -> None:
    at_amazon("403,item,op=inventory")(world, merchant_id)
    world.produce([world.update(merchant_id, "sku", 5, 1, "SELF_SHIP")])


def order(world: World, merchant_id: str, *actions: str, **facts: object) -> None:
    """One that is to be made ready by the warehouse."""
    facts = {"shipment_id": f"S-{merchant_id}", **facts}
    (shipment_id,) = new_shipments(world, merchant_id, "SELF_SHIP", 1, **facts)
    send(world, sequence(merchant_id, shipment_id, *actions))


def commanded(*actions: str) -> Callable[[World, str], None]:
    return lambda world, merchant_id: send(world, sequence(merchant_id, f"S-{merchant_id}", *actions))


def order_due(in_s: float) -> Callable[[World, str], None]:
    return lambda world, merchant_id: order(world, merchant_id, ship_by=wall_ms() / 1000 + in_s)


def refused_confirm(world: World, merchant_id: str) -> None:
    at_amazon("403,op=process_shipment")(world, merchant_id)
    order(world, merchant_id, "Confirm")


def confirm_held_up(world: World, merchant_id: str) -> None:
    at_amazon("429,op=process_shipment")(world, merchant_id)
    order(world, merchant_id, "Confirm")


def tried_again(world: World, merchant_id: str) -> None:
    done(world, "alerts", "retry", "--merchant", merchant_id)


def elsewhere(world: World, merchant_id: str) -> None:
    world.tell("POST", "shipments", {"merchant_id": merchant_id, "lines": {"sku": 1}, "location_id": "FAR-AWAY"})


def location_added(world: World, merchant_id: str) -> None:
    more = locations() + '[[merchants.locations]]\nlocation_id = "FAR-AWAY"\nprogram = "SELLER_FLEX"\n'
    world.sellers = [
        seller if seller.merchant_id != merchant_id else seller_of(AlertKind(merchant_id), more)
        for seller in world.sellers
    ]
    world.write_merchants()


def more_than_can_be_labelled(world: World, merchant_id: str) -> None:
    new_shipments(world, merchant_id, "SELF_SHIP", 40, ship_by=wall_ms() / 1000 + 600)


def cancelled(world: World, merchant_id: str) -> None:
    for shipment in world.ask("shipments", merchant=merchant_id):
        world.tell("POST", f"shipments/{shipment['id']}/cancel", {})


TROUBLES: Mapping[AlertKind, Trouble] = {
    AlertKind.SKU_PARKED: Trouble(refused_update, tried_again),
    AlertKind.SHIPMENT_PARKED: Trouble(refused_confirm, tried_again),
    AlertKind.LIST_PARKED: Trouble(at_amazon("400,op=list_shipments"), tried_again),
    AlertKind.API_NOT_ENABLED: Trouble(at_amazon("403,op=returns")),
    AlertKind.MERCHANT_SUSPENDED: Trouble(at_amazon("401")),
    AlertKind.MERCHANT_UNREACHABLE: Trouble(at_amazon("close,before")),
    AlertKind.LOCATION_UNKNOWN: Trouble(elsewhere, location_added),
    AlertKind.SHIPMENT_NOT_CONFIRMED: Trouble(order, commanded("Confirm"), "not_confirmed_s = 1"),
    AlertKind.SHIP_BY_NEAR: Trouble(order_due(3600), commanded("Confirm", "Pack")),
    AlertKind.SHIP_BY_PASSED: Trouble(order_due(-60), commanded("Confirm", "Pack")),
    AlertKind.SHIPMENT_NOT_HANDED_OVER: Trouble(
        lambda world, merchant_id: order(world, merchant_id, "Confirm", "Pack"),
        commanded("Ship"),
        "not_handed_over_s = 1",
    ),
    AlertKind.COMMAND_WAITING: Trouble(confirm_held_up, thresholds="command_waiting_s = 1"),
    AlertKind.CUTOFF_AT_RISK: Trouble(more_than_can_be_labelled, cancelled, "ship_by_near_s = 1", ONE_LABEL_IN_20_S),
}


def seller_of(kind: AlertKind, places: str = locations()) -> Seller:
    trouble = TROUBLES[kind]
    limits = f"{trouble.limits}[merchants.thresholds]\n{trouble.thresholds}\n"
    return order_seller(kind, extra="poll_interval_s = 1\n", limits=limits, locations=places)


def standing(world: World) -> set[tuple[str, str]]:
    """(merchant, kind) of those that stand."""
    return {(alert["merchant_id"], alert["kind"]) for alert in done(world, "alerts", "list", "--json").json}


def test_each_kind_is_raised_or_said_where_it_is() -> None:
    assert {*TROUBLES} ^ {*ELSEWHERE} == {*AlertKind}
    assert [kind for kind, file in ELSEWHERE.items() if str(kind) not in (TESTS / file).read_text()] == []


def test_each_is_raised_by_its_trouble_and_ended_by_its_end(new_world: NewWorld) -> None:
    world = new_world([seller_of(kind) for kind in TROUBLES], simulator_args=FAST_SIMULATOR)
    worker = start(world)
    for kind, trouble in TROUBLES.items():
        trouble.begin(world, kind)
    wanted = {(str(kind), str(kind)) for kind in TROUBLES}
    eventually("each is raised", lambda: wanted <= standing(world), 180)
    assert standing(world) == wanted, "of others none"

    world.tell("DELETE", "faults")
    for kind, trouble in TROUBLES.items():
        trouble.mend(world, kind)
    for kind in TROUBLES:
        eventually(f"{kind} has ended", lambda kind=kind: (kind, kind) not in standing(world), 120)  # type: ignore[misc]  # mypy infers no type for a default
    assert standing(world) == set(), "by the mending none is raised"
    assert worker.running
