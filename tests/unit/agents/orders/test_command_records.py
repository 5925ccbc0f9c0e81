"""Order commands as the OMS writes them."""

from decimal import Decimal
from typing import Any, get_args

import pytest

from connector.agents.orders.command_records import read_command
from connector.domain.money import Money
from connector.domain.orders import commands
from connector.domain.orders.commands import Action, OrderCommand
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Length, Package, PackageItem, Weight
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.topics import ORDER_COMMANDS

CODEC = AvroCodec()
ITEM = {
    "line_item_id": "1",
    "quantity": 2,
    "serial_numbers": ["a", "b"],
    "pieces": 3,
    "country_of_origin": "IN",
    "item_value": {"amount": Decimal("9.9900"), "currency": "INR"},
}
PACKAGE = {
    "package_id": "P1",
    "length": {"value": Decimal("30.5000"), "unit": "CM"},
    "height": {"value": Decimal("1.0000"), "unit": "IN"},
    "weight": {"value": Decimal("500.0000"), "unit": "G"},
    "items": [ITEM],
    "hazmat_labels": ["H1"],
    "handling": "FRAGILE",
}
READ_PACKAGE = Package(
    package_id="P1",
    length=Length(Decimal("30.5"), "CM"),
    height=Length(Decimal(1), "IN"),
    weight=Weight(Decimal(500), "G"),
    items=(
        PackageItem(
            line_item_id="1",
            quantity=2,
            serial_numbers=("a", "b"),
            pieces=3,
            country_of_origin="IN",
            item_value=Money(Decimal("9.99"), "INR"),
        ),
    ),
    hazmat_labels=("H1",),
    handling="FRAGILE",
)
COURIER = {"carrier_name": "Carrier", "tracking_id": "T1"}


def arrived(action: str, fields: dict[str, Any], **changes: Any) -> OrderCommand:
    record = {
        "command_id": "C1",
        "merchant_id": "M1",
        "shipment_id": "S1",
        "issued_at": 5,
        "action": (f"smartconnect.{action}", fields),
    }
    value = CODEC.decode(ORDER_COMMANDS.name, CODEC.encode(ORDER_COMMANDS.name, record | changes))
    return read_command(value)


def meant(action: Action) -> OrderCommand:
    return OrderCommand(command_id="C1", merchant_id="M1", shipment_id="S1", action=action, issued_at_ms=5)


CASES: list[tuple[str, dict[str, Any], OrderCommand]] = [
    ("Confirm", {}, meant(commands.Confirm())),
    ("Refresh", {}, meant(commands.Refresh())),
    ("GenerateInvoice", {}, meant(commands.GenerateInvoice())),
    (
        "Reject",
        {"reason": "OUT_OF_STOCK", "reference_id": "R1"},
        meant(commands.Reject(reason="OUT_OF_STOCK", reference_id="R1")),
    ),
    ("Reject", {"reason": "CUSTOMER_REQUESTED"}, meant(commands.Reject(reason="CUSTOMER_REQUESTED"))),
    ("CreatePackages", {"packages": [PACKAGE]}, meant(commands.CreatePackages(packages=(READ_PACKAGE,)))),
    (
        "SelectShippingOption",
        {"package_id": "P1", "shipping_option_id": "O=="},
        meant(commands.SelectShippingOption(package_id="P1", shipping_option_id="O==")),
    ),
    ("SelectShippingOption", {"package_id": "P1"}, meant(commands.SelectShippingOption(package_id="P1"))),
    (
        "GenerateShipLabels",
        {"package_ids": ["P1"], "shipping_option_id": "O==", "courier": COURIER, "regenerate": True},
        meant(
            commands.GenerateShipLabels(
                package_ids=("P1",), shipping_option_id="O==", courier=Courier("Carrier", "T1"), regenerate=True
            )
        ),
    ),
    ("GenerateShipLabels", {}, meant(commands.GenerateShipLabels())),
    ("UpdatePackage", {"package": PACKAGE}, meant(commands.UpdatePackage(READ_PACKAGE))),
    (
        "UpdatePackageStatus",
        {"package_id": "P1", "status": "SHIPPED", "sub_status": "NOT_DELIVERED", "reason": "nobody home"},
        meant(
            commands.UpdatePackageStatus(
                package_id="P1", status="SHIPPED", sub_status="NOT_DELIVERED", reason="nobody home"
            )
        ),
    ),
    ("Ship", {"package_ids": ["P1"]}, meant(commands.Ship(package_ids=("P1",)))),
    ("Pack", {}, meant(commands.Pack())),
    (
        "Pack",
        {"packages": [PACKAGE], "shipping_option_id": "O==", "courier": COURIER},
        meant(commands.Pack(packages=(READ_PACKAGE,), shipping_option_id="O==", courier=Courier("Carrier", "T1"))),
    ),
    ("Refresh", {"return_id": "R1"}, meant(commands.Refresh(return_id="R1"))),
    ("CreateManifest", {"shipment_ids": ["S1", "S2"]}, meant(commands.CreateManifest(shipment_ids=("S1", "S2")))),
]


@pytest.mark.parametrize(("action", "fields", "command"), CASES)
def test_every_action_arrives_with_all_that_it_says(action: str, fields: dict[str, Any], command: OrderCommand) -> None:
    assert arrived(action, fields) == command


def test_every_action_is_tried() -> None:
    assert {type(command.action) for _, _, command in CASES} == {*get_args(Action)}


def test_when_it_expires() -> None:
    assert arrived("Confirm", {}, expires_at=77).expires_at_ms == 77


def test_a_command_that_no_result_could_name_is_no_command() -> None:
    with pytest.raises(BadRecord, match="command_id: it is empty; give each command an id of its own"):
        arrived("Confirm", {}, command_id=" ")


@pytest.mark.parametrize(
    ("action", "fields", "changes", "named"),
    [
        ("Confirm", {}, {"command_id": "c" * 20_000}, "command_id"),
        ("Confirm", {}, {"shipment_id": "S" * 257}, "shipment_id"),
        ("Confirm", {}, {"merchant_id": "M" * 257}, "merchant_id"),
        ("Ship", {"package_ids": ["P1", "P" * 257]}, {}, r"action\.package_ids\[1\]"),
        ("Pack", {"packages": [PACKAGE | {"package_id": "P" * 257}]}, {}, r"action\.packages\[0\]\.package_id"),
        (
            "CreatePackages",
            {"packages": [PACKAGE | {"items": [ITEM | {"serial_numbers": ["a", "b" * 257]}]}]},
            {},
            r"action\.packages\[0\]\.items\[0\]\.serial_numbers\[1\]",
        ),
        ("Pack", {"courier": COURIER | {"tracking_id": "T" * 257}}, {}, r"action\.courier\.tracking_id"),
        ("CreateManifest", {"shipment_ids": ["S" * 257]}, {}, r"action\.shipment_ids\[0\]"),
    ],
)
def test_a_text_that_is_too_long_is_named(
    action: str, fields: dict[str, Any], changes: dict[str, str], named: str
) -> None:
    with pytest.raises(BadRecord, match=rf"INVALID: {named}: it has \d+ characters, more than 256"):
        arrived(action, fields, **changes)


def test_an_opaque_id_of_amazons_may_be_longer() -> None:
    fields = {"package_id": "P1", "shipping_option_id": "O" * 2_048}
    assert arrived("SelectShippingOption", fields).action == commands.SelectShippingOption("P1", "O" * 2_048)
    with pytest.raises(BadRecord, match=r"action\.shipping_option_id: .* more than 2048"):
        arrived("SelectShippingOption", fields | {"shipping_option_id": "O" * 2_049})


def test_texts_as_long_as_allowed() -> None:
    assert arrived("Confirm", {}, shipment_id="\u20ac" * 256).shipment_id == "\u20ac" * 256
