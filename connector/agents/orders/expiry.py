"""What time alone does to shipments: commands expire, and rows long finished are forgotten.

Only agents write tables, so both become records on connector.api-calls, and are judged again when settled.
"""

from collections.abc import Callable, Iterable

from connector.agents.api_calls import ApiCalls
from connector.agents.orders.alarms import Alarms
from connector.agents.orders.calls import ShipmentCalls
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import Expire, Step, kind_of
from connector.domain.orders.stored.current import write_step
from connector.domain.outcomes import Accepted, Answer
from connector.smartconnect.caller import CallReport
from connector.tables.shipments import ShipmentTable

EXPIRY = "expiry"
RETENTION = "retention"


class ShipmentExpiry:
    """`retention_ms`: how long a row is kept after its final state."""

    def __init__(
        self,
        table: ShipmentTable,
        calls: ShipmentCalls,
        api_calls: ApiCalls,
        retention_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._table = table
        self._calls = calls
        self._api_calls = api_calls
        self._retention_ms = retention_ms
        self._now_ms = now_ms
        self._alarms = Alarms(self._ring, now_ms)

    async def run(self) -> None:
        """For ever."""
        await self._alarms.watch()

    def close(self) -> None:
        self._alarms.clear()

    def look(self, partition: int, keys: Iterable[str]) -> None:
        """Rows that were written or recovered."""
        for key in keys:
            row = self._table.get(partition, key)
            due_ms = None if row is None else self._due_ms(partition, key, row)
            if due_ms is not None:
                self._alarms.set(partition, key, due_ms)

    def is_forgettable(self, row: ShipmentRow) -> bool:
        return row.is_disposable(self._now_ms(), self._retention_ms)

    def _due_ms(self, partition: int, key: str, row: ShipmentRow) -> int | None:
        if row.head is None:
            return None if row.final_at_ms is None else row.final_at_ms + self._retention_ms
        expires_at_ms = row.head.command.expires_at_ms
        if self._ended(partition, key) is not None:
            return self._now_ms()
        return expires_at_ms if expires_at_ms is not None and expires_at_ms > self._now_ms() else None

    def _ended(self, partition: int, key: str) -> Step | None:
        """The head command needs no call any more, and nobody is about to say so."""
        step = None if self._calls.is_in_flight(key) else self._calls.next_step(partition, key)
        return step if step is not None and isinstance(step.call, Expire) else None

    async def _ring(self, partition: int, key: str) -> None:
        row = self._table.get(partition, key)
        report = CallReport(Accepted(Answer(), None))
        if row is not None and self.is_forgettable(row):
            target = key.removeprefix(f"{row.merchant_id}|")
            await self._api_calls.note(partition, row.merchant_id, RETENTION, report, target=target)
        elif row is not None and (step := self._ended(partition, key)) is not None:
            await self._api_calls.note(
                partition,
                row.merchant_id,
                EXPIRY,
                report,
                kind=kind_of(step.call),
                target=step.shipment_id,
                step=write_step(step),
            )
