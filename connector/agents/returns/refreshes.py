"""Refresh of one return, which the OMS asks for: its command waits in a row of its own, the merchant's lane of returns
reads the return at once, and what came of that is the command's result. The return's events are polling's, as ever.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from connector.agents.orders.edits import ShipmentEdit
from connector.domain.orders.commands import Fault, OrderCommand, Refresh
from connector.domain.orders.next_step import advance, end_head
from connector.domain.orders.results import Finish, Refuse
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.polling.polls import LIST_RETURNS
from connector.domain.returns.refreshes import LONGEST_MS
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.tables.shipments import ShipmentTable, command_key

_RANK = 0  # the OMS waits: before the lists
_KEY = "refresh"


def take_return_refresh(edit: ShipmentEdit, command: OrderCommand, return_id: str, merchant: Merchant) -> None:
    """Queued in a row of its own. One seen again has its result published again, or still to come."""
    key = command_key(command.merchant_id, command.command_id)
    row = edit.row(key)
    if row is not None:
        for result in row.done:
            edit.tell(result)
        return
    if command.expires_at_ms is None:
        command = replace(command, expires_at_ms=edit.now_ms + LONGEST_MS)
    row = ShipmentRow(
        merchant_id=command.merchant_id,
        shipment_id="",
        queue=(Work(command=command, taken_at_ms=edit.now_ms),),
        final_at_ms=edit.now_ms,  # of a shipment there is nothing to expect: forgotten some time after its result
    )
    if any(merchant.flows(location, "returns") for location in merchant.locations):
        change = advance(row, edit.now_ms)
    else:
        fault = Fault("return_id", f"{return_id} can't be read: the merchants file switches the merchant's returns off")
        change = end_head(row, Refuse((fault,)), edit.now_ms)
    for result in change.results:
        edit.tell(result)
    edit.put(key, change.row)


def end_refresh(edit: ShipmentEdit, key: str, end: Finish) -> None:
    """`key`: of the command's row. A command that ended already stays as it is."""
    row = edit.row(key)
    if row is None or row.head is None:
        return
    change = end_head(row, end, edit.now_ms)
    for result in change.results:
        edit.tell(result)
    edit.put(key, change.row)


def lane_key(merchant_id: str, return_id: str) -> str:
    """One call in flight for each return."""
    return f"{merchant_id}|{LIST_RETURNS}|{_KEY}|{return_id}"


def refreshed_return(key: str) -> str | None:
    """The return that a lane's key asks for, None for a list's."""
    parts = key.split("|", 3)
    return parts[3] if len(parts) == 4 and parts[2] == _KEY else None


class ReturnRefreshes:
    """Follows the shipments table: which commands wait for which return, each offered to the lane of returns."""

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
            lane.settle(lane_key(merchant_id, return_id), rank, wait_s, healing=wait_s > 0)

    def _place(self, merchant_id: str, return_id: str) -> None:
        lane = self._lanes.lane(merchant_id, LIST_RETURNS)
        if lane is not None:
            lane.offer(lane_key(merchant_id, return_id), (_RANK, self._now_ms()))


def asked_return(row: ShipmentRow) -> str | None:
    """The return that the row's command waits for, None for any other row."""
    action = row.head.command.action if row.head else None
    return action.return_id or None if isinstance(action, Refresh) else None
