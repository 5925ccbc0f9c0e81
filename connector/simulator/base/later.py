"""What happens by itself some time after a call. Nothing wakes up: it is caught up with when a request arrives."""

import heapq
import itertools
from collections.abc import Callable


class Later:
    """Times are epoch seconds of the simulator's own clock."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def at(self, wall: float, action: Callable[[], object]) -> None:
        heapq.heappush(self._due, (wall, next(self._numbers), action))

    def catch_up(self, wall: float) -> None:
        """Everything due by now, in the order of its time; what it plans in turn, too."""
        while self._due and self._due[0][0] <= wall:
            heapq.heappop(self._due)[2]()
