"""What operators said of merchants (paused, stock off sale): connector.control, read whole by every worker."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connector.domain.inventory.zero import StockZero
from connector.kafka.follower import Entries

PREVIOUS_MARK = "dead-letter|"
"""Keys of connector.control that begin so are of version 0.1, which marked dead letters here; the others are
merchants."""

log = logging.getLogger(__name__)


def read_zeros(record: Mapping[str, Any]) -> tuple[StockZero, ...]:
    """Of a record of connector.control."""
    return tuple(
        StockZero(zero["location_id"], zero["sku"], zero["by"], zero["at"], zero["reason"])
        for zero in record["zeroed_stock"]
    )


class Controls:
    """`on_pause(merchant_id)` hears of each pause and each end of one, `on_zero(merchant_id)` of each change in what is
    off sale, after it is in force here."""

    def __init__(self) -> None:
        self._pauses: dict[str, dict[str, Any]] = {}
        self._zeros: dict[str, tuple[StockZero, ...]] = {}
        self.on_pause: Callable[[str], Awaitable[None]] | None = None
        self.on_zero: Callable[[str], None] | None = None

    def paused(self, merchant_id: str) -> bool:
        return merchant_id in self._pauses

    def pause(self, merchant_id: str) -> dict[str, Any] | None:
        """Who paused it, when and why."""
        return self._pauses.get(merchant_id)

    def zeros(self, merchant_id: str) -> tuple[StockZero, ...]:
        """What of the merchant's stock is off sale; who took it off, when and why."""
        return self._zeros.get(merchant_id, ())

    def is_zeroed(self, merchant_id: str, location_id: str, sku: str) -> bool:
        """Names as Amazon has them."""
        zeros = self._zeros.get(merchant_id)
        return zeros is not None and any(zero.covers(location_id, sku) for zero in zeros)

    async def apply(self, entries: Entries) -> None:
        paused, zeroed = self.take(entries)
        for merchant_id in zeroed:
            log.info("stock is taken off sale or restored", extra={"merchant": merchant_id})
            if self.on_zero is not None:
                self.on_zero(merchant_id)
        for merchant_id in paused:
            log.info("a pause begins or ends", extra={"merchant": merchant_id, "paused": self.paused(merchant_id)})
            if self.on_pause is not None:
                await self.on_pause(merchant_id)

    def take(self, entries: Entries) -> tuple[set[str], set[str]]:
        """The merchants whose pause, and those whose zeros, are others now."""
        were_paused, zeroed = self._pauses.keys() | set(), set[str]()
        for key, record in entries:
            if key.startswith(PREVIOUS_MARK):
                continue
            if record is not None and record["paused"]:
                self._pauses[key] = record
            else:
                self._pauses.pop(key, None)
            zeros = () if record is None else read_zeros(record)
            if zeros != self._zeros.pop(key, ()):
                zeroed.add(key)
            if zeros:
                self._zeros[key] = zeros
        return were_paused ^ self._pauses.keys(), zeroed
