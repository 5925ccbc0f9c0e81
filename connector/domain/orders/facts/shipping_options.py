"""Ways to ship a package, and when and where it is handed over."""

from dataclasses import dataclass, field
from decimal import Decimal

from connector.domain.orders.facts.addresses import Address
from connector.domain.unread import NOT_PUBLISHED, UnreadFact


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The shipping options of one package, as Amazon offered them at `asked_at_ms`; that which it recommends, and the
    chosen one ("" where Amazon offers none). `refused`: a label was refused since, so they may have expired."""

    package_id: str
    options: tuple[ShippingOption, ...] = ()
    recommended_id: str = ""
    chosen_id: str = ""
    asked_at_ms: int = 0
    refused: bool = field(default=False, metadata=NOT_PUBLISHED)

    def option(self, option_id: str) -> ShippingOption | None:
        return next((option for option in self.options if option.option_id == option_id), None)

    @property
    def ends_at_ms(self) -> int | None:
        """When the chosen option's time passes. None: it has none, or it had passed when it was offered."""
        option = self.option(self.chosen_id)
        window = (option.time_slot or option.pickup_window) if option else None
        end_ms = window.end_ms if window else None
        return end_ms if end_ms is not None and self.asked_at_ms < end_ms else None

    def is_over(self, now_ms: int) -> bool:
        """The chosen option's time has passed since it was offered."""
        end_ms = self.ends_at_ms
        return end_ms is not None and end_ms <= now_ms


@dataclass(frozen=True, slots=True)
class ShippingOptions:
    """Empty where the channel decides how to ship (Seller Flex)."""

    options: tuple[ShippingOption, ...] = ()
    recommended: ShippingOption | None = None
    unread: tuple[UnreadFact, ...] = ()
