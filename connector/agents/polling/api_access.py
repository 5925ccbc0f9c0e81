"""Which of Amazon's APIs a merchant may use: one that answers 403 while others work is not enabled, no fault (G9)."""

import logging
from collections.abc import Callable
from enum import Enum, auto

RECENT_S = 300.0

log = logging.getLogger(__name__)


class AccessVerdict(Enum):
    AGAIN = auto()  # the token may only have expired: it is fetched anew
    NOT_ENABLED = auto()
    MERCHANT = auto()  # the merchant's access as such


class ApiAccess:
    """`not_enabled`: merchant|operation, for the metrics. `clock`: monotonic seconds. `rest_s`: until one that is not
    enabled is tried again."""

    def __init__(self, clock: Callable[[], float], rest_s: float = 600.0) -> None:
        self.rest_s = rest_s
        self.not_enabled: set[str] = set()
        self._clock = clock
        self._accepted_at: dict[tuple[str, str], float] = {}
        self._refused: set[str] = set()

    def accepted(self, merchant_id: str, operation: str, key: str = "") -> None:
        """`key`: the list that was asked for, if it was one."""
        self._accepted_at[merchant_id, operation] = self._clock()
        self._refused.discard(key)
        if f"{merchant_id}|{operation}" in self.not_enabled:
            self.not_enabled.discard(f"{merchant_id}|{operation}")
            log.info("an API is enabled for the merchant now", extra={"merchant": merchant_id, "operation": operation})

    def refused(self, merchant_id: str, operation: str, key: str) -> AccessVerdict:
        """403 on a list."""
        self._accepted_at.pop((merchant_id, operation), None)
        if key not in self._refused:
            self._refused.add(key)
            return AccessVerdict.AGAIN
        if not self._works(merchant_id):
            self.not_enabled.difference_update({key for key in self.not_enabled if key.startswith(f"{merchant_id}|")})
            return AccessVerdict.MERCHANT
        if f"{merchant_id}|{operation}" not in self.not_enabled:
            self.not_enabled.add(f"{merchant_id}|{operation}")
            log.warning(
                "Amazon refuses one API and opens others: not enabled for the merchant; tried again slowly",
                extra={"merchant": merchant_id, "operation": operation},
            )
        return AccessVerdict.NOT_ENABLED

    def rests(self, merchant_id: str, operation: str) -> bool:
        return f"{merchant_id}|{operation}" in self.not_enabled

    def clear(self) -> None:
        self.not_enabled.clear()
        self._accepted_at.clear()
        self._refused.clear()

    def _works(self, merchant_id: str) -> bool:
        since = self._clock() - RECENT_S
        return any(merchant == merchant_id and at >= since for (merchant, _), at in self._accepted_at.items())
