"""The OMS's names of SKUs, written beside Amazon's in what goes out: by the listings of the record's marketplace."""

from collections.abc import Hashable
from typing import Any

from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings


class Naming:
    def __init__(self, listings: Listings, merchants: KnownMerchants) -> None:
        self._listings = listings
        self._merchants = merchants

    def named(self, record: dict[str, Any]) -> dict[str, Any]:
        """An event's or a result's record with `client_sku`, `channel_sku` and `asin` beside each `sku` in it, where a
        listing says so; changed in place."""
        if len(self._listings):
            merchant_id = str(record["merchant_id"])
            place = record.get("location_id") or record.get("return_location_id") or ""
            self._name(merchant_id, self._merchants.marketplace_of(merchant_id, place), record)
        return record

    def names_of(self, merchant_id: str, place: str) -> Hashable:
        """What names are given by at a location: as long as it is the same, so are they."""
        marketplace_id = self._merchants.marketplace_of(merchant_id, place) if len(self._listings) else ""
        return self._listings.version, merchant_id, marketplace_id

    def _name(self, merchant_id: str, marketplace_id: str, value: Any) -> None:
        match value:
            case dict():
                for inner in value.values():
                    self._name(merchant_id, marketplace_id, inner)
                if isinstance(sku := value.get("sku"), str) and "channel_sku" not in value:  # a return has Amazon's own
                    listing = self._listings.of_channel_sku(merchant_id, marketplace_id, sku)
                    if listing is not None:
                        value |= {"client_sku": listing.client_sku, "channel_sku": sku, "asin": listing.asin}
            case list() | tuple():
                for inner in value:
                    self._name(merchant_id, marketplace_id, inner)
