"""How the SKUs of the OMS are called at Amazon, and back: connector.listings, read whole by every worker."""

from typing import Any

from connector.kafka.follower import Entries

Names = tuple[str, str]
"""(merchant_id, SKU)."""


class Listings:
    """What no listing names keeps its name: without listings the OMS writes Amazon's SKUs."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[str, Any]] = {}
        self._by_client: dict[Names, dict[str, Any]] = {}
        self._by_channel: dict[Names, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def channel_sku(self, merchant_id: str, sku: str) -> str:
        """Amazon's name of what the OMS calls `sku`."""
        listing = self._by_client.get((merchant_id, sku))
        return sku if listing is None else str(listing["channel_serial_no"])

    def names(self, merchant_id: str, channel_sku: str) -> dict[str, str]:
        """The fields `client_sku`, `channel_sku` and `asin` of results and events; none where no listing says."""
        listing = self._by_channel.get((merchant_id, channel_sku))
        if listing is None:
            return {}
        return {
            "client_sku": listing["client_sku_id"],
            "channel_sku": listing["channel_serial_no"],
            "asin": listing["channel_sku_id"],
        }

    def named(self, record: dict[str, Any]) -> dict[str, Any]:
        """An event's record with these fields beside each `sku` in it; changed in place."""
        if self._by_key:
            self._name(str(record["merchant_id"]), record)
        return record

    def _name(self, merchant_id: str, value: Any) -> None:
        match value:
            case dict():
                for inner in value.values():
                    self._name(merchant_id, inner)
                if isinstance(sku := value.get("sku"), str) and "channel_sku" not in value:  # a return has Amazon's own
                    value.update(self.names(merchant_id, sku))
            case list():
                for inner in value:
                    self._name(merchant_id, inner)

    async def apply(self, entries: Entries) -> None:
        self.take(entries)

    def take(self, entries: Entries) -> None:
        for key, record in entries:
            was = self._by_key.pop(key, None)
            if was is not None:
                _forget(self._by_client, (was["merchant_id"], was["client_sku_id"]), was)
                _forget(self._by_channel, (was["merchant_id"], was["channel_serial_no"]), was)
            if record is not None:
                self._by_key[key] = record
                self._by_client[record["merchant_id"], record["client_sku_id"]] = record
                self._by_channel[record["merchant_id"], record["channel_serial_no"]] = record


def listing_key(merchant_id: str, marketplace: str, client_sku: str) -> str:
    return f"{merchant_id}|{marketplace}|{client_sku}"


def _forget(index: dict[Names, dict[str, Any]], name: Names, listing: dict[str, Any]) -> None:
    """Only where it still means this listing: a later one may have taken the name over."""
    if index.get(name) is listing:
        del index[name]
