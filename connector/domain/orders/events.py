"""What happened at Amazon, as published. Every id is made of what happened, so a repeat has the same id (G6)."""

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.orders.allocation import Allocation
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.facts.shipping_options import Offer


class OrderEventType(StrEnum):
    ORDER_RECEIVED = "ORDER_RECEIVED"
    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    PACKAGES_CREATED = "PACKAGES_CREATED"
    SHIPPING_OPTIONS_RETRIEVED = "SHIPPING_OPTIONS_RETRIEVED"
    INVOICE_GENERATED = "INVOICE_GENERATED"
    LABELS_GENERATED = "LABELS_GENERATED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    UNDELIVERABLE = "UNDELIVERABLE"
    LOST = "LOST"
    DAMAGED = "DAMAGED"
    ORDER_UPDATED = "ORDER_UPDATED"


class Via(StrEnum):
    NOTIFICATION = "NOTIFICATION"
    POLL = "POLL"
    COMMAND = "COMMAND"


class CancelledBy(StrEnum):
    UNKNOWN = "UNKNOWN"
    CUSTOMER_OR_MARKETPLACE = "CUSTOMER_OR_MARKETPLACE"
    SELLER = "SELLER"
    SYSTEM = "SYSTEM"


STATUS_EVENTS: dict[str, OrderEventType] = {
    Status.CONFIRMED: OrderEventType.ORDER_CONFIRMED,
    Status.PACKAGE_CREATED: OrderEventType.PACKAGES_CREATED,
    Status.PICKUP_SLOT_RETRIEVED: OrderEventType.SHIPPING_OPTIONS_RETRIEVED,
    Status.INVOICE_GENERATED: OrderEventType.INVOICE_GENERATED,
    Status.SHIPLABEL_GENERATED: OrderEventType.LABELS_GENERATED,
    Status.SHIPPED: OrderEventType.SHIPPED,
    Status.DELIVERED: OrderEventType.DELIVERED,
}
INCIDENT_EVENTS: dict[str, OrderEventType] = {
    "UNDELIVERABLE": OrderEventType.UNDELIVERABLE,
    "LOST": OrderEventType.LOST,
    "DAMAGED": OrderEventType.DAMAGED,
}
"""By Amazon's sub-status: what goes wrong on the way, so that a claim or a return to origin is to be expected."""


@dataclass(frozen=True, slots=True)
class CancelledItem:
    line_item_id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """`skipped`: states passed unseen since `previous_status`. `changed`: what an ORDER_UPDATED is about, by the names
    of the snapshot's fields and those of its line items; `cancelled_items`: units that were cancelled with it, of an
    order that goes on. `warnings`: what of the snapshot could not be read, as Amazon names it. `tracking` from
    LABELS_GENERATED on, `shipping_options` of SHIPPING_OPTIONS_RETRIEVED: as our own calls learnt them, which no
    reading tells. `differing_measures` of PACKAGES_CREATED: where a package is not as large or heavy as Amazon
    recommends, for which it makes listings inactive."""

    event_id: str
    type: OrderEventType
    merchant_id: str
    shipment_id: str
    order_id: str
    location_id: str
    program: str
    status: str
    previous_status: str
    shipment_type: str
    original_shipment_id: str
    ship_by_ms: int | None
    allocations: tuple[Allocation, ...]
    snapshot: Shipment
    observed_via: Via
    occurred_at_ms: int
    skipped: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    cancelled_items: tuple[CancelledItem, ...] = ()
    warnings: tuple[str, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    shipping_options: tuple[Offer, ...] = ()
    differing_measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationEvent:
    """`reason` as Amazon gives it, `reason_code` normalised (domain/reasons.py). `warnings` as OrderEvent's."""

    event_id: str
    merchant_id: str
    shipment_id: str
    order_id: str
    cancelled_by: CancelledBy
    reason: str
    reason_code: str
    previous_status: str
    line_items: tuple[CancelledItem, ...]
    occurred_at_ms: int
    location_id: str = ""
    original_shipment_id: str = ""
    warnings: tuple[str, ...] = ()
