"""Packages and couriers of order commands on their topic."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.domain.money import Money
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import Length, Package, PackageItem, Weight


def packages_of(packages: Sequence[Mapping[str, Any]]) -> tuple[Package, ...]:
    return tuple(package_of(package) for package in packages)


def package_of(package: Mapping[str, Any]) -> Package:
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


def courier_of(courier: Mapping[str, Any] | None) -> Courier | None:
    return None if courier is None else Courier(courier["carrier_name"], courier["tracking_id"])
