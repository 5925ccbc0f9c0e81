"""Who is in the merchants file now. A record of somebody else is bad input: a dead letter, to be retried."""

from collections.abc import Callable
from typing import Literal

from connector.kafka.avro.codec import BadRecord
from connector.merchants import Location, Merchant, Merchants


class KnownMerchants:
    """`current`: the version of the file that is in force."""

    def __init__(self, current: Callable[[], Merchants]) -> None:
        self._current = current

    def get(self, merchant_id: str) -> Merchant | None:
        return self._current().get(merchant_id)

    def marketplace_of(self, merchant_id: str, location_id: str) -> str:
        """Of a location by Amazon's name, or of the merchant where the file does not have it; "" without a merchant."""
        merchant = self.get(merchant_id)
        if merchant is None:
            return ""
        location = merchant.location(location_id)
        return merchant.marketplace_id if location is None else merchant.marketplace_of(location)

    def require(self, merchant_id: str) -> Merchant:
        """Raises BadRecord UNKNOWN_MERCHANT."""
        merchant = self.get(merchant_id)
        if merchant is None:
            message = f"merchant_id: {merchant_id} is not in the merchants file; add it, then retry"
            raise BadRecord("UNKNOWN_MERCHANT", message)
        return merchant

    def require_oms_location(self, merchant_id: str, oms_location: str) -> tuple[Merchant, Location]:
        """By one of the OMS's names. Raises BadRecord UNKNOWN_MERCHANT or UNKNOWN_LOCATION."""
        merchant = self.require(merchant_id)
        location = merchant.location_for(oms_location)
        if location is None:
            known = ", ".join(name for known in merchant.locations for name in known.oms_locations)
            raise BadRecord(
                "UNKNOWN_LOCATION",
                f"location_id: {oms_location} is none of the merchant's oms_locations ({known}); "
                "correct it or add it to the merchants file, then retry",
            )
        return merchant, location

    def require_flow(self, merchant_id: str, location_id: str, what: Literal["inventory", "orders", "returns"]) -> bool:
        """Whether it is switched on, by Amazon's name of the location ("" where that is unknown). Raises as above."""
        merchant = self.require(merchant_id)
        if not location_id:
            return bool(getattr(merchant, what))
        location = merchant.location(location_id)
        if location is None:
            raise BadRecord(
                "UNKNOWN_LOCATION",
                f"location_id: {location_id} is not in the merchants file; "
                f"add it ({what} = false where others serve it), then retry",
            )
        return merchant.flows(location, what)
