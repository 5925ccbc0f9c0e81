"""A package: its measures and what is in it. The same shape asked of Amazon, read from it and written by the OMS."""

from dataclasses import dataclass
from decimal import Decimal

from connector.domain.money import Money


@dataclass(frozen=True, slots=True)
class Length:
    """`unit` is CM, M or IN."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Weight:
    """`unit` is G, KG, LB or OZ."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageItem:
    """`line_item_id` is the shipment's line item (packageLineItemId at Amazon)."""

    line_item_id: str
    quantity: int
    serial_numbers: tuple[str, ...] = ()
    pieces: int | None = None
    country_of_origin: str = ""
    item_value: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """None for a measure: not given (yet). `status` is a PackageStatus, empty where Amazon does not say."""

    package_id: str
    length: Length | None = None
    width: Length | None = None
    height: Length | None = None
    weight: Weight | None = None
    items: tuple[PackageItem, ...] = ()
    hazmat_labels: tuple[str, ...] = ()
    handling: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendedPackage:
    line_item_ids: tuple[str, ...] = ()
    length: Length | None = None
    width: Length | None = None
    height: Length | None = None
    weight: Weight | None = None
