"""A return as Amazon knows it: one item (one SKU) coming back; several of one RMA share `rma_id`.

Times are epoch milliseconds, UTC. What Amazon may add to its enums stays text; the enums name what is known.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from connector.domain.unread import NOT_PUBLISHED, UnreadFact


class ReturnStatus(StrEnum):
    CREATED = "CREATED"
    CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER = "CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER"
    CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER = "CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER"
    CUSTOMER_CANCELLED_PICK_UP = "CUSTOMER_CANCELLED_PICK_UP"
    CUSTOMER_RESCHEDULED_PICK_UP = "CUSTOMER_RESCHEDULED_PICK_UP"
    PICKED_FROM_CUSTOMER = "PICKED_FROM_CUSTOMER"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    REPLANNED = "REPLANNED"
    CUSTOMER_DROPPED_OFF = "CUSTOMER_DROPPED_OFF"
    PARTIALLY_PROCESSED = "PARTIALLY_PROCESSED"
    PROCESSED = "PROCESSED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class TrackingInfo:
    carrier_name: str
    tracking_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """`type` is CUSTOMER or REJECT, `sub_type` NORMAL, REPLACEMENT or EXCHANGE; `reason` is free text.

    `shipment_id` is the forward shipment; `quantity` 1 where Amazon does not say, for a return is of one item at least.
    Else empty text, None or () where it does not, or says it so that nobody can read it: `unread`.
    """

    return_id: str
    status: str
    type: str
    last_updated_at_ms: int
    fulfillment_location_id: str = ""
    reason: str = ""
    rma_id: str = ""
    fulfillment_order_id: str = ""
    invoice_id: str = ""
    sub_type: str = ""
    return_location_id: str = ""
    sku: str = ""
    quantity: int = 0
    created_at_ms: int | None = None
    delivered_at_ms: int | None = None
    picked_up_at_ms: int | None = None
    forward_tracking: TrackingInfo | None = None
    reverse_tracking: TrackingInfo | None = None
    previous_tracking: tuple[TrackingInfo, ...] = ()
    merchant_id: str = ""
    marketplace_name: str = ""
    channel_name: str = ""
    channel_sku: str = ""
    shipment_id: str = ""
    order_id: str = ""
    exchange_order_id: str = ""
    channel_return_location_id: str = ""
    otp: str = field(default="", repr=False)
    otp_valid_till_ms: int | None = None
    package_delivery_mode: str = ""
    unread: tuple[UnreadFact, ...] = field(default=(), metadata=NOT_PUBLISHED)
