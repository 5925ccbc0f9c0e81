"""How many calls may be in flight, and whose: those of a merchant that gets no answers leave room for the others'."""

from collections import Counter

ROOM_POLL_S = 0.1
SLOWEST_ANSWER_S = 10.0  # a lane uses all of its limit as long as answers take no longer than this


def most_in_flight(rate: float, burst: int) -> int:
    """What a lane needs to use its limit, however slow the answers."""
    return max(2, round((rate + burst) * SLOWEST_ANSWER_S))


class InFlight:
    """Of all merchants of a worker: `most` at once, by the connections that it may open.

    A merchant may have a quarter of as many as are free, and one in any case. So the more of them hang the less each
    of them holds, and there is room for the next (dynamic thresholds of shared buffers: Choudhury and Hahne, 1998).
    Polls of all merchants together leave a quarter to work, for their lists may all hang while stock does not.
    """

    def __init__(self, most: int = 1000) -> None:
        self._free = most
        self._spared = most // 4
        self._by_merchant: Counter[str] = Counter()

    def of(self, merchant_id: str) -> int:
        return self._by_merchant[merchant_id]

    def has_room(self, merchant_id: str) -> bool:
        return self._free > 0 and self._by_merchant[merchant_id] < max(1, self._free // 4)

    @property
    def room_for_polls(self) -> int:
        """How many more may be begun."""
        return max(0, self._free - self._spared)

    def begin(self, merchant_id: str) -> None:
        self._free -= 1
        self._by_merchant[merchant_id] += 1

    def end(self, merchant_id: str) -> None:
        self._free += 1
        self._by_merchant[merchant_id] -= 1
        if not self._by_merchant[merchant_id]:
            del self._by_merchant[merchant_id]
