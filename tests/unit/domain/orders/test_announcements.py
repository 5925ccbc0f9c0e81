"""What two readings of a shipment tell: incidents on the way, units cancelled, orders long over."""

from dataclasses import replace

import pytest

from connector.domain.orders.allocation import Allocation
from connector.domain.orders.commands import CreatePackages, Pack
from connector.domain.orders.events import CancelledBy, OrderEvent, OrderEventType
from connector.domain.orders.facts.shipment import Cancellation, Shipment, Status
from connector.domain.orders.row import Rules
from connector.domain.orders.steps import CreatePackagesCall
from tests.kit.orders.shipments import (
    LINES,
    asked,
    call_of,
    known,
    package,
    packed,
    refusal_of,
    seen,
    shipment,
    step_of,
)

INCIDENTS = ("UNDELIVERABLE", "LOST", "DAMAGED")
DAY_MS = 24 * 60 * 60_000
OLD = Rules(kept_ms=30 * DAY_MS, allocate=lambda _: (Allocation("WH1", "L1", "A", 2),))
LONG_AFTER = 40 * DAY_MS


def then(facts: Shipment, at_ms: int, **changes: object) -> Shipment:
    return replace(facts, last_updated_at_ms=at_ms, **changes)  # type: ignore[arg-type]  # any field


def types(events: tuple[OrderEvent, ...]) -> list[str]:
    return [event.type for event in events]


@pytest.mark.parametrize("incident", INCIDENTS)
def test_an_incident_on_the_way_is_an_event_of_its_own(incident: str) -> None:
    shipped = packed(Status.SHIPPED, sub_status="PICKED_UP")
    change = seen(known(shipped), then(shipped, 2000, sub_status=incident, reason="at the border"))
    (event,) = change.orders
    assert (event.type, event.status, event.snapshot.reason) == (incident, "SHIPPED", "at the border")
    assert seen(change.row, then(shipped, 3000, sub_status=incident, reason="at the border")).orders == ()


def test_an_incident_that_comes_with_its_state_is_told_after_it() -> None:
    row = known(packed(Status.SHIPLABEL_GENERATED))
    lost = packed(Status.SHIPPED, sub_status="LOST", last_updated_at_ms=2000)
    assert types(seen(row, lost).orders) == ["SHIPPED", "LOST"]
    assert types(seen(None, lost).orders) == ["ORDER_RECEIVED", "SHIPPED", "LOST"]


def test_what_is_lost_found_and_lost_again_is_two_events() -> None:
    shipped = packed(Status.SHIPPED)
    lost = seen(known(shipped), then(shipped, 2000, sub_status="LOST"))
    found = seen(lost.row, then(shipped, 3000, sub_status="OUT_FOR_DELIVERY"))
    again = seen(found.row, then(shipped, 4000, sub_status="LOST"))
    assert [(event.type, event.changed) for event in found.orders] == [("ORDER_UPDATED", ("sub_status",))]
    assert types(again.orders) == ["LOST"]
    assert again.orders[0].event_id != lost.orders[0].event_id


def cancelling(*quantities: int) -> Shipment:
    """Units of the first line, one cancellation after the other."""
    told = tuple(Cancellation(type="MARKETPLACE_CANCELLED", quantity=quantity) for quantity in quantities)
    first, *others = LINES
    return shipment(Status.CONFIRMED, line_items=(replace(first, cancellations=told), *others))


def test_units_cancelled_are_told_by_line_each_time_and_once() -> None:
    first, *others = LINES
    three = shipment(Status.CONFIRMED, line_items=(replace(first, quantity=3), *others))
    lines = [replace(line, quantity=3) for line in (cancelling(1).line_items[0], cancelling(1, 1).line_items[0])]
    one = seen(known(three), then(three, 2000, line_items=(lines[0], *others)))
    two = seen(one.row, then(three, 3000, line_items=(lines[1], *others)))
    again = seen(two.row, then(three, 4000, line_items=(lines[1], *others)))
    told = [
        [(item.line_item_id, item.quantity) for item in event.cancelled_items] for event in (*one.orders, *two.orders)
    ]
    assert told == [[("L1", 1)], [("L1", 1)]]
    assert one.cancellations == two.cancellations == ()
    assert again.orders == ()


def test_what_is_packed_is_what_is_left() -> None:
    left = [("L1", 1), ("L2", 1)]
    row = asked(known(cancelling(1)), Pack()).row
    (box,) = call_of(step_of(row), CreatePackagesCall).packages
    assert [(item.line_item_id, item.quantity) for item in box.items] == left
    all_of_it = packed(Status.PACKAGE_CREATED).packages
    refusal = refusal_of(asked(known(cancelling(1)), CreatePackages(all_of_it)))
    assert "the line item has 1 units left (1 of 2 were cancelled)" in refusal


def test_a_line_that_is_cancelled_whole_is_in_no_package() -> None:
    row = asked(known(cancelling(2)), Pack(packages=(package(items=()),))).row
    (box,) = call_of(step_of(row), CreatePackagesCall).packages
    assert [(item.line_item_id, item.quantity) for item in box.items] == [("L2", 1)]


def test_who_cancelled_is_unknown_where_amazon_does_not_say() -> None:
    (event,) = seen(known(shipment()), then(shipment(), 2000, status=Status.CANCELLED)).cancellations
    assert event.cancelled_by is CancelledBy.UNKNOWN
    odd = then(cancelling(2), 2000, status=Status.CANCELLED)
    told = replace(odd.line_items[0], cancellations=(Cancellation(type="BY_THE_MOON", quantity=2),))
    (event,) = seen(known(shipment()), replace(odd, line_items=(told,))).cancellations
    assert event.cancelled_by is CancelledBy.UNKNOWN


@pytest.mark.parametrize("status", [Status.SHIPPED, Status.DELIVERED])
def test_an_order_that_is_long_over_is_not_announced_as_new(status: Status) -> None:
    before = seen(None, packed(status), at_ms=DAY_MS, rules=OLD)
    again = seen(None, then(packed(status), 2000), at_ms=LONG_AFTER, rules=OLD)
    assert types(again.orders) == [status]
    assert again.orders[0].event_id == before.orders[-1].event_id, "whoever had it knows it again"
    assert again.orders[0].allocations == ()
    assert seen(again.row, then(packed(status), 3000), at_ms=LONG_AFTER + 1, rules=OLD).orders == ()


def test_what_becomes_of_an_order_that_is_long_over_is_told() -> None:
    again = seen(None, then(packed(Status.SHIPPED, sub_status="LOST"), 2000), at_ms=LONG_AFTER, rules=OLD)
    assert types(again.orders) == ["SHIPPED", "LOST"]
    delivered = seen(again.row, then(packed(Status.DELIVERED), 3000), at_ms=LONG_AFTER + 1, rules=OLD)
    assert OrderEventType.DELIVERED in types(delivered.orders)


def test_a_cancellation_that_is_long_over_keeps_its_id() -> None:
    cancelled = shipment(Status.CANCELLED)
    (before,) = seen(None, cancelled, at_ms=DAY_MS, rules=OLD).cancellations
    again = seen(None, cancelled, at_ms=LONG_AFTER, rules=OLD)
    assert again.orders == ()
    assert [event.event_id for event in again.cancellations] == [before.event_id]


@pytest.mark.parametrize(
    ("facts", "rules"),
    [
        (shipment(Status.ACCEPTED), OLD),
        (packed(Status.SHIPPED, created_at_ms=LONG_AFTER - DAY_MS), OLD),
        (packed(Status.SHIPPED, created_at_ms=None), OLD),
        (packed(Status.SHIPPED), Rules()),
    ],
    ids=["not over", "not old", "of no age", "never forgotten"],
)
def test_what_can_have_had_no_row_is_announced(facts: Shipment, rules: Rules) -> None:
    change = seen(None, facts, at_ms=LONG_AFTER, rules=rules)
    assert types(change.orders)[0] == OrderEventType.ORDER_RECEIVED
