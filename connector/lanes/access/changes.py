"""What an answer says of a merchant's access, and of whether Amazon answers it: told whenever it changes."""

from typing import Any

from connector.domain.outcomes import Outcome, Unavailable
from connector.lanes.access.access import Access
from connector.lanes.terms import LaneSpec, LaneTerms


class AccessChanges:
    """Of one lane. `access` is all lanes' of the merchant. Times are seconds of the lanes' clock."""

    def __init__(self, access: Access, spec: LaneSpec, terms: LaneTerms) -> None:
        self._access = access
        self._merchant_id = spec.merchant_id
        self._operation = spec.operation
        self._on_change = terms.on_access_change
        self._on_reach_change = terms.on_reach_change

    def reach(self, outcome: Outcome[Any], now: float) -> None:
        if isinstance(outcome, Unavailable):
            if self._access.unanswered(now):
                self._on_reach_change(self._merchant_id, True, outcome.answer.reason)
        elif self._access.answered():
            self._on_reach_change(self._merchant_id, False, "")

    def suspend(self, now: float, reason: str, chance: float) -> None:
        if self._access.suspend(now, reason, chance):
            self._on_change(self._merchant_id, True, reason)

    def forbid(self, now: float, reason: str, chance: float) -> None:
        """A 403 with a good token: of this operation, until several have it."""
        if self._access.forbid(self._operation, now, reason, chance):
            self._on_change(self._merchant_id, True, reason)

    def restore(self) -> None:
        if self._access.restore():
            self._on_change(self._merchant_id, False, "")
