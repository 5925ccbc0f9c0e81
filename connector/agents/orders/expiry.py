"""What time alone does to shipments: commands expire, those that are parked too. Only agents write tables, so it
becomes an internal command, and is judged again when that is carried out."""

from collections.abc import Iterable

from connector.agents.issuer import Issuer
from connector.agents.orders.alarms import Alarms
from connector.agents.orders.calls import ShipmentCalls
from connector.domain.internal_commands import EndCommands
from connector.domain.orders.next_step import ends_at_ms
from connector.domain.orders.row import ShipmentRow
from connector.tables.shipments import ShipmentTable


class ShipmentExpiry:
    def __init__(self, table: ShipmentTable, calls: ShipmentCalls, issuer: Issuer) -> None:
        self._table = table
        self._calls = calls
        self._issuer = issuer
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
        return now_ms if self._calls.has_ended(partition, key) else ends_at_ms(row, now_ms)

    async def _ring(self, partition: int, key: str) -> None:
        row = self._table.get(partition, key)
        if row is not None and self._calls.has_ended(partition, key):
            await self._issuer.issue(partition, row.merchant_id, EndCommands(row.shipment_id))
