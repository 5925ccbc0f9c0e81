"""What stands still for too long: by the age of its state, and no longer than that lasts."""

from dataclasses import replace

import pytest
from msgspec import structs

from connector.domain.alerts import AlertKind
from connector.domain.orders.commands import Confirm, Pack
from connector.domain.orders.facts.shipment import Program, Shipment, Status
from connector.domain.orders.facts.shipping_options import Offer, ShippingOption, TimeWindow
from connector.domain.orders.lateness.overdue import LateAfter, Overdue, overdue
from connector.domain.orders.row import ShipmentRow, StepTrouble
from connector.domain.quarantine import TRIES, Trouble
from tests.kit.orders.shipments import asked, known, packed, shipment

HOUR = 3_600_000
NOW = 100 * HOUR
AFTER = LateAfter(
    not_confirmed_ms=2 * HOUR,
    ship_by_near_ms=HOUR,
    not_handed_over_ms=24 * HOUR,
    pickup_missed_ms=HOUR,
    command_waiting_ms=HOUR,
)


def row(status: str, *, age_ms: int = 0, ship_by_ms: int | None = None) -> ShipmentRow:
    return known(replace(shipment(status), last_updated_at_ms=NOW - age_ms, ship_by_ms=ship_by_ms))


def kinds(of: ShipmentRow, now_ms: int = NOW, *, is_held: bool = False) -> list[AlertKind]:
    return [found.kind for found in overdue(of, AFTER, now_ms, is_held=is_held)]


def test_accepted_for_too_long() -> None:
    late = row(Status.ACCEPTED, age_ms=2 * HOUR + 1)
    assert list(overdue(late, AFTER, NOW)) == [Overdue(AlertKind.SHIPMENT_NOT_CONFIRMED, NOW - 2 * HOUR - 1)]
    assert kinds(row(Status.ACCEPTED, age_ms=2 * HOUR)) == []
    assert kinds(row(Status.CREATED, age_ms=90 * HOUR)) == [], "it waits for Amazon's stock"
    assert kinds(row(Status.CONFIRMED, age_ms=90 * HOUR)) == [], "the state has gone on"


@pytest.mark.parametrize("status", [Status.CREATED, Status.ACCEPTED, Status.CONFIRMED, Status.INVOICE_GENERATED])
@pytest.mark.parametrize(
    ("left_ms", "kind"),
    [
        (HOUR, []),
        (HOUR - 1, [AlertKind.SHIP_BY_NEAR]),
        (1, [AlertKind.SHIP_BY_NEAR]),
        (0, [AlertKind.SHIP_BY_PASSED]),
        (-HOUR, [AlertKind.SHIP_BY_PASSED]),
    ],
)
def test_near_its_ship_by_or_past_it(status: str, left_ms: int, kind: list[AlertKind]) -> None:
    assert kinds(row(status, ship_by_ms=NOW + left_ms)) == kind


def test_a_label_ends_it_and_begins_another_wait() -> None:
    labelled = row(Status.SHIPLABEL_GENERATED, age_ms=24 * HOUR, ship_by_ms=NOW - HOUR)
    assert kinds(labelled) == []
    assert kinds(labelled, NOW + 1) == [AlertKind.SHIPMENT_NOT_HANDED_OVER]
    assert kinds(structs.replace(labelled, acted_at_ms=NOW - HOUR), NOW + 1) == [], (
        "our own call made the label an hour ago"
    )


@pytest.mark.parametrize("status", [Status.SHIPPED, Status.DELIVERED, Status.CANCELLED, "LOST_IN_SPACE"])
def test_what_is_closed_or_unknown_is_never_late(status: str) -> None:
    assert kinds(with_slot(row(status, age_ms=99 * HOUR, ship_by_ms=1), NOW - 9 * HOUR)) == []


def with_slot(of: ShipmentRow, end_ms: int | None, asked_at_ms: int = 1) -> ShipmentRow:
    option = ShippingOption(option_id="A", time_slot=TimeWindow(None, end_ms))
    offer = Offer(package_id="P1", options=(option,), recommended_id="A", chosen_id="A", asked_at_ms=asked_at_ms)
    return structs.replace(of, offers=(offer,))


@pytest.mark.parametrize("status", [Status.PACKAGE_CREATED, Status.SHIPLABEL_GENERATED])
def test_a_pickup_slot_that_passed_without_a_handover(status: str) -> None:
    facts: Shipment = replace(packed(status, Program.EASY_SHIP), last_updated_at_ms=NOW, ship_by_ms=None)
    assert kinds(with_slot(known(facts), NOW - HOUR - 1)) == [AlertKind.PICKUP_MISSED]
    assert kinds(with_slot(known(facts), NOW - HOUR)) == []
    assert kinds(with_slot(known(facts), None)) == []
    assert kinds(with_slot(known(facts), NOW - 9 * HOUR, asked_at_ms=NOW - HOUR)) == [], "it had passed when offered"


def test_a_command_that_waits_too_long() -> None:
    taken_ms = 1_000_000  # as the kit takes commands
    waiting = asked(row(Status.ACCEPTED), Confirm()).row
    assert kinds(waiting, taken_ms + HOUR) == []
    assert kinds(waiting, taken_ms + HOUR + 1) == [AlertKind.COMMAND_WAITING]
    assert kinds(waiting, taken_ms + HOUR + 1, is_held=True) == []
    unread = asked(None, Pack()).row
    assert kinds(unread, taken_ms + HOUR + 1) == [AlertKind.COMMAND_WAITING], "of a shipment that was never read"


def test_what_is_parked_has_an_alert_of_its_own() -> None:
    waiting = asked(row(Status.ACCEPTED), Confirm()).row
    parked = structs.replace(
        waiting, trouble=StepTrouble("CONFIRM", Trouble(since_ms=1, count=TRIES, code="", message=""))
    )
    assert parked.is_parked
    assert kinds(parked, NOW) == []
