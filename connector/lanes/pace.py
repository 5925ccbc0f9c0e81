"""How long must the next call wait? Arithmetic only: time comes in as an argument (seconds, any monotonic origin).

Two rules at once. A grid: one call every 1/rate s on average, `burst` of them early after a rest. A window: call n goes
no earlier than one period after call n-(rate+burst), by real send times, so no second ever sees more (guarantee G3).
A late call does not push the grid back, so lateness costs nothing as long as work waits; what is late is caught up at
twice the rate at most, not at once.
"""

from dataclasses import dataclass
from math import ceil

from connector.domain.limits import LONGEST_CLOSED_MS

GRID_MARGIN = 0.005  # the share of the limit given up so that a call late by some ms keeps its successors on the grid
WINDOW_GUARD_S = 0.004  # what the network may shift two calls against each other
CATCHING_UP = 2
LOWEST_LIMIT_PER_S = 1 / 60
LOWERED_DOUBLES_EVERY_S = 180.0  # 1,000 calls a second are reached again within the hour
LONGEST_CLOSED_S = LONGEST_CLOSED_MS / 1000
MOST_PHASE_S = 0.5


@dataclass(slots=True)
class Slot:
    """One call's place in the window; `at` moves to the real send time once it is known."""

    at: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """What Amazon said of one lane: no call before `closed_until`; `limit_per_s` is its own limit, as of `stated_at`.

    It outlives the lane that heard it.
    """

    closed_until: float = float("-inf")
    limit_per_s: float | None = None
    stated_at: float = float("-inf")

    def and_then(self, other: "Learnt") -> "Learnt":
        """What two lanes heard: the later closing and the later limit."""
        later = max(self, other, key=lambda learnt: learnt.stated_at)
        return Learnt(max(self.closed_until, other.closed_until), later.limit_per_s, later.stated_at)


NOTHING_LEARNT = Learnt()


class Pace:
    """Its bucket is empty at `started_at`, and it waits a whole window from then: before that another worker may have
    used the limit, in any rhythm, and what it sent is not known here.

    `phase`: a random number in [0, 1); lanes that start together do not call together.
    """

    def __init__(
        self, rate: float, burst: int, started_at: float, *, phase: float = 0.0, learnt: Learnt = NOTHING_LEARNT
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._limit(rate)
        self._slots: list[Slot] = []  # a deque takes 760 bytes with nothing in it, and few have much in it
        self._stated_limit: float | None = None
        self._stated_at = float("-inf")
        self._closed_until = started_at
        self.recall(learnt, started_at)
        late_s = self._window[1] + WINDOW_GUARD_S + phase * min(self.interval_s, MOST_PHASE_S)
        self._closed_until = max(self._closed_until, started_at + late_s)
        self._grid = self._closed_until + (burst - 1) * self.interval_s

    @property
    def closed_until(self) -> float:
        return self._closed_until

    @property
    def learnt(self) -> Learnt:
        return Learnt(self._closed_until, self._stated_limit, self._stated_at)

    def _limit(self, per_s: float) -> None:
        """`interval_s`: from call to call while work waits. `_window`: (calls, seconds), never more than `calls` within
        `seconds`; fractions stretch it: 2.5/s is 3 in 1.2 s."""
        self.limit_per_s = per_s
        self.interval_s = (1 + GRID_MARGIN) / per_s
        whole = ceil(per_s)
        self._window = whole + self._burst, whole / per_s

    @property
    def _next_at(self) -> float:
        return self._grid + self.interval_s

    def wait_s(self, now: float) -> float:
        """Seconds until the next call may leave; 0 or less: now."""
        if self._stated_limit is not None:
            self._recover(now)
        slots, (calls, seconds) = self._slots, self._window
        due = self._grid + self.interval_s * (1 - self._burst)
        if self._closed_until > due:
            due = self._closed_until
        if len(slots) >= calls:
            due = max(due, slots[-calls].at + seconds + WINDOW_GUARD_S)
        if slots and not self._burst:
            due = max(due, slots[-1].at + self.interval_s / CATCHING_UP)
        return due - now

    def take(self, now: float, ready_at: float) -> Slot:
        """A call leaves now; `ready_at`: since when it could have (work waiting), which bounds the catching up."""
        calls, seconds = self._window
        self._grid = max(self._next_at, ready_at, self._closed_until, now - seconds / 2)
        slot = Slot(now)
        self._slots.append(slot)
        del self._slots[: -max(calls, ceil(self._rate) + self._burst)]
        return slot

    def close_until(self, at: float, now: float) -> None:
        """No call before `at` (a 429), but for an hour at most."""
        self._closed_until = max(self._closed_until, min(at, now + LONGEST_CLOSED_S))

    def follow(self, limit_per_s: float, at: float) -> None:
        """Amazon's x-amzn-RateLimit-Limit, said at `at`: obeyed downwards, never above the configured rate and never
        below a call a minute. What is not said again is doubled every three minutes, until it holds nothing back."""
        if limit_per_s <= 0 or at < self._stated_at:
            return
        self._stated_limit = max(limit_per_s, LOWEST_LIMIT_PER_S) if limit_per_s < self._rate else None
        self._stated_at = at
        self._recover(at)

    def recall(self, learnt: Learnt, now: float) -> None:
        """What another lane of this merchant and operation was told."""
        self.close_until(learnt.closed_until, now)
        if learnt.limit_per_s is not None:
            self.follow(learnt.limit_per_s, min(learnt.stated_at, now))
            self._recover(now)

    @property
    def last_call_at(self) -> float:
        """Minus infinity before the first."""
        return self._slots[-1].at if self._slots else float("-inf")

    def is_free(self, now: float) -> bool:
        """Nothing that Amazon said holds back the next call."""
        if self._stated_limit is not None:
            self._recover(now)
        return self._stated_limit is None and self._closed_until <= now

    def used_share(self, now: float) -> float:
        """Calls of the last period, as a share of the limit; whichever thread asks."""
        calls, seconds = self._window
        return sum(1 for slot in tuple(self._slots) if slot.at > now - seconds) / calls

    def _recover(self, now: float) -> None:
        limit = self._rate
        if self._stated_limit is not None:
            doublings = max(0.0, now - self._stated_at) // LOWERED_DOUBLES_EVERY_S
            limit = min(self._rate, self._stated_limit * 2.0 ** min(doublings, 64))
        if limit != self.limit_per_s:
            self._limit(limit)
        if limit == self._rate:
            self._stated_limit = None
