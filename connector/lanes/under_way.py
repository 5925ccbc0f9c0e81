"""A call between its start and its outcome: what it asks its lane, and tells it."""

from collections.abc import Callable
from typing import Any

from connector.domain.outcomes import Outcome, Throttled
from connector.lanes.pace import Slot


class UnderWay:
    """`is_held_back`: Amazon closed the lane since the call was begun, and it did not leave.

    `is_open`: may the lane call now? `departed`: hears when. `throttled`: hears of a 429, once for each call.
    `limited`: hears of the limit that Amazon states. `has_others_for`: has the lane other keys for so many seconds, or
    for so many calls if those are over before?
    """

    def __init__(
        self,
        slot: Slot,
        *,
        is_open: Callable[[], bool],
        departed: Callable[[Slot, float], None],
        throttled: Callable[[Slot, Throttled], None],
        limited: Callable[[float], None],
        has_others_for: Callable[[float, int], bool],
    ) -> None:
        self.may_be_told_after = has_others_for
        """So many seconds later than its answer came, or so many calls: the lane loses no call by it."""
        self.is_held_back = False
        self._slot = slot
        self._is_open = is_open
        self._departed = departed
        self._throttled = throttled
        self._limited = limited
        self._has_told = False

    def may_leave(self) -> bool:
        """To be asked when nothing is left to wait for."""
        self.is_held_back = not self._is_open()
        return not self.is_held_back

    def left(self, sent_at: float) -> None:
        """With the clock's time when the request leaves. Until then the lane starts no other: calls that wait for a
        token or a connection would all leave together, faster than the limit."""
        self._departed(self._slot, sent_at)

    def answered(self, outcome: Outcome[Any], rate_limit_per_s: float | None = None) -> None:
        """As soon as Amazon's answer is here: to record it, or to keep its documents, may take seconds, in which a lane
        that is told to wait, or of a lower limit, would go on as before."""
        if rate_limit_per_s is not None:
            self._limited(rate_limit_per_s)
        if isinstance(outcome, Throttled) and not self._has_told:
            self._has_told = True
            self._throttled(self._slot, outcome)
