"""Merchants that an operator paused: connector.control, read whole by every worker."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from connector.kafka.follower import Entries

PREVIOUS_MARK = "dead-letter|"
"""Keys of connector.control that begin so are of version 0.1, which marked dead letters here; the others are
merchants."""

log = logging.getLogger(__name__)


class Pauses:
    """`on_change(merchant_id)` hears of each pause and each end of one, after it is in force here."""

    def __init__(self) -> None:
        self._pauses: dict[str, dict[str, Any]] = {}
        self.on_change: Callable[[str], Awaitable[None]] | None = None

    def paused(self, merchant_id: str) -> bool:
        return merchant_id in self._pauses

    def pause(self, merchant_id: str) -> dict[str, Any] | None:
        """Who paused it, when and why."""
        return self._pauses.get(merchant_id)

    async def apply(self, entries: Entries) -> None:
        was = self._pauses.keys() | set()
        for key, record in entries:
            if key.startswith(PREVIOUS_MARK):
                continue
            if record is not None and record["paused"]:
                self._pauses[key] = record
            else:
                self._pauses.pop(key, None)
        for merchant_id in was ^ self._pauses.keys():
            log.info("a pause begins or ends", extra={"merchant": merchant_id, "paused": self.paused(merchant_id)})
            if self.on_change is not None:
                await self.on_change(merchant_id)
