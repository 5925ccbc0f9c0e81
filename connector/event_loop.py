"""The event loop must not stand still: long work in turns, and a watch over the longest wait.

While it stands still, no call leaves in its window, no heartbeat's news arrives, and no other merchant is served.
"""

import asyncio
import gc
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TURN_S = 0.01
TICK_S = 0.2  # a shorter stop may fall between two ticks; each of them wakes a worker that has nothing to do
REMEMBERED_S = 60.0
WARN_ABOVE_S = 1.0

log = logging.getLogger(__name__)


class Turns:
    """For one task with much to do: `await turns.end()` often, and others get the loop every `TURN_S`."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + TURN_S

    async def end(self) -> None:
        if time.monotonic() >= self._ends_at:
            await asyncio.sleep(0)
            self._ends_at = time.monotonic() + TURN_S


@contextmanager
def made_to_last() -> Iterator[None]:
    """What is made in the block lives as long as the work: the garbage collector need not look at it again and again,
    with the loop standing still. A full collection takes 1 ms for some 1,000 objects; 150,000 are of modules, 400 of
    each merchant. What is garbage by now is collected first.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class LoopWatch:
    """How long the loop stood still, at the longest, in the last minute: what a timer came too late by. A stop is seen
    from the first tick on that fell into it."""

    def __init__(self, tick_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._tick_s = tick_s
        self._clock = clock
        self._waits: deque[tuple[float, float]] = deque()  # (when, how long), each longer than all after it

    async def run(self) -> None:
        """For ever."""
        while True:
            due = self._clock() + self._tick_s
            await asyncio.sleep(self._tick_s)
            now = self._clock()
            self.note(now, now - due)

    def note(self, now: float, blocked_s: float) -> None:
        if blocked_s > WARN_ABOVE_S:
            log.warning("the event loop stood still for %.1f s: calls and input waited", blocked_s)
        while self._waits and self._waits[-1][1] <= blocked_s:
            self._waits.pop()
        while self._waits and self._waits[0][0] < now - REMEMBERED_S:
            self._waits.popleft()
        self._waits.append((now, blocked_s))

    def longest_s(self) -> float:
        """Whichever thread asks."""
        since = self._clock() - REMEMBERED_S
        return max(0.0, *(blocked_s for at, blocked_s in tuple(self._waits) if at >= since), 0.0)
