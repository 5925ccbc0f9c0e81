"""Changes of a package, and the reports of its way."""

from dataclasses import replace
from typing import Any

from connector.domain.orders.commands import (
    CommandOutcome,
    Pack,
    SelectShippingOption,
    UpdatePackage,
    UpdatePackageStatus,
)
from connector.domain.orders.events import OrderEventType
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import (
    GenerateShipLabelsCall,
    RetrieveShippingOptionsCall,
    UpdatePackageCall,
    UpdatePackageStatusCall,
)
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
    _, change = run(asked(known(READY), Pack()))
    change = asked(change.row, UpdatePackage(replace(package(), height=cm(99))), command_id="C2")
    steps, change = run(change)
    assert [step.call for step in steps] == [UpdatePackageCall(package(height=cm(99)))]
    assert [(event.type, event.previous_status) for event in change.orders] == [
        (OrderEventType.PACKAGES_CREATED, "SHIPLABEL_GENERATED")
    ]
    assert (change.row.documents, change.row.repacked) == ((), 1)
    assert kinds(asked(change.row, Pack(), command_id="C3")) == [
        RetrieveShippingOptionsCall,
        GenerateShipLabelsCall,
    ]


def test_options_are_those_of_the_package_as_it_is_now() -> None:
    row = asked(known(packed(Status.PACKAGE_CREATED)), SelectShippingOption(package_id="P1")).row
    row = made(row, RetrieveShippingOptionsCall, ShippingOptions()).row
    change = asked(row, UpdatePackage(package(height=cm(99))), command_id="C2")
    row = made(change.row, UpdatePackageCall).row
    assert kinds(asked(row, Pack(), command_id="C3"))[0] is RetrieveShippingOptionsCall


def test_a_package_update_in_doubt_is_compared_with_what_was_asked() -> None:
    wanted = package(height=cm(99))
    row = ended(asked(known(LABELLED), UpdatePackage(wanted)).row, LOST).row
    there = packed(Status.PACKAGE_CREATED, packages=(replace(wanted, status="CREATED"),), last_updated_at_ms=2000)
    assert only_result(read(row, there)).outcome is CommandOutcome.DONE
    assert isinstance(step_of(read(row, LABELLED).row).call, UpdatePackageCall)


def ship_status(facts: Shipment, **fields: Any) -> ShipmentRow:
    return asked(known(facts), UpdatePackageStatus(package_id="P1", **fields)).row


def test_self_delivery_is_reported_step_by_step() -> None:
    shipped = packed(Status.SHIPPED)
    change = made(
        ship_status(shipped, status="SHIPPED", sub_status="NOT_DELIVERED", reason="nobody there"),
        UpdatePackageStatusCall,
    )
    assert [(event.type, event.changed) for event in change.orders] == [
        (OrderEventType.ORDER_UPDATED, ("reason", "sub_status"))
    ]
    again = asked(
        change.row, UpdatePackageStatus(package_id="P1", status="SHIPPED", sub_status="NOT_DELIVERED"), command_id="C2"
    )
    assert kinds(again) == [UpdatePackageStatusCall], "a second try is reported too"
    delivered = made(ship_status(shipped, status="DELIVERED"), UpdatePackageStatusCall)
    assert [event.type for event in delivered.orders] == [OrderEventType.DELIVERED]


def test_a_sub_status_in_doubt_is_looked_for_before_it_is_sent_again() -> None:
    row = ended(ship_status(packed(Status.SHIPPED), status="SHIPPED", sub_status="OUT_FOR_DELIVERY"), LOST).row
    seen_there = packed(Status.SHIPPED, sub_status="OUT_FOR_DELIVERY", last_updated_at_ms=2000)
    assert only_result(read(row, seen_there)).outcome is CommandOutcome.DONE
    assert isinstance(step_of(read(row, packed(Status.SHIPPED)).row).call, UpdatePackageStatusCall)
