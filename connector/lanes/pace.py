"""How long must the next call wait? Arithmetic only: time comes in as an argument (seconds, any monotonic origin).

Two rules at once. A grid: one call every 1/rate s on average, `burst` of them early after a rest. A window: call n goes
no earlier than one period after call n-(rate+burst), by real send times, so no second ever sees more (guarantee G3).
A late call does not push the grid back, so lateness costs nothing as long as work waits.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil

GRID_MARGIN = 0.005  # the share of the limit given up so that a call late by some ms keeps its successors on the grid
WINDOW_GUARD_S = 0.004  # what the network may shift two calls against each other


@dataclass(slots=True)
class Slot:
    """One call's place in the window; `at` moves to the real send time once it is known."""

    at: float


class Pace:
    """Starts with an empty bucket, and a whole window late: until `started_at` another worker may have used the limit,
    in any rhythm, and what it sent is not known here."""

    def __init__(self, rate: float, burst: int, started_at: float) -> None:
        self.limit_per_s = rate
        self._rate = rate
        self._burst = burst
        self._slots: deque[Slot] = deque()
        self._closed_until = started_at + self._window[1] + WINDOW_GUARD_S
        self._next_at = self._closed_until + burst * self._interval_s

    @property
    def _interval_s(self) -> float:
        return (1 + GRID_MARGIN) / self.limit_per_s

    @property
    def _window(self) -> tuple[int, float]:
        """(calls, seconds): never more than `calls` within `seconds`. Fractions stretch it: 2.5/s is 3 in 1.2 s."""
        whole = ceil(self.limit_per_s)
        return whole + self._burst, whole / self.limit_per_s

    def wait_s(self, now: float) -> float:
        """Seconds until the next call may leave; 0 or less: now."""
        calls, seconds = self._window
        due = max(self._closed_until, self._next_at - self._burst * self._interval_s)
        if len(self._slots) >= calls:
            due = max(due, self._slots[-calls].at + seconds + WINDOW_GUARD_S)
        return due - now

    def take(self, now: float, ready_at: float) -> Slot:
        """A call leaves now; `ready_at`: since when it could have (work waiting), which bounds the catching up."""
        calls, seconds = self._window
        grid = max(self._next_at, ready_at, self._closed_until, now - seconds / 2)
        self._next_at = grid + self._interval_s
        slot = Slot(now)
        self._slots.append(slot)
        while len(self._slots) > max(calls, ceil(self._rate) + self._burst):
            self._slots.popleft()
        return slot

    def close_until(self, at: float) -> None:
        """No call before `at` (a 429)."""
        self._closed_until = max(self._closed_until, at)

    def follow(self, limit_per_s: float) -> None:
        """Amazon's x-amzn-RateLimit-Limit: obeyed downwards, never above the configured rate."""
        if limit_per_s > 0:
            self.limit_per_s = min(self._rate, limit_per_s)

    def used_share(self, now: float) -> float:
        """Calls of the last period, as a share of the limit."""
        calls, seconds = self._window
        return sum(1 for slot in self._slots if slot.at > now - seconds) / calls
