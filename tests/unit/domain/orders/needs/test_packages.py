"""Changes of a package, and the reports of its way."""

from dataclasses import replace
from typing import Any

from connector.domain.orders.commands import Action, CommandOutcome
from connector.domain.orders.events import OrderEventType
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import StepKind
from tests.kit.orders.calls import LOST, ended, made, read
from tests.kit.orders.packing_calls import LABELLED, READY, kinds, run
from tests.kit.orders.shipments import (
    asked,
    cm,
    known,
    only_result,
    package,
    packed,
    step_of,
)


def test_a_package_update_sends_the_sequence_back_to_the_shipping_options() -> None:
    _, change = run(asked(known(READY), Action.PACK))
    change = asked(change.row, Action.UPDATE_PACKAGE, command_id="C2", packages=(replace(package(), height=cm(99)),))
    steps, change = run(change)
    assert [step.kind for step in steps] == [StepKind.UPDATE_PACKAGE]
    assert steps[0].packages == (package(height=cm(99)),)
    assert [(event.type, event.previous_status) for event in change.orders] == [
        (OrderEventType.PACKAGES_CREATED, "SHIPLABEL_GENERATED")
    ]
    assert (change.row.documents, change.row.repacked) == ((), 1)
    assert kinds(asked(change.row, Action.PACK, command_id="C3")) == [
        StepKind.SHIPPING_OPTIONS,
        StepKind.GENERATE_LABELS,
    ]


def test_options_are_those_of_the_package_as_it_is_now() -> None:
    row = asked(known(packed(Status.PACKAGE_CREATED)), Action.SELECT_SHIPPING_OPTION, package_id="P1").row
    row = made(row, StepKind.SHIPPING_OPTIONS, ShippingOptions()).row
    change = asked(row, Action.UPDATE_PACKAGE, command_id="C2", packages=(package(height=cm(99)),))
    row = made(change.row, StepKind.UPDATE_PACKAGE).row
    assert kinds(asked(row, Action.PACK, command_id="C3"))[0] is StepKind.SHIPPING_OPTIONS


def test_a_package_update_in_doubt_is_compared_with_what_was_asked() -> None:
    wanted = package(height=cm(99))
    row = ended(asked(known(LABELLED), Action.UPDATE_PACKAGE, packages=(wanted,)).row, LOST).row
    there = packed(Status.PACKAGE_CREATED, packages=(replace(wanted, status="CREATED"),), last_updated_at_ms=2000)
    assert only_result(read(row, there)).outcome is CommandOutcome.DONE
    assert step_of(read(row, LABELLED).row).kind is StepKind.UPDATE_PACKAGE


def ship_status(facts: Shipment, **fields: Any) -> ShipmentRow:
    return asked(known(facts), Action.UPDATE_PACKAGE_STATUS, package_id="P1", **fields).row


def test_self_delivery_is_reported_step_by_step() -> None:
    shipped = packed(Status.SHIPPED)
    change = made(
        ship_status(shipped, status="SHIPPED", sub_status="NOT_DELIVERED", reason="nobody there"),
        StepKind.UPDATE_PACKAGE_STATUS,
    )
    assert [(event.type, event.changed) for event in change.orders] == [
        (OrderEventType.ORDER_UPDATED, ("reason", "sub_status"))
    ]
    again = asked(
        change.row,
        Action.UPDATE_PACKAGE_STATUS,
        command_id="C2",
        package_id="P1",
        status="SHIPPED",
        sub_status="NOT_DELIVERED",
    )
    assert kinds(again) == [StepKind.UPDATE_PACKAGE_STATUS], "a second try is reported too"
    delivered = made(ship_status(shipped, status="DELIVERED"), StepKind.UPDATE_PACKAGE_STATUS)
    assert [event.type for event in delivered.orders] == [OrderEventType.DELIVERED]


def test_a_sub_status_in_doubt_is_looked_for_before_it_is_sent_again() -> None:
    row = ended(ship_status(packed(Status.SHIPPED), status="SHIPPED", sub_status="OUT_FOR_DELIVERY"), LOST).row
    seen_there = packed(Status.SHIPPED, sub_status="OUT_FOR_DELIVERY", last_updated_at_ms=2000)
    assert only_result(read(row, seen_there)).outcome is CommandOutcome.DONE
    assert step_of(read(row, packed(Status.SHIPPED)).row).kind is StepKind.UPDATE_PACKAGE_STATUS
