"""Order commands on their topic."""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.agents.bounds import check_texts
from connector.domain.money import Money
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
    text = {
        name: asked.get(name) or ""
        for name in ("package_id", "shipping_option_id", "reason", "reference_id", "status", "sub_status")
    }
    return OrderCommand(
        command_id=value["command_id"],
        merchant_id=value["merchant_id"],
        shipment_id=value["shipment_id"],
        action=Action(record_name.removeprefix("smartconnect.")),
        issued_at_ms=value["issued_at"],
        expires_at_ms=value["expires_at"],
        packages=tuple(_package(package) for package in _packages(asked)),
        package_ids=tuple(asked.get("package_ids", ())),
        courier=_courier(asked.get("courier")),
        regenerate=asked.get("regenerate", False),
        shipment_ids=tuple(asked.get("shipment_ids", ())),
        **text,
    )


def _packages(asked: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return [asked["package"]] if "package" in asked else asked.get("packages", ())


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
