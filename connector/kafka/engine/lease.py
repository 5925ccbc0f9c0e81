"""How long ago the group coordinator surely still counted this worker as a member."""

import sys
import time
from collections.abc import Callable
from math import inf


def clock_s() -> float:
    """Seconds that go on while the machine is suspended, as the broker's do: CLOCK_MONOTONIC stops then, on Linux."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.clock_gettime(time.CLOCK_MONOTONIC) if sys.platform == "darwin" else time.monotonic()


class Lease:
    """Counts from the *sending* of the last request that was confirmed, so it never ends after the broker's own timer.

    Read from any thread, renewed and ended in the consumer's. A process that was frozen sees its age at once.
    """

    def __init__(self, clock: Callable[[], float] = clock_s) -> None:
        self._clock = clock
        self._renewed_at = -inf
        self._ended_at = -inf

    def age_s(self) -> float:
        """Infinite before the first join, and since the coordinator said that this worker is no member any more."""
        return self._clock() - self._renewed_at

    def now(self) -> float:
        """The time of sending, for `renew`."""
        return self._clock()

    def renew(self, sent_at: float) -> None:
        """A request sent at that time was confirmed; one sent before the end tells nothing of now."""
        if sent_at > self._ended_at:
            self._renewed_at = sent_at

    def end(self) -> None:
        self._ended_at = self._clock()
        self._renewed_at = -inf
