"""What a shipment must be for a command, with the exact message that an operator reads."""

import pytest

from connector.domain.orders import commands
from connector.domain.orders.arrivals import take_command
from connector.domain.orders.commands import OrderCommand
from connector.domain.orders.facts.packages import PackageItem
from connector.domain.orders.facts.shipment import Program, Shipment, Status
from tests.kit.orders.calls import refuse_after_reading
from tests.kit.orders.shipments import (
    NOW,
    command,
    known,
    package,
    packed,
    refusal_of,
    shipment,
)

OUTDATED = [
    (
        shipment(Status.CONFIRMED, recommended_packages=()),
        command(commands.Pack()),
        "packages: none given, and Amazon recommends none; give packages with their measures",
    ),
    (
        shipment(Status.CONFIRMED, recommended_packages=()),
        command(commands.Pack(packages=(package(height=None),))),
        "packages[0].height: is missing, and Amazon recommends none; capture the packet's dimensions and weight",
    ),
    (
        shipment(Status.CONFIRMED, recommended_packages=()),
        command(commands.Pack(packages=(package(weight=None),))),
        "packages[0].weight: is missing, and Amazon recommends none; capture the packet's dimensions and weight",
    ),
    (
        shipment(Status.ACCEPTED),
        command(commands.Pack()),
        "action: the shipment is ACCEPTED, CONFIRMED is needed; confirm it first",
    ),
    (
        shipment(Status.CONFIRMED),
        command(commands.GenerateShipLabels()),
        "action: the shipment is CONFIRMED, PACKAGE_CREATED is needed; create its packages first",
    ),
    (
        packed(Status.INVOICE_GENERATED),
        command(commands.Ship()),
        "action: the shipment is INVOICE_GENERATED, SHIPLABEL_GENERATED is needed; generate its labels first",
    ),
    (
        packed(Status.SHIPLABEL_GENERATED),
        command(commands.UpdatePackageStatus(package_id="P1", status="DELIVERED")),
        "action: the shipment is SHIPLABEL_GENERATED, SHIPPED is needed; hand it over first",
    ),
    (
        packed(Status.PACKAGE_CREATED),
        command(commands.Reject(reason="OUT_OF_STOCK")),
        "action: the shipment is PACKAGE_CREATED; Amazon lets it be rejected in ACCEPTED, CONFIRMED",
    ),
    (
        shipment(Status.CREATED, rejectable_states=()),
        command(commands.Reject(reason="OUT_OF_STOCK")),
        "action: the shipment is CREATED; Amazon lets it be rejected in no state",
    ),
    (
        packed(Status.SHIPLABEL_GENERATED),
        command(commands.Ship(package_ids=("P1", "P7"))),
        "package_ids[1]: P7 is not in the shipment; its packages are P1",
    ),
    (
        packed(Status.PACKAGE_CREATED),
        command(commands.SelectShippingOption(package_id="P7")),
        "package_id: P7 is not in the shipment; its packages are P1",
    ),
    (
        packed(Status.PACKAGE_CREATED),
        command(commands.UpdatePackage(package("P7"))),
        "package.package_id: P7 is not in the shipment; its packages are P1",
    ),
    (
        shipment(Status.SHIPLABEL_GENERATED),
        command(commands.Ship()),
        "package_ids: Amazon names no package of the shipment; create its packages",
    ),
    (
        packed(Status.INVOICE_GENERATED),
        command(commands.GenerateShipLabels(regenerate=True)),
        "regenerate: package P1 has no label yet; leave it out",
    ),
]


@pytest.mark.parametrize(("facts", "given", "message"), OUTDATED)
def test_what_may_have_changed_is_read_before_it_is_refused(facts: Shipment, given: OrderCommand, message: str) -> None:
    assert refuse_after_reading(known(facts), given) == message


STATES = [
    (
        packed(Status.SHIPPED),
        command(commands.UpdatePackage(package())),
        "action: the shipment is SHIPPED; its packages can't be changed any more",
    ),
    (
        packed(Status.SHIPPED),
        command(commands.SelectShippingOption(package_id="P1")),
        "action: the shipment is SHIPPED; how it ships can't be chosen any more",
    ),
    (
        packed(Status.SHIPPED),
        command(commands.GenerateShipLabels(regenerate=True)),
        "action: the shipment is SHIPPED; Amazon makes no label any more",
    ),
    (
        packed(Status.PACKAGE_CREATED, Program.SELLER_FLEX),
        command(commands.SelectShippingOption(package_id="P1")),
        "action: Amazon chooses how to ship for Seller Flex; leave it out",
    ),
    (
        packed(Status.SHIPPED, Program.EASY_SHIP),
        command(commands.UpdatePackageStatus(package_id="P1", status="DELIVERED")),
        "status: delivery is reported by Amazon's carrier; only Self Ship reports its own",
    ),
    (
        packed(Status.PACKAGE_CREATED),
        command(commands.Pack(packages=(package("OTHER"),))),
        "packages: the shipment is packed otherwise, as P1; update its packages instead",
    ),
    (
        packed(Status.PACKAGE_CREATED),
        command(commands.UpdatePackage(package(items=(PackageItem(line_item_id="L1", quantity=3),)))),
        "package.items[0].quantity: is 3, but the line item has 2 units; "
        "package.items: line item L1 has 2 units, 3 are packed; pack each unit once",
    ),
]


@pytest.mark.parametrize(("facts", "given", "message"), STATES)
def test_what_the_shipment_does_not_allow_is_refused(facts: Shipment, given: OrderCommand, message: str) -> None:
    assert refusal_of(take_command(known(facts), given, NOW)) == message
