"""What must hold of the packages that a caller sends."""

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.simulator.amazon.shipments.shipments import Shipment, open_units
from connector.simulator.http.answers import ApiError

GRAMS = {"G": Decimal(1), "KG": Decimal(1000), "LB": Decimal("453.59237"), "OZ": Decimal("28.349523125")}
LEAST_GRAMS = 5
FIELDS = ("id", "dimensions", "weight", "hazmatLabels", "packageLineItems", "packageHandlingRequirements")


def new_package(package: Any, shipment: Shipment) -> dict[str, Any]:
    """A checked package in status CREATED. ApiError 400 names what is wrong."""
    if not isinstance(package, dict) or not isinstance(package.get("id"), str) or not package["id"]:
        raise ApiError(400, "Every package needs an id.")
    dimensions, weight = _object(package, "dimensions"), _object(package, "weight")
    for side in ("length", "width", "height"):
        _measure(_object(dimensions, side), "dimensionUnit", ("CM", "M", "IN"), f"dimensions.{side}")
    unit, value = _measure(weight, "weightUnit", tuple(GRAMS), "weight")
    if value * GRAMS[unit] < LEAST_GRAMS:
        raise ApiError(400, f"weight can't be lower than {LEAST_GRAMS} g.")
    items = package.get("packageLineItems")
    if not isinstance(items, list) or not items:
        raise ApiError(400, "packageLineItems must not be empty.")
    for item in items:
        _check_item(item, shipment)
    return {name: package[name] for name in FIELDS if name in package} | {"status": "CREATED"}


def check_all_packed(packages: list[dict[str, Any]], shipment: Shipment) -> None:
    """Every open unit of every line in one package, and no package id twice."""
    if len({package["id"] for package in packages}) < len(packages):
        raise ApiError(400, "Package ids must be unique within the shipment.")
    packed: Counter[str] = Counter()
    for package in packages:
        for item in package["packageLineItems"]:
            packed[item["packageLineItemId"]] += item["quantity"]
    for line_id, line in shipment.lines.items():
        if packed[line_id] != (units := open_units(line)):
            message = f"Line item {line_id} has {units} units, its packages hold {packed[line_id]}."
            raise ApiError(400, message)


def _check_item(item: Any, shipment: Shipment) -> None:
    line = shipment.lines.get(str(item.get("packageLineItemId", ""))) if isinstance(item, dict) else None
    if line is None:
        raise ApiError(400, "packageLineItemId is not a line item of the shipment.")
    line_id, quantity, needed = item["packageLineItemId"], item.get("quantity"), line["complianceAttributes"]
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise ApiError(400, f"quantity of line item {line_id} must be at least 1.")
    if needed["serialNumberRequirement"] == "REQUIRED" and len(item.get("serialNumbers") or ()) != quantity:
        raise ApiError(400, f"Line item {line_id} needs one serial number a unit.")
    if needed["countryOfOriginRequirement"] == "REQUIRED" and not item.get("countryOfOrigin"):
        raise ApiError(400, f"countryOfOrigin is mandatory for line item {line_id}.")
    if needed["itemValueRequirement"] == "REQUIRED" and not item.get("itemValue"):
        raise ApiError(400, f"itemValue is mandatory for line item {line_id}.")


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise ApiError(400, f"{name} is mandatory.")
    return value


def _measure(measure: dict[str, Any], unit_name: str, units: tuple[str, ...], name: str) -> tuple[str, Decimal]:
    unit, text = measure.get(unit_name), measure.get("value")
    if unit not in units:
        raise ApiError(400, f"{name}.{unit_name} must be one of {', '.join(units)}.")
    try:
        value = Decimal(text) if isinstance(text, str) else Decimal(0)  # the model wants a decimal as a string
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise ApiError(400, f"{name}.value must be a decimal string above 0.")
    return str(unit), value
