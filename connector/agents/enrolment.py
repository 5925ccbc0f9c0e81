"""Which of Amazon's APIs a merchant may use: one that answers 403 while others work is not enabled, no fault (G9)."""

import logging
from collections import Counter
from collections.abc import Callable
from enum import Enum, auto

RECENT_S = 300.0

log = logging.getLogger(__name__)


class Verdict(Enum):
    AGAIN = auto()  # the token may only have expired: it is fetched anew
    NOT_ENABLED = auto()
    MERCHANT = auto()  # the merchant's access as such


class Enrolment:
    """`not_enabled`: merchant|operation, for the metrics. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.not_enabled: set[str] = set()
        self._clock = clock
        self._accepted_at: dict[tuple[str, str], float] = {}
        self._refusals: Counter[tuple[str, str]] = Counter()

    def accepted(self, merchant_id: str, operation: str) -> None:
        self._accepted_at[merchant_id, operation] = self._clock()
        self._refusals.pop((merchant_id, operation), None)
        if f"{merchant_id}|{operation}" in self.not_enabled:
            self.not_enabled.discard(f"{merchant_id}|{operation}")
            log.info("an API is enabled for the merchant now", extra={"merchant": merchant_id, "operation": operation})

    def refused(self, merchant_id: str, operation: str) -> Verdict:
        self._accepted_at.pop((merchant_id, operation), None)
        self._refusals[merchant_id, operation] += 1
        if self._refusals[merchant_id, operation] == 1:
            return Verdict.AGAIN
        if not self._works(merchant_id):
            self.not_enabled.difference_update({key for key in self.not_enabled if key.startswith(f"{merchant_id}|")})
            return Verdict.MERCHANT
        if f"{merchant_id}|{operation}" not in self.not_enabled:
            self.not_enabled.add(f"{merchant_id}|{operation}")
            log.warning(
                "Amazon refuses one API and opens others: not enabled for the merchant; tried again slowly",
                extra={"merchant": merchant_id, "operation": operation},
            )
        return Verdict.NOT_ENABLED

    def clear(self) -> None:
        self.not_enabled.clear()
        self._accepted_at.clear()
        self._refusals.clear()

    def _works(self, merchant_id: str) -> bool:
        since = self._clock() - RECENT_S
        return any(merchant == merchant_id and at >= since for (merchant, _), at in self._accepted_at.items())
