"""A shipment as Amazon knows it: the facts, the states it goes through, the program it belongs to.

Times are epoch milliseconds, UTC. What Amazon may add to its enums stays text here; the enums name what is known.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from connector.domain.money import Charge, Money
from connector.domain.orders.facts.addresses import Address, Party
from connector.domain.orders.facts.documents import GiftMessage
from connector.domain.orders.facts.packages import Package, RecommendedPackage
from connector.domain.unread import NOT_PUBLISHED, UnreadFact


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


LABEL_CANCELED = "LABEL_CANCELED"  # a sub-status
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
    message: GiftMessage | None = None


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
    """`quantity`: units ordered, those that were cancelled since included."""

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

    @property
    def cancelled(self) -> int:
        """Units that were cancelled."""
        return min(self.quantity, sum(max(0, cancellation.quantity) for cancellation in self.cancellations))

    @property
    def packable(self) -> int:
        """Units that are left to pack."""
        return self.quantity - self.cancelled


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
    orderStatesEligibleForRejection (None: it names none, which is not an empty list of them).

    Empty text, None or () where Amazon does not say, or says it so that nobody can read it: `unread`.
    """

    shipment_id: str
    location_id: str
    marketplace_id: str
    channel_name: str
    status: str
    last_updated_at_ms: int
    line_items: tuple[LineItem, ...]
    created_at_ms: int | None = None
    merchant_id: str = ""
    channel_attributes: tuple[str, ...] = ()
    shipment_type: str = ShipmentType.NEW
    original_shipment: OriginalShipment | None = None
    units: int = 0
    priority: str = ""
    order_id: str = ""
    rejectable_states: tuple[str, ...] | None = None
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
    unread: tuple[UnreadFact, ...] = field(default=(), metadata=NOT_PUBLISHED)

    @property
    def urgency(self) -> int:
        """Among shipments of the same ship-by: how many of Amazon's marks of haste it has."""
        marks = {"PRIME", "FASTTRACK"}.intersection(self.channel_attributes)
        return len(marks) + (self.priority == "HIGH")

    @property
    def live_packages(self) -> tuple[Package, ...]:
        """Those that can still be labelled and handed over."""
        return tuple(package for package in self.packages if package.status != PackageStatus.CANCELLED)

    @property
    def has_documents(self) -> bool:
        """Documents as they came, which are still to be stored."""
        return any(line.gift and line.gift.message and line.gift.message.content for line in self.line_items)


def without_documents(facts: Shipment) -> Shipment:
    """By this two readings are compared: their documents by their digests alone, wherever they are kept."""
    if not any(line.gift and line.gift.message for line in facts.line_items):
        return facts
    return replace(facts, line_items=tuple(map(_without_document, facts.line_items)))


def _without_document(line: LineItem) -> LineItem:
    if line.gift is None or line.gift.message is None:
        return line
    return replace(line, gift=replace(line.gift, message=replace(line.gift.message, content=b"", uri="")))
