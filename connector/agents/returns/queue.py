"""When each open return is to be read by itself: once no list has shown it for a sweep's time."""

import heapq
from collections.abc import Callable

MARGIN = 1.1  # of the sweep's time: what its lists show again is not read


class ReadQueue:
    """When each open return is due, by `clock` (monotonic seconds). `every_s`: a sweep's time."""

    def __init__(self, clock: Callable[[], float], every_s: float) -> None:
        self._clock = clock
        self._every_s = every_s * MARGIN
        self._due: dict[tuple[str, str], float] = {}
        self._heaps: dict[str, list[tuple[float, str]]] = {}

    def follow(self, merchant_id: str, return_id: str) -> None:
        """It is open, and was just seen."""
        self.want(merchant_id, return_id, self._every_s)

    def want(self, merchant_id: str, return_id: str, wait_s: float) -> None:
        """Once, that long from now."""
        at, known = self._clock() + wait_s, self._due.get((merchant_id, return_id))
        self._due[merchant_id, return_id] = at
        if known is None or at < known:  # else its place in the heap moves when it comes to the top
            heapq.heappush(self._heaps.setdefault(merchant_id, []), (at, return_id))

    def drop(self, merchant_id: str, return_id: str) -> None:
        self._due.pop((merchant_id, return_id), None)

    def next(self, merchant_id: str) -> tuple[str, float] | None:
        """The return that is due first, and in how many seconds; None: there is none."""
        heap = self._heaps.get(merchant_id, [])
        while heap:
            at, return_id = heap[0]
            due = self._due.get((merchant_id, return_id))
            if due == at:
                return return_id, at - self._clock()
            if due is not None and due > at:
                heapq.heapreplace(heap, (due, return_id))
            else:
                heapq.heappop(heap)
        return None

    def close(self) -> None:
        """All partitions were given up."""
        self._due.clear()
        self._heaps.clear()
