"""A shipment as Amazon knows it: the facts, the states it goes through, the program it belongs to.

Times are epoch milliseconds, UTC. What Amazon may add to its enums stays text here; the enums name what is known.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from connector.domain.money import Charge, Money
from connector.domain.orders.facts.addresses import Address, Party
from connector.domain.orders.facts.documents import Document
from connector.domain.orders.facts.packages import Package, RecommendedPackage


class Status(StrEnum):
    CREATED = "CREATED"
    ACCEPTED = "ACCEPTED"
    CONFIRMED = "CONFIRMED"
    PACKAGE_CREATED = "PACKAGE_CREATED"
    PICKUP_SLOT_RETRIEVED = "PICKUP_SLOT_RETRIEVED"
    INVOICE_GENERATED = "INVOICE_GENERATED"
    SHIPLABEL_GENERATED = "SHIPLABEL_GENERATED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class PackageStatus(StrEnum):
    CREATED = "CREATED"
    PICKUP_SLOT_RETRIEVED = "PICKUP_SLOT_RETRIEVED"
    INVOICE_GENERATED = "INVOICE_GENERATED"
    SHIPLABEL_GENERATED = "SHIPLABEL_GENERATED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class Program(StrEnum):
    SELLER_FLEX = "SELLER_FLEX"
    EASY_SHIP = "EASY_SHIP"
    SELF_SHIP = "SELF_SHIP"


class ShipmentType(StrEnum):
    NEW = "NEW"
    REPLACEMENT = "REPLACEMENT"
    EXCHANGE = "EXCHANGE"


REQUIRED = "REQUIRED"
DISALLOWED = "DISALLOWED"
NOT_REQUIRED = "NOT_REQUIRED"
INDIA = "A21TJRUUN4KGV"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """Each is REQUIRED or DISALLOWED."""

    serial_number: str = ""
    hazmat_labels: str = ""
    country_of_origin: str = ""
    item_value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    wrap_requirement: str = ""
    wrap_label: str = ""
    message_presence: str = ""
    message: Document | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """`type` is SELLER_REJECTED, MARKETPLACE_CANCELLED or SYSTEM_CANCELLED; `reason` free text."""

    type: str
    quantity: int = 0
    cancelled_at_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CustomAttribute:
    key: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    line_item_id: str
    sku: str
    quantity: int
    compliance: Compliance = field(default_factory=Compliance)
    charges: tuple[Charge, ...] = ()
    serial_numbers: tuple[str, ...] = ()
    piece_type: str = ""
    hazmat_labels: tuple[str, ...] = ()
    gift: Gift | None = None
    cancellations: tuple[Cancellation, ...] = ()
    hsn_code: str = ""
    recommended_country_of_origin: str = ""
    country_of_origin: str = ""
    recommended_currency: str = ""
    item_value: Money | None = None
    custom_attributes: tuple[CustomAttribute, ...] = ()


@dataclass(frozen=True, slots=True)
class OriginalLineItem:
    replacing_sku: str
    original_sku: str
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalShipment:
    """The forward shipment that a replacement or exchange stands for."""

    shipment_id: str
    location_id: str = ""
    marketplace_id: str = ""
    channel_name: str = ""
    line_items: tuple[OriginalLineItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """`order_id` is the buyer's order, `ship_by_ms` Amazon's expected shipping time, `rejectable_states` its
    orderStatesEligibleForRejection. Empty text, None or () where Amazon does not say."""

    shipment_id: str
    location_id: str
    marketplace_id: str
    channel_name: str
    status: str
    created_at_ms: int
    last_updated_at_ms: int
    line_items: tuple[LineItem, ...]
    merchant_id: str = ""
    channel_attributes: tuple[str, ...] = ()
    shipment_type: str = ShipmentType.NEW
    original_shipment: OriginalShipment | None = None
    units: int = 0
    priority: str = ""
    order_id: str = ""
    rejectable_states: tuple[str, ...] = ()
    order_placed_at_ms: int | None = None
    processing_source: str = ""
    payment_method: str = ""
    packing_slip_requirement: str = ""
    packing_slip_status: str = ""
    invoice_requirement: str = ""
    invoice_status: str = ""
    charges: tuple[Charge, ...] = ()
    sub_status: str = ""
    reason: str = ""
    ship_by_ms: int | None = None
    earliest_pack_at_ms: int | None = None
    shipping_type: str = ""
    recommended_ship_method: str = ""
    ship_to: Address | None = field(default=None, repr=False)
    recommended_packages: tuple[RecommendedPackage, ...] = ()
    packages: tuple[Package, ...] = ()
    invoice_id: str = ""
    invoice_created_at_ms: int | None = None
    parties: tuple[Party, ...] = field(default=(), repr=False)
