"""What Amazon tells, from wherever and in whatever order, becomes each event once (G6, G8)."""

from dataclasses import replace

import msgspec
import pytest
from msgspec import structs

from connector.domain.orders.allocation import Allocation
from connector.domain.orders.arrivals import needs_confirming
from connector.domain.orders.commands import CommandOutcome, Confirm, Pack, Refresh, Reject, UpdatePackage
from connector.domain.orders.events import CancelledBy, OrderEventType
from connector.domain.orders.facts.addresses import Address
from connector.domain.orders.facts.shipment import (
    Cancellation,
    OriginalShipment,
    Program,
    Shipment,
    ShipmentType,
    Status,
)
from connector.domain.orders.next_step import advance, plan_next_call
from connector.domain.orders.row import Rules, ShipmentRow
from connector.domain.orders.steps import ConfirmShipmentCall, UpdatePackageCall
from tests.kit.orders.calls import REFUSED, ended, made, read
from tests.kit.orders.shipments import (
    LINES,
    NOW,
    SHIPMENT,
    asked,
    cm,
    hint,
    known,
    later,
    package,
    packed,
    seen,
    shipment,
    step_of,
)

RECEIVED = OrderEventType.ORDER_RECEIVED


def test_an_order_is_received_once() -> None:
    first = seen(None, shipment())
    assert [event.type for event in first.orders] == [RECEIVED]
    assert (first.orders[0].program, first.orders[0].ship_by_ms) == (Program.SELF_SHIP, 5_000_000)
    again = seen(first.row, shipment(), at_ms=NOW + 1)
    assert again.row is first.row
    assert again.orders == ()


def test_a_created_shipment_is_no_order_before_stock_is_assigned() -> None:
    created = seen(None, shipment(Status.CREATED))
    assert created.orders == ()
    accepted = seen(created.row, later(shipment(Status.CREATED), Status.ACCEPTED))
    assert [event.type for event in accepted.orders] == [RECEIVED]


def test_a_created_shipment_is_announced_where_the_rules_say_so() -> None:
    created = seen(None, shipment(Status.CREATED), rules=Rules(announce_created=True))
    assert [event.type for event in created.orders] == [RECEIVED]


def test_an_order_first_seen_as_shipped_is_adopted_with_what_it_skipped() -> None:
    change = seen(None, packed(Status.SHIPPED))
    assert [event.type for event in change.orders] == [RECEIVED, OrderEventType.SHIPPED]
    assert change.orders[1].skipped == (
        "CONFIRMED",
        "PACKAGE_CREATED",
        "PICKUP_SLOT_RETRIEVED",
        "INVOICE_GENERATED",
        "SHIPLABEL_GENERATED",
    )


def test_a_jump_names_the_states_of_the_program_only() -> None:
    flex = known(shipment(Status.ACCEPTED, Program.SELLER_FLEX))
    change = seen(flex, later(packed(Status.SHIPLABEL_GENERATED, Program.SELLER_FLEX)))
    assert [(event.type, event.previous_status) for event in change.orders] == [
        (OrderEventType.LABELS_GENERATED, "ACCEPTED")
    ]
    assert change.orders[0].skipped == ("CONFIRMED", "PACKAGE_CREATED", "INVOICE_GENERATED")


def test_a_changed_attribute_is_an_update_that_names_it() -> None:
    moved = later(shipment(), ship_to=Address(postal_code="560001"), ship_by_ms=6_000_000)
    change = seen(known(shipment()), moved)
    assert [(event.type, event.changed) for event in change.orders] == [
        (OrderEventType.ORDER_UPDATED, ("ship_by", "ship_to"))
    ]
    assert change.orders[0].snapshot is moved


def test_an_older_reading_changes_nothing() -> None:
    row = seen(known(shipment()), later(shipment(), Status.CONFIRMED)).row
    assert seen(row, shipment(), at_ms=NOW + 1).row is row


def test_a_reading_from_before_our_own_act_does_not_take_it_back() -> None:
    row = made(asked(known(shipment()), Confirm()).row, ConfirmShipmentCall).row
    assert seen(row, later(shipment()), at_ms=NOW).row is row
    lagging = seen(row, later(shipment()), at_ms=NOW + 1)
    assert lagging.row is row


def test_an_act_dated_by_a_clock_that_was_ahead_hides_nothing() -> None:
    """The clock was set back since: what a list shows now came after the act, whatever the dates say."""
    row = made(asked(known(shipment()), Confirm()).row, ConfirmShipmentCall).row
    row = structs.replace(row, acted_at_ms=NOW + 7_200_000)
    assert seen(row, later(shipment(), Status.SHIPPED), at_ms=NOW + 1).row.facts == later(shipment(), Status.SHIPPED)


def test_a_cancellation_counts_however_long_ago_it_was_read() -> None:
    row = made(asked(known(shipment()), Confirm()).row, ConfirmShipmentCall).row
    assert len(seen(row, later(shipment(), Status.CANCELLED), at_ms=NOW - 1).cancellations) == 1


def test_a_reading_from_before_a_package_update_does_not_bring_the_old_label_back() -> None:
    row = asked(known(packed(Status.SHIPLABEL_GENERATED)), UpdatePackage(package(height=cm(9)))).row
    row = made(row, UpdatePackageCall).row
    assert seen(row, later(packed(Status.SHIPLABEL_GENERATED)), at_ms=NOW).row is row


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("MARKETPLACE_CANCELLED", CancelledBy.CUSTOMER_OR_MARKETPLACE),
        ("SELLER_REJECTED", CancelledBy.SELLER),
        ("SYSTEM_CANCELLED", CancelledBy.SYSTEM),
    ],
)
def test_a_cancellation_is_told_and_ends_all_commands(kind: str, who: CancelledBy) -> None:
    row = asked(known(shipment()), Confirm()).row
    row = asked(row, Pack(), command_id="C2").row
    lines = tuple(replace(line, cancellations=(Cancellation(type=kind, reason="Buyer cancelled"),)) for line in LINES)
    change = seen(row, later(shipment(), Status.CANCELLED, line_items=lines))

    (event,) = change.cancellations
    assert (event.cancelled_by, event.reason, event.reason_code) == (who, "Buyer cancelled", "CUSTOMER_REQUESTED")
    assert (event.previous_status, [item.sku for item in event.line_items]) == ("ACCEPTED", ["A", "B"])
    assert [result.outcome for result in change.results] == [CommandOutcome.CANCELLED] * 2
    assert change.results[0].message == f"the shipment was cancelled ({who}); nothing more is done for it"
    assert plan_next_call(change.row, NOW) is None
    assert seen(change.row, later(shipment(), Status.CANCELLED, line_items=lines)).cancellations == ()


def test_an_order_first_seen_cancelled_is_received_and_cancelled() -> None:
    change = seen(None, shipment(Status.CANCELLED))
    assert [event.type for event in change.orders] == [RECEIVED]
    assert len(change.cancellations) == 1


def test_a_command_after_the_cancellation_ends_as_cancelled() -> None:
    change = asked(known(shipment(Status.CANCELLED)), Pack())
    assert [result.outcome for result in change.results] == [CommandOutcome.CANCELLED]


def test_the_events_of_a_replacement_carry_the_original() -> None:
    facts = shipment(
        shipment_type=ShipmentType.REPLACEMENT, original_shipment=OriginalShipment(shipment_id="UNKNOWN-HERE")
    )
    first = seen(None, facts)
    second = seen(first.row, later(facts, Status.CONFIRMED, original_shipment=None))
    for event in (*first.orders, *second.orders):
        assert (event.shipment_type, event.original_shipment_id) == ("REPLACEMENT", "UNKNOWN-HERE")


def test_an_order_is_allocated_once_and_all_events_say_where() -> None:
    asked_for: list[str] = []

    def allocate(facts: Shipment) -> tuple[Allocation, ...]:
        asked_for.append(facts.shipment_id)
        return (Allocation("WH1", "L1", "A", 2),)

    rules = Rules(allocate=allocate)
    first = seen(None, shipment(), rules=rules)
    second = seen(first.row, later(shipment(), Status.CONFIRMED), rules=rules)
    assert asked_for == [SHIPMENT]
    assert [event.allocations for event in (*first.orders, *second.orders)] == [(Allocation("WH1", "L1", "A", 2),)] * 2


def test_a_received_order_is_confirmed_where_the_merchant_wants_that() -> None:
    change = seen(None, shipment(), rules=Rules(auto_confirm=True))
    step = step_of(change.row)
    assert (type(step.call), step.command_id) == (ConfirmShipmentCall, "auto-confirm-S1")
    assert seen(change.row, later(shipment()), rules=Rules(auto_confirm=True)).row.queue == change.row.queue


def test_no_order_is_confirmed_that_the_oms_is_to_reject() -> None:
    waiting = asked(None, Reject(reason="OUT_OF_STOCK")).row
    assert len(seen(waiting, shipment(), rules=Rules(auto_confirm=True)).row.queue) == 1


def test_a_package_update_made_elsewhere_starts_the_packing_again() -> None:
    labelled = packed(Status.SHIPLABEL_GENERATED)
    row = known(labelled)
    first = seen(row, labelled).orders
    back = read(hint_for(row), later(labelled, Status.PACKAGE_CREATED))
    assert back.row.repacked == 1
    again = seen(back.row, later(later(labelled)), at_ms=NOW + 1)
    assert [event.type for event in again.orders] == [OrderEventType.LABELS_GENERATED]
    assert again.orders[0].event_id not in {event.event_id for event in (*first, *seen(None, labelled).orders)}


def hint_for(row: ShipmentRow) -> ShipmentRow:
    told = hint(row, Status.PACKAGE_CREATED, changed_at_ms=2000)
    assert told is not None
    return told


def test_a_copy_that_lags_does_not_take_our_label_back() -> None:
    row = structs.replace(known(packed(Status.SHIPLABEL_GENERATED)), called_at_ms=2001)
    lagging = later(packed(Status.PACKAGE_CREATED))
    assert seen(row, lagging).row is row
    assert seen(structs.replace(row, called_at_ms=2000), lagging).row.repacked == 1


def test_a_row_may_be_forgotten_from_its_last_state_on_unless_something_is_asked_of_it() -> None:
    row = known(packed(Status.SHIPPED))
    assert row.forgettable_since_ms == NOW
    delivered = seen(row, later(packed(Status.SHIPPED), Status.DELIVERED), at_ms=NOW + 500).row
    assert delivered.forgettable_since_ms == NOW + 500
    assert asked(row, Refresh()).row.forgettable_since_ms is None


def test_a_row_comes_back_from_its_changelog_as_it_was() -> None:
    row = asked(known(packed(Status.PACKAGE_CREATED)), Pack()).row
    row = hint(ended(row, REFUSED).row, Status.CANCELLED) or row
    assert row.hint is not None
    assert msgspec.json.decode(msgspec.json.encode(row), type=ShipmentRow) == row


def test_an_order_that_the_oms_tried_to_reject_is_not_confirmed_by_itself() -> None:
    row = asked(known(shipment(Status.ACCEPTED)), Reject("OUT_OF_STOCK"), expires_at_ms=NOW + 1_000).row
    end = advance(structs.replace(row, received=True), NOW + 2_000)
    assert [result.outcome for result in end.results] == [CommandOutcome.EXPIRED]
    assert not needs_confirming(end.row, Rules(auto_confirm=True))
