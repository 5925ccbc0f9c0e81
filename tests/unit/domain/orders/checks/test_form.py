"""Every validation rule, with the exact message that an operator reads. None of them makes a call."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.money import Money
from connector.domain.orders import commands
from connector.domain.orders.checks.form import command_faults
from connector.domain.orders.commands import Action
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Length, Package, PackageItem
from connector.domain.orders.facts.shipment import Compliance, LineItem, Shipment, Status
from connector.domain.orders.steps import CreatePackagesCall
from tests.kit.orders.shipments import (
    LINES,
    asked,
    call_of,
    cm,
    command,
    grams,
    known,
    package,
    refusal_of,
    shipment,
    step_of,
)

CONFIRMED = known(shipment(Status.CONFIRMED))
ONE_LINE = LineItem(line_item_id="L1", sku="A", quantity=2)


FORM = [
    (commands.Reject(reason="BORED"), "reason: it is none of OUT_OF_STOCK, CUSTOMER_REQUESTED"),
    (commands.CreatePackages(), "packages: is empty; give at least one package, or use Pack"),
    (
        commands.Pack(packages=(package(length=cm(0)),)),
        "packages[0].length: must be above 0, not 0; measure the packet",
    ),
    (
        commands.Pack(packages=(package(height=Length(Decimal(1), "FT")),)),
        "packages[0].height: the unit is none of CM, M, IN",
    ),
    (
        commands.CreatePackages(packages=(package(weight=grams("4.9")),)),
        "packages[0].weight: must be at least 5 G, not 4.9 G; weigh the packet",
    ),
    (
        commands.Pack(packages=(package(weight=replace(grams(5), unit="STONE")),)),
        "packages[0].weight: the unit is none of G, KG, LB, OZ",
    ),
    (
        commands.Pack(packages=(package(""),)),
        "packages[0].package_id: is empty; choose an id that is unique within the shipment",
    ),
    (
        commands.Pack(packages=(package("P1"), package("P1"))),
        "packages[1].package_id: P1 is given twice; choose another id",
    ),
    (
        commands.Pack(packages=(package(items=(PackageItem(line_item_id="L1", quantity=0),)),)),
        "packages[0].items[0].quantity: must be at least 1, not 0",
    ),
    (
        commands.Pack(courier=Courier("", "T")),
        "courier.carrier_name: is empty; give the carrier's, or leave the courier out",
    ),
    (
        commands.GenerateShipLabels(courier=Courier("DHL", "")),
        "courier.tracking_id: is empty; give the carrier's, or leave the courier out",
    ),
    (
        commands.GenerateShipLabels(package_ids=("P1", "P1")),
        "package_ids[1]: P1 is given twice; name each package once",
    ),
    (
        commands.Ship(package_ids=("",)),
        "package_ids[0]: is empty; name the package, or give no package_ids for all",
    ),
    (
        commands.UpdatePackage(package(width=cm(-1))),
        "package.width: must be above 0, not -1; measure the packet",
    ),
    (commands.SelectShippingOption(package_id=""), "package_id: is empty; name the package"),
    (
        commands.UpdatePackageStatus(package_id="P1", status="GONE"),
        "status: it is none of CREATED, PICKUP_SLOT_RETRIEVED, INVOICE_GENERATED, SHIPLABEL_GENERATED, SHIPPED,"
        " DELIVERED",
    ),
    (
        commands.UpdatePackageStatus(package_id="P1", status="SHIPPED", sub_status="LOST"),
        "sub_status: it is none of OUT_FOR_DELIVERY, DELIVERED, NOT_DELIVERED, UNDELIVERABLE",
    ),
    (
        commands.UpdatePackageStatus(package_id="P1", status="SHIPPED", reason="x" * 129),
        "reason: has 129 characters; shorten it to 128",
    ),
]


@pytest.mark.parametrize(("action", "message"), FORM)
def test_a_bad_form_is_refused_before_anything_is_read(action: Action, message: str) -> None:
    assert refusal_of(asked(None, action)) == message


def test_a_command_without_shipment_is_refused() -> None:
    bare = replace(command(commands.Confirm()), shipment_id="")
    assert [str(fault) for fault in command_faults(bare)] == ["shipment_id: is empty; name the shipment"]


def test_all_faults_are_named_at_once() -> None:
    bad = package(length=cm(0), weight=grams(1))
    assert refusal_of(asked(CONFIRMED, commands.Pack(packages=(bad,)))) == (
        "packages[0].length: must be above 0, not 0; measure the packet; "
        "packages[0].weight: must be at least 5 G, not 1 G; weigh the packet"
    )


def line(**rules: str) -> LineItem:
    return replace(ONE_LINE, compliance=Compliance(**rules))


def box(*items: PackageItem, **changes: Any) -> Package:
    return package(items=items or (PackageItem(line_item_id="L1", quantity=2),), **changes)


def item(**fields: Any) -> PackageItem:
    return PackageItem(line_item_id="L1", quantity=2, **fields)


CONTENTS = [
    (
        shipment(Status.CONFIRMED),
        (package(items=(PackageItem(line_item_id="L9", quantity=1),)),),
        "packages[0].items[0].line_item_id: L9 is not in the shipment; its line items are L1, L2; "
        "packages: line item L1 has 2 units, 0 are packed; pack each unit once; "
        "packages: line item L2 has 1 units, 0 are packed; pack each unit once",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(ONE_LINE,)),
        (box(PackageItem(line_item_id="L1", quantity=3)),),
        "packages[0].items[0].quantity: is 3, but the line item has 2 units; "
        "packages: line item L1 has 2 units, 3 are packed; pack each unit once",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(ONE_LINE,)),
        (box(), package("P2", items=())),
        "packages[1].items: is empty; say what is in the package",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(line(serial_number="REQUIRED"),)),
        (box(item(serial_numbers=("1",))),),
        "packages[0].items[0].serial_numbers: Amazon requires one per unit: 2 needed, 1 given",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(line(serial_number="DISALLOWED"),)),
        (box(item(serial_numbers=("1", "2"))),),
        "packages[0].items[0].serial_numbers: Amazon disallows it for line item L1; leave it out",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(line(country_of_origin="REQUIRED"),)),
        (box(),),
        "packages[0].items[0].country_of_origin: Amazon requires it, and the line item names none; add it",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(line(item_value="REQUIRED"),)),
        (box(),),
        "packages[0].items[0].item_value: Amazon requires it, and the line item names none; add it",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(line(item_value="DISALLOWED"),)),
        (box(item(item_value=Money(Decimal(1), "EUR"))),),
        "packages[0].items[0].item_value: Amazon disallows it for line item L1; leave it out",
    ),
    (
        shipment(Status.CONFIRMED, line_items=(line(hazmat_labels="REQUIRED"),)),
        (box(),),
        "packages[0].hazmat_labels: Amazon requires them for line item L1; add them",
    ),
]


@pytest.mark.parametrize(("facts", "packages", "message"), CONTENTS)
@pytest.mark.parametrize("action", [commands.Pack, commands.CreatePackages])
def test_packages_must_be_those_of_the_shipment(
    action: type[commands.Pack | commands.CreatePackages], facts: Shipment, packages: tuple[Package, ...], message: str
) -> None:
    assert refusal_of(asked(known(facts), action(packages=packages))) == message


def test_recommended_measures_are_the_default_and_given_ones_override() -> None:
    bare = Package(package_id="P1", height=cm(44))
    change = asked(known(shipment(Status.CONFIRMED)), commands.Pack(packages=(bare,)))
    assert step_of(change.row).call == CreatePackagesCall((package(height=cm(44)),))


def test_the_line_items_origin_is_the_default() -> None:
    origin = replace(line(country_of_origin="REQUIRED"), recommended_country_of_origin="IN")
    change = asked(known(shipment(Status.CONFIRMED, line_items=(origin, LINES[1]))), commands.Pack())
    assert call_of(step_of(change.row), CreatePackagesCall).packages[0].items[0].country_of_origin == "IN"
