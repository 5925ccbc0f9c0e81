"""What time alone does to shipments: commands expire, parked ones too, and some orders confirm themselves.

Only agents write tables, so it becomes an internal command, and is judged again when that is carried out.
"""

from collections.abc import Iterable

from connector.agents.alarms import Alarms
from connector.agents.issuer import Issuer
from connector.agents.orders.calls import ShipmentCalls
from connector.agents.orders.rules import OrderRules
from connector.domain.internal_commands import EndCommands
from connector.domain.orders.arrivals import needs_confirming
from connector.domain.orders.commands import Refresh
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.next_step import ends_at_ms, has_ended
from connector.domain.orders.row import ShipmentRow
from connector.tables.shipments import ShipmentTable, id_of


class ShipmentExpiry:
    """`rules`: some locations' orders are confirmed by themselves, also those that came before it was switched on."""

    def __init__(self, table: ShipmentTable, calls: ShipmentCalls, issuer: Issuer, *, rules: OrderRules) -> None:
        self._table = table
        self._calls = calls
        self._issuer = issuer
        self._rules = rules
        self._alarms = Alarms(self._ring, issuer.now_ms)

    async def run(self) -> None:
        """For ever."""
        await self._alarms.watch()

    def close(self) -> None:
        self._alarms.clear()

    def offer(self, partition: int, keys: Iterable[str]) -> None:
        """Rows that were written or recovered."""
        for key in keys:
            row = self._table.get(partition, key)
            due_ms = None if row is None else self._due_ms(partition, key, row)
            if due_ms is not None:
                self._alarms.set(partition, key, due_ms)

    def _due_ms(self, partition: int, key: str, row: ShipmentRow) -> int | None:
        now_ms = self._issuer.now_ms()
        return now_ms if self._is_due(partition, key, row) else ends_at_ms(row, now_ms)

    def _is_due(self, partition: int, key: str, row: ShipmentRow) -> bool:
        if row.head is not None and isinstance(row.head.command.action, Refresh) and not row.shipment_id:
            return has_ended(row, self._issuer.now_ms())  # of a return: no lane of the shipments' calls for it
        if self._calls.has_ended(partition, key):
            return True
        if row.facts is None or row.facts.status != Status.ACCEPTED:
            return False
        return needs_confirming(row, self._rules.of(partition, row.merchant_id, row.facts.location_id))

    async def _ring(self, partition: int, key: str) -> None:
        row = self._table.get(partition, key)
        if row is not None and self._is_due(partition, key, row):
            await self._issuer.issue(partition, row.merchant_id, EndCommands(id_of(key)))
