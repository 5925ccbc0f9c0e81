"""What a 403 of a list says: of that list, of an API that is not open to the merchant, or of the merchant (G9)."""

from collections.abc import Callable, Collection
from enum import Enum, auto

RECENT_S = 300.0


class AccessVerdict(Enum):
    LIST = auto()  # others of its API are open, or not asked yet: it is parked by itself
    NOT_ENABLED = auto()  # all lists of the API are refused, while other APIs work
    MERCHANT = auto()  # nothing works: the lanes suspend it


class ApiAccess:
    """`not_enabled`: merchant|operation, for the metrics too. `clock`: monotonic seconds.

    `rest_s`: until an API that is not enabled is tried again.
    """

    def __init__(self, clock: Callable[[], float], rest_s: float = 600.0) -> None:
        self.rest_s = rest_s
        self.not_enabled: set[str] = set()
        self._clock = clock
        self._accepted_at: dict[tuple[str, str], float] = {}
        self._refused: set[str] = set()

    def accepted(self, merchant_id: str, operation: str, key: str = "") -> None:
        """`key`: the list that was asked for, if it was one."""
        self._accepted_at[merchant_id, operation] = self._clock()
        self._refused.discard(key)

    def refused(self, merchant_id: str, operation: str, key: str, lists: Collection[str]) -> AccessVerdict:
        """403 with a good token. `lists`: the keys of all lists of the operation that are asked for."""
        self._refused.add(key)
        if not self._refused.issuperset(lists):
            return AccessVerdict.LIST
        since = self._clock() - RECENT_S
        works = any(
            merchant == merchant_id and other != operation and at >= since
            for (merchant, other), at in self._accepted_at.items()
        )
        return AccessVerdict.NOT_ENABLED if works else AccessVerdict.MERCHANT

    def rests(self, merchant_id: str, operation: str) -> bool:
        return f"{merchant_id}|{operation}" in self.not_enabled

    def close(self) -> None:
        """All partitions were given up."""
        self.not_enabled.clear()
        self._accepted_at.clear()
        self._refused.clear()
