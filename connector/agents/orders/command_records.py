"""Order commands on their topic."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.agents.bounds import check_texts
from connector.domain.money import Money
from connector.domain.orders import commands
from connector.domain.orders.commands import Action, OrderCommand
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Length, Package, PackageItem, Weight
from connector.kafka.avro.codec import BadRecord


def read_command(value: Mapping[str, Any]) -> OrderCommand:
    """Raises BadRecord where no result or row could hold it; what else is wrong is refused by the domain's rules."""
    check_texts(value)
    if not value["command_id"].strip():
        raise BadRecord("INVALID", "command_id: it is empty; give each command an id of its own")
    record_name, asked = value["action"]
    return OrderCommand(
        command_id=value["command_id"],
        merchant_id=value["merchant_id"],
        shipment_id=value["shipment_id"],
        action=_action(record_name.removeprefix("smartconnect."), asked),
        issued_at_ms=value["issued_at"],
        expires_at_ms=value["expires_at"],
    )


def _action(name: str, asked: Mapping[str, Any]) -> Action:
    """Raises ValueError for what is none of the schema's."""
    match name:
        case "Confirm":
            return commands.Confirm()
        case "Reject":
            return commands.Reject(asked["reason"], asked["reference_id"] or "")
        case "CreatePackages":
            return commands.CreatePackages(_packages(asked["packages"]))
        case "SelectShippingOption":
            return commands.SelectShippingOption(asked["package_id"], asked["shipping_option_id"] or "")
        case "GenerateInvoice":
            return commands.GenerateInvoice()
        case "GenerateShipLabels":
            return commands.GenerateShipLabels(
                package_ids=tuple(asked["package_ids"]),
                shipping_option_id=asked["shipping_option_id"] or "",
                courier=_courier(asked["courier"]),
                regenerate=asked["regenerate"],
            )
        case "UpdatePackage":
            return commands.UpdatePackage(_package(asked["package"]))
        case "UpdatePackageStatus":
            return commands.UpdatePackageStatus(
                package_id=asked["package_id"],
                status=asked["status"],
                sub_status=asked["sub_status"] or "",
                reason=asked["reason"] or "",
            )
        case "Ship":
            return commands.Ship(tuple(asked["package_ids"]))
        case "Pack":
            return commands.Pack(
                packages=_packages(asked["packages"]),
                shipping_option_id=asked["shipping_option_id"] or "",
                courier=_courier(asked["courier"]),
            )
        case "Refresh":
            return commands.Refresh()
        case "CreateManifest":
            return commands.CreateManifest(tuple(asked["shipment_ids"]))
        case _:
            raise ValueError(f"{name}: no action of schemas/order_command.avsc")


def _packages(packages: Sequence[Mapping[str, Any]]) -> tuple[Package, ...]:
    return tuple(_package(package) for package in packages)


def _package(package: Mapping[str, Any]) -> Package:
    return Package(
        package_id=package["package_id"],
        length=_length(package["length"]),
        width=_length(package["width"]),
        height=_length(package["height"]),
        weight=None if package["weight"] is None else Weight(package["weight"]["value"], package["weight"]["unit"]),
        items=tuple(_item(item) for item in package["items"]),
        hazmat_labels=tuple(package["hazmat_labels"]),
        handling=package["handling"],
    )


def _length(length: Mapping[str, Any] | None) -> Length | None:
    return None if length is None else Length(length["value"], length["unit"])


def _item(item: Mapping[str, Any]) -> PackageItem:
    worth = item["item_value"]
    return PackageItem(
        line_item_id=item["line_item_id"],
        quantity=item["quantity"],
        serial_numbers=tuple(item["serial_numbers"]),
        pieces=item["pieces"],
        country_of_origin=item["country_of_origin"],
        item_value=None if worth is None else Money(worth["amount"], worth["currency"]),
    )


def _courier(courier: Mapping[str, Any] | None) -> Courier | None:
    return None if courier is None else Courier(courier["carrier_name"], courier["tracking_id"])
