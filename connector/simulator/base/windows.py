"""A strict sliding window per merchant and operation: never more than limit + burst calls admitted in any window."""

from collections import defaultdict, deque

from connector.simulator.base.limits import Limit


class SlidingWindows:
    def __init__(self) -> None:
        self._admitted: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admit(self, key: tuple[str, str], limit: Limit, now: float, tolerance_s: float = 0.0) -> float:
        """0 and the call is counted, or the seconds after which there is room. A refused call is not counted."""
        admitted = self._admitted[key]
        window_s = limit.window_s - tolerance_s
        while admitted and admitted[0] <= now - window_s:
            admitted.popleft()
        capacity = limit.calls + limit.burst
        if len(admitted) < capacity:
            admitted.append(now)
            return 0.0
        return admitted[len(admitted) - capacity] + window_s - now
