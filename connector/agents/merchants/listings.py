"""How the SKUs of the OMS are called at Amazon, and back: connector.listings, read whole by every worker."""

from collections.abc import Callable

from connector.domain.listings import EVERYWHERE, Listing, read_listing
from connector.kafka.follower import Entries

Name = tuple[str, str, str]
"""(merchant_id, marketplace id or EVERYWHERE, SKU)."""


class Listings:
    """What no listing names keeps its name: without listings the OMS writes Amazon's SKUs.

    `on_change(merchant_id)` hears of each merchant whose listings changed, after they are in force here. `version`
    is another one whenever they may have changed.
    """

    def __init__(self) -> None:
        self.version = 0
        self._by_key: dict[str, Listing] = {}
        self._by_client = _Index()
        self._by_channel = _Index()
        self.on_change: Callable[[str], None] | None = None

    def __len__(self) -> int:
        return len(self._by_key)

    def channel_sku(self, merchant_id: str, marketplace_id: str, sku: str) -> str:
        """Amazon's name of what the OMS calls `sku`."""
        listing = self._by_client.get(merchant_id, marketplace_id, sku)
        return sku if listing is None else listing.channel_sku

    def of_channel_sku(self, merchant_id: str, marketplace_id: str, channel_sku: str) -> Listing | None:
        return self._by_channel.get(merchant_id, marketplace_id, channel_sku)

    async def apply(self, entries: Entries) -> None:
        self.take(entries)

    def take(self, entries: Entries) -> None:
        changed = set[str]()
        self.version += 1
        for key, record in entries:
            was = self._by_key.pop(key, None)
            now = None if record is None else read_listing(record)
            if was is not None:
                self._by_client.remove(was, was.client_sku)
                self._by_channel.remove(was, was.channel_sku)
            if now is not None:
                self._by_key[key] = now
                self._by_client.add(now, now.client_sku)
                self._by_channel.add(now, now.channel_sku)
            changed.update(listing.merchant_id for listing in (was, now) if listing is not None and was != now)
        if self.on_change is not None:
            for merchant_id in changed:
                self.on_change(merchant_id)


class _Index:
    """By one of their names. Where several have it, the one of the marketplace counts, then the last one read."""

    def __init__(self) -> None:
        self._named: dict[Name, tuple[Listing, ...]] = {}

    def get(self, merchant_id: str, marketplace_id: str, sku: str) -> Listing | None:
        found = self._named.get((merchant_id, marketplace_id, sku)) or self._named.get((merchant_id, EVERYWHERE, sku))
        return found[-1] if found else None

    def add(self, listing: Listing, sku: str) -> None:
        for name in _names(listing, sku):
            self._named[name] = (*self._named.get(name, ()), listing)

    def remove(self, listing: Listing, sku: str) -> None:
        for name in _names(listing, sku):
            others = tuple(other for other in self._named[name] if other is not listing)
            if others:
                self._named[name] = others
            else:
                del self._named[name]


def _names(listing: Listing, sku: str) -> set[Name]:
    return {(listing.merchant_id, marketplace, sku) for marketplace in (listing.marketplace, listing.holds_in)}
