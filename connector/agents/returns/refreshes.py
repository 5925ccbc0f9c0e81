"""Which commands wait for which return to be read: each return is offered to its merchant's lane."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from connector.agents.returns.commands import asked_return
from connector.domain.polling.polls import LIST_RETURNS
from connector.lanes.lanes import Lanes
from connector.lanes.scheduler import Kind
from connector.tables.shipments import ShipmentTable

_RANK = 0  # the OMS waits: before the lists
_KEY = "refresh"  # where lists' keys have their operation


def lane_key(merchant_id: str, return_id: str) -> str:
    """One call in flight for each return."""
    return f"{merchant_id}|{_KEY}|{return_id}"


def refreshed_return(key: str) -> str | None:
    """The return that a lane's key asks for, None for a list's."""
    _, kind, return_id = key.split("|", 2)
    return return_id if kind == _KEY else None


class ReturnRefreshes:
    """Follows the shipments table, where each command has a row: by their keys it knows those that wait."""

    def __init__(self, table: ShipmentTable, lanes: Lanes, now_ms: Callable[[], int]) -> None:
        self._table = table
        self._lanes = lanes
        self._now_ms = now_ms
        self._waiting: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def offer(self, partition: int, keys: Iterable[str]) -> None:
        """These rows were written, or recovered."""
        for key in keys:
            row = self._table.get(partition, key)
            merchant_id = key.partition("|")[0]
            return_id = None if row is None else asked_return(row)
            if return_id is None:
                self._waiting[merchant_id].pop(key, None)
            else:
                self._waiting[merchant_id][key] = return_id
                self._place(merchant_id, return_id)

    def open(self, merchant_id: str) -> None:
        """Its lane is open now."""
        for return_id in dict.fromkeys(self._waiting[merchant_id].values()):
            self._place(merchant_id, return_id)

    def close(self) -> None:
        """All partitions were given up."""
        self._waiting.clear()

    def waiting(self, merchant_id: str, return_id: str) -> tuple[str, ...]:
        """The keys of the commands that wait for this return."""
        return tuple(key for key, wanted in self._waiting[merchant_id].items() if wanted == return_id)

    def settled(self, merchant_id: str, return_id: str, wait_s: float) -> None:
        """The call's outcome is in the table; who still waits has another call, after `wait_s`."""
        lane = self._lanes.lane(merchant_id, LIST_RETURNS)
        if lane is not None:
            rank = (_RANK, self._now_ms()) if self.waiting(merchant_id, return_id) else None
            lane.settle(lane_key(merchant_id, return_id), rank, wait_s, kind=Kind.HEALING if wait_s > 0 else Kind.FRESH)

    def _place(self, merchant_id: str, return_id: str) -> None:
        lane = self._lanes.lane(merchant_id, LIST_RETURNS)
        if lane is not None:
            lane.offer(lane_key(merchant_id, return_id), (_RANK, self._now_ms()))
