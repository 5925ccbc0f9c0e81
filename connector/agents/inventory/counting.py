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
        return _everything if merchant is None or location is None else self.at(merchant, location, sku)

    def at(self, merchant: Merchant, location: Location, sku: str) -> Counted:
        """`of`, where the location is at hand."""
        names, merchant_id, marketplace_id = (
            location.oms_locations,
            merchant.merchant_id,
            merchant.marketplace_of(location),
        )
        channel_sku = self._listings.channel_sku

        def counted(name: str, count: LocationCount) -> bool:
            # Words of version 0.1 do not say of which SKU they were said
            return name in names and (not count.sku or channel_sku(merchant_id, marketplace_id, count.sku) == sku)

        return counted

    def channel_sku(self, merchant: Merchant, location: Location, sku: str) -> str:
        """Amazon's name of what the OMS calls `sku`, for that location's marketplace."""
        return self._listings.channel_sku(merchant.merchant_id, merchant.marketplace_of(location), sku)

    def moved_skus(self, merchant_id: str, location_id: str, sku: str, row: LedgerRow) -> tuple[str, ...]:
        """The OMS's SKUs that fed this one of Amazon's and now are another."""
        marketplace_id = self._merchants.marketplace_of(merchant_id, location_id)
        said = dict.fromkeys(count.sku for count in row.counts.values() if count.sku)
        return tuple(name for name in said if self._listings.channel_sku(merchant_id, marketplace_id, name) != sku)


def _everything(_: str, __: LocationCount) -> bool:
    return True
