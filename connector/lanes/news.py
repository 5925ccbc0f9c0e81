"""What ends a lane's wait: its time, or something new."""

import asyncio

TIMER_GRAIN_S = 0.0005  # uvloop's timers go by whole milliseconds, the nearest: one that is early would be set again


class News:
    """Of one task that waits. `is_heeded`: what is told ends the wait."""

    def __init__(self) -> None:
        self.is_heeded = True
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self, wait_s: float) -> None:
        """For so long, for ever where it is infinity, or until something is told."""
        loop = asyncio.get_running_loop()
        self._waiting = waiting = loop.create_future()
        alarm = None if wait_s == float("inf") else loop.call_later(wait_s + TIMER_GRAIN_S, self.wake)
        try:
            await waiting
        finally:
            self._waiting = None
            if alarm is not None:
                alarm.cancel()

    def tell(self) -> None:
        if self.is_heeded:
            self.wake()

    def wake(self) -> None:
        """Whether it is heeded or not."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
