"""Whose orders are told: a list of the whole merchant shows those of every location it has."""

from enum import Enum, auto

from connector.agents.merchants.known import KnownMerchants


class OrdersOf(Enum):
    TOLD = auto()
    OFF = auto()  # switched off in the merchants file, or its merchant is gone from it
    UNKNOWN = auto()  # not in the merchants file: nobody has said whether they are ours


class OrderLocations:
    """`alarmed`: (merchant, location) of the unknown ones whose alert stands."""

    def __init__(self, merchants: KnownMerchants) -> None:
        self.alarmed: set[tuple[str, str]] = set()
        self._merchants = merchants

    def of(self, merchant_id: str, location_id: str) -> OrdersOf:
        """By Amazon's name; "" where Amazon does not say, which hides no order."""
        merchant = self._merchants.get(merchant_id)
        if merchant is None or not merchant.orders:
            return OrdersOf.OFF
        location = merchant.location(location_id)
        if location is None:
            return OrdersOf.UNKNOWN if location_id else OrdersOf.TOLD
        return OrdersOf.TOLD if location.orders else OrdersOf.OFF

    def close(self) -> None:
        """All partitions were given up."""
        self.alarmed.clear()
