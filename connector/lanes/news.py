"""What ends a lane's wait: its time, or whoever wakes it; and what ends that of lists beside their lane."""

import asyncio
from collections.abc import Callable

TIMER_GRAIN_S = 0.0005  # uvloop's timers go by whole milliseconds, the nearest: one that is early would be set again


class News:
    """Of one task that waits."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self, wait_s: float) -> None:
        """For so long, for ever where it is infinity, or until it is woken."""
        loop = asyncio.get_running_loop()
        self._waiting = waiting = loop.create_future()
        alarm = None if wait_s == float("inf") else loop.call_later(wait_s + TIMER_GRAIN_S, self.wake)
        try:
            await waiting
        finally:
            self._waiting = None
            if alarm is not None:
                alarm.cancel()

    def wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Alarm:
    """Calls `ring` in the event loop when the wait that was set last is over."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, wait_s: float | None) -> None:
        """Seconds; None: it is not to ring."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if wait_s is None else asyncio.get_running_loop().call_later(wait_s, self._ring)
