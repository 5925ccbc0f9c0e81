"""Ways to ship a package, and when and where it is handed over."""

from dataclasses import dataclass, field
from decimal import Decimal

from connector.domain.orders.facts.addresses import Address
from connector.domain.unread import UnreadFact


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """`handover_method` is PICKUP or DROPOFF. The model names no unit; the wire makes milliseconds of it."""

    start_ms: int | None
    end_ms: int | None
    handover_method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLocation:
    """`distance_unit` is MI or KM."""

    address: Address | None = None
    distance: Decimal | None = None
    distance_unit: str = ""
    map_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingOption:
    """`ship_by` is MARKETPLACE, SELLER, THIRD_PARTY_CARRIER or OTHER."""

    option_id: str
    ship_by: str = ""
    carrier_name: str = ""
    pickup_window: TimeWindow | None = None
    time_slot: TimeWindow | None = None
    handover_location: HandoverLocation | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ShippingOptions:
    """Empty where the channel decides how to ship (Seller Flex)."""

    options: tuple[ShippingOption, ...] = ()
    recommended: ShippingOption | None = None
    unread: tuple[UnreadFact, ...] = ()
