"""Measures: their units, and where a package's differ from those that Amazon recommends."""

from collections.abc import Iterator
from decimal import Decimal

from connector.domain.orders.facts.packages import Length, Package, RecommendedPackage, Weight
from connector.domain.orders.facts.shipment import Shipment

CENTIMETRES = {"CM": Decimal(1), "M": Decimal(100), "IN": Decimal("2.54")}
GRAMS = {"G": Decimal(1), "KG": Decimal(1000), "LB": Decimal("453.59237"), "OZ": Decimal("28.349523125")}
SIDES = ("length", "width", "height")
MEASURES = (*SIDES, "weight")


def fitting(package: Package, shipment: Shipment) -> RecommendedPackage | None:
    """The recommended package with the same line items; of a single one for a single package, whatever it names."""
    recommended = shipment.recommended_packages
    held = {item.line_item_id for item in package.items}
    everything = {line.line_item_id for line in shipment.line_items}
    if len(recommended) == 1 and not recommended[0].line_item_ids and held == everything:
        return recommended[0]
    return next((one for one in recommended if set(one.line_item_ids) == held), None)


def differing_measures(shipment: Shipment) -> tuple[str, ...]:
    """Of its packages: "P1 length 31 CM, recommended 30 CM"."""
    return tuple(
        f"{package.package_id} {text}"
        for package in shipment.packages
        if (recommended := fitting(package, shipment)) is not None
        for text in measure_differences(package, recommended)
    )


def measure_differences(package: Package, recommended: RecommendedPackage) -> Iterator[str]:
    """ "length 31 CM, recommended 30 CM"."""
    for name in MEASURES:
        mine, theirs = getattr(package, name), getattr(recommended, name)
        if mine is not None and theirs is not None and _plain(mine) != _plain(theirs):
            yield f"{name} {mine.value:f} {mine.unit}, recommended {theirs.value:f} {theirs.unit}"


def _plain(measure: Length | Weight) -> tuple[Decimal, str]:
    """In one unit; as it is where its unit is unknown."""
    table = CENTIMETRES if isinstance(measure, Length) else GRAMS
    factor = table.get(measure.unit)
    return (measure.value, measure.unit) if factor is None else (measure.value * factor, "")
