"""What counts now: which words of the OMS make up the stock of one SKU at one of Amazon's locations."""

from collections.abc import Callable

from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.domain.inventory.ledger import Counted, LedgerRow, LocationCount
from connector.merchants import Location, Merchant


class Counting:
    """By the merchants file and the listings in force. `is_zeroed(merchant_id, location_id, sku)`: an operator took it
    off sale; names as Amazon has them."""

    def __init__(
        self, merchants: KnownMerchants, listings: Listings, is_zeroed: Callable[[str, str, str], bool]
    ) -> None:
        self.is_zeroed = is_zeroed
        self._merchants = merchants
        self._listings = listings

    def of(self, merchant_id: str, location_id: str, sku: str) -> Counted:
        """Names as Amazon has them. Where the file has no such location everything counts: nothing is sent for it
        anyway, and once it is back its numbers are to go on as they were."""
        merchant = self._merchants.get(merchant_id)
        location = merchant.location(location_id) if merchant else None
        return _everything if merchant is None or location is None else self.at(merchant, location).counted(sku)

    def at(self, merchant: Merchant, location: Location) -> "CountedPlace":
        """Where the location is at hand."""
        return CountedPlace(merchant, location, self._listings)

    def moved_skus(self, merchant_id: str, location_id: str, sku: str, row: LedgerRow) -> tuple[str, ...]:
        """The OMS's SKUs that fed this one of Amazon's and now are another."""
        marketplace_id = self._merchants.marketplace_of(merchant_id, location_id)
        said = dict.fromkeys(count.sku for count in row.counts.values() if count.sku)
        return tuple(name for name in said if self._listings.channel_sku(merchant_id, marketplace_id, name) != sku)


class CountedPlace:
    """One of a merchant's locations. `location_id`: Amazon's name of it."""

    __slots__ = ("_channel_sku", "_marketplace_id", "_names", "location_id", "merchant_id")

    def __init__(self, merchant: Merchant, location: Location, listings: Listings) -> None:
        self.merchant_id = merchant.merchant_id
        self.location_id = location.location_id
        self._names = location.oms_locations
        self._marketplace_id = merchant.marketplace_of(location)
        self._channel_sku = listings.channel_sku

    def channel_sku(self, sku: str) -> str:
        """Amazon's name of what the OMS calls `sku`, for the location's marketplace."""
        return self._channel_sku(self.merchant_id, self._marketplace_id, sku)

    def counted(self, sku: str, said: str = "") -> Counted:
        """Of Amazon's `sku` there. `said`: a name of the OMS that is known to mean it: most words are of that one."""
        names = self._names

        def counted(name: str, count: LocationCount) -> bool:
            # Words of version 0.1 do not say of which SKU they were said
            return name in names and (count.sku in ("", said) or self.channel_sku(count.sku) == sku)

        return counted


def _everything(_: str, __: LocationCount) -> bool:
    return True
