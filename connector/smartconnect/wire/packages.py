"""Packages, both ways. Measures are read as numbers or text and written as text, as the model wants them."""

from collections.abc import Sequence

from connector.domain.orders.facts.packages import Length, Package, PackageItem, RecommendedPackage, Weight
from connector.smartconnect.wire.fields import Json, child, decimal, each, integer, optional, text, texts
from connector.smartconnect.wire.money import money_body, plain, read_money
from connector.smartconnect.wire.source import Source

_SIDES = ("length", "width", "height")


def read_package(source: Source) -> Package:
    length, width, height = _read_dimensions(source)
    return Package(
        package_id=text(source, "id"),
        length=length,
        width=width,
        height=height,
        weight=_read_weight(source),
        items=each(source, "packageLineItems", _read_item),
        hazmat_labels=texts(source, "hazmatLabels"),
        handling=text(source, "packageHandlingRequirements"),
        status=text(source, "status"),
    )


def read_recommended_package(source: Source) -> RecommendedPackage:
    length, width, height = _read_dimensions(source)
    return RecommendedPackage(
        line_item_ids=each(source, "lineItems", lambda item: text(item, "lineItemId")),
        length=length,
        width=width,
        height=height,
        weight=_read_weight(source),
    )


def packages_body(packages: Sequence[Package]) -> Json:
    return {"packages": [package_body(package) for package in packages]}


def package_body(package: Package) -> Json:
    """Without its status, which is Amazon's to say."""
    measures = {"length": package.length, "width": package.width, "height": package.height}
    body: Json = {
        "id": package.package_id,
        "dimensions": {side: _length_body(length) for side, length in measures.items() if length is not None},
        "packageLineItems": [_item_body(item) for item in package.items],
    }
    if package.weight is not None:
        body["weight"] = {"value": plain(package.weight.value), "weightUnit": package.weight.unit}
    if package.hazmat_labels:
        body["hazmatLabels"] = list(package.hazmat_labels)
    if package.handling:
        body["packageHandlingRequirements"] = package.handling
    return body


def _read_dimensions(source: Source) -> tuple[Length | None, Length | None, Length | None]:
    length, width, height = (optional(child(source, "dimensions"), side, _read_length) for side in _SIDES)
    return length, width, height


def _read_length(source: Source) -> Length | None:
    value = decimal(source, "value")
    return None if value is None else Length(value, text(source, "dimensionUnit"))


def _read_weight(source: Source) -> Weight | None:
    weight = child(source, "weight")
    value = decimal(weight, "value")
    return None if value is None else Weight(value, text(weight, "weightUnit"))


def _length_body(length: Length) -> Json:
    return {"value": plain(length.value), "dimensionUnit": length.unit}


def _read_item(source: Source) -> PackageItem:
    return PackageItem(
        line_item_id=text(source, "packageLineItemId"),
        quantity=integer(source, "quantity") or 0,
        serial_numbers=texts(source, "serialNumbers"),
        pieces=integer(source, "pieces"),
        country_of_origin=text(source, "countryOfOrigin"),
        item_value=optional(source, "itemValue", read_money),
    )


def _item_body(item: PackageItem) -> Json:
    body: Json = {"packageLineItemId": item.line_item_id, "quantity": item.quantity}
    if item.serial_numbers:
        body["serialNumbers"] = list(item.serial_numbers)
    if item.pieces is not None:
        body["pieces"] = item.pieces
    if item.country_of_origin:
        body["countryOfOrigin"] = item.country_of_origin
    if item.item_value is not None:
        body["itemValue"] = money_body(item.item_value)
    return body
