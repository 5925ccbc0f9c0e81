"""Rows that must be looked at again at some time though nothing happens to them."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable

LONGEST_SLEEP_S = 60.0  # the wall clock may be set

Ring = Callable[[int, str], Awaitable[None]]
"""ring(partition, key)."""


class Alarms:
    def __init__(self, ring: Ring, now_ms: Callable[[], int]) -> None:
        self._ring = ring
        self._now_ms = now_ms
        self._queue: list[tuple[int, int, str]] = []
        self._due_ms: dict[str, int] = {}
        self._news = asyncio.Event()

    def set(self, partition: int, key: str, due_ms: int) -> None:
        """In place of the key's former one."""
        if self._due_ms.get(key) != due_ms:
            self._due_ms[key] = due_ms
            heapq.heappush(self._queue, (due_ms, partition, key))
            self._news.set()

    def clear(self) -> None:
        self._queue.clear()
        self._due_ms.clear()

    async def watch(self) -> None:
        """For ever."""
        while True:
            while self._queue and self._queue[0][0] <= self._now_ms():
                due_ms, partition, key = heapq.heappop(self._queue)
                if self._due_ms.get(key) == due_ms:
                    del self._due_ms[key]
                    await self._ring(partition, key)
            wait_s = (self._queue[0][0] - self._now_ms()) / 1000 if self._queue else LONGEST_SLEEP_S
            self._news.clear()
            alarm = asyncio.get_running_loop().call_later(min(max(wait_s, 0.0), LONGEST_SLEEP_S), self._news.set)
            try:
                await self._news.wait()
            finally:
                alarm.cancel()
