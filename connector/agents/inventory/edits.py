"""The ledger, as agents change it: results and alerts are published, then the rows written and offered to the lanes."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from connector.agents.alerts import Alerts
from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.contested import ContestedSkus
from connector.agents.inventory.counting import Counting
from connector.agents.outbox import Outbox
from connector.domain.alerts import Alert
from connector.domain.inventory.alerts import LedgerPlace, changed_alerts, parked_alert, stock_left_behind
from connector.domain.inventory.ledger import Counted, LedgerRow, Phase
from connector.kafka.producer import OutRecord
from connector.merchants import Merchant
from connector.tables.ledger import Ledger, key_parts

SENT_AT_ONCE = 2_000  # records, handed over in some milliseconds
OFFERED_PER_TURN = 500  # rows, in a millisecond, until others may have the loop


class LedgerEdits:
    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        calls: InventoryCalls,
        *,
        counting: Counting,
        alerts: Alerts,
        contested: ContestedSkus,
    ) -> None:
        self.counting = counting
        self._ledger = ledger
        self._outbox = outbox
        self._calls = calls
        self._alerts = alerts
        self._contested = contested

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        self._calls.open(merchant, partition)
        for key in tuple(self._ledger.unsettled(partition).get(merchant.merchant_id, ())):
            row = self._ledger.get(partition, key)
            if row is not None and row.phase is not Phase.SETTLED:
                self._calls.recover(key, row)
            if row is not None and row.has_trouble:
                if (alert := parked_alert(LedgerPlace(*key_parts(key)), row)) is not None:
                    self._alerts.standing(alert)
                self._contested.offer(partition, [(key, row)])
            yield
        self._contested.look_at(merchant.merchant_id)

    def close(self) -> None:
        """All partitions were given up."""
        self._contested.close()
        self._calls.close()

    @asynccontextmanager
    async def editing(self, partition: int, now_ms: int) -> AsyncIterator["LedgerEdit"]:
        """Holds the partition's lock, so keep it short. A crash in between publishes the same again, under the same
        ids. Raises what producer and table raise."""
        async with self._ledger.lock(partition):
            edit = LedgerEdit(partition, now_ms, self._ledger, calls=self._calls, counting=self.counting)
            with self._ledger.changing(partition, edit.rows):
                yield edit
                out = [*edit.out, *self._alert_records(partition, edit)]
                for at in range(0, len(out), SENT_AT_ONCE):
                    await self._outbox.send(out[at : at + SENT_AT_ONCE])
                await self._ledger.write(partition, edit.rows)
            self._contested.offer(partition, ((key, edit.rows[key]) for key in edit.troubled))
            fresh = [(key, row) for key, row in edit.rows.items() if key not in edit.settled]
            for at in range(0, len(fresh), OFFERED_PER_TURN):
                if at:
                    await asyncio.sleep(0)  # a row is as it was written while the lock is held
                self._calls.offer(fresh[at : at + OFFERED_PER_TURN])
            self._calls.settle((key, edit.rows[key]) for key in edit.settled)

    def _alert_records(self, partition: int, edit: "LedgerEdit") -> Iterable[OutRecord]:
        for alert in edit.alerts:
            yield self._alerts.changed(alert)
        for key in edit.troubled:
            was, row = self._ledger.get(partition, key), edit.rows[key]
            for alert in changed_alerts(LedgerPlace(*key_parts(key)), was, row, edit.now_ms):
                yield self._alerts.changed(alert)


class LedgerEdit:
    """What one batch of one partition decides on. `settled`: keys whose call, if one is under way, is dealt with.
    `troubled`: keys that may have an alert to raise or to end."""

    def __init__(
        self,
        partition: int,
        now_ms: int,
        ledger: Ledger,
        *,
        calls: InventoryCalls,
        counting: Counting,
    ) -> None:
        self.partition = partition
        self.now_ms = now_ms
        self.rows: dict[str, LedgerRow] = {}
        self.settled: set[str] = set()
        self.troubled: dict[str, None] = {}  # in the order in which they came
        self.out: list[OutRecord] = []
        self.alerts: list[Alert] = []
        self._ledger = ledger
        self._calls = calls
        self._counting = counting

    def row(self, key: str) -> LedgerRow | None:
        """As it stands in this edit."""
        return self.rows.get(key) or self._ledger.get(self.partition, key)

    def maybe_sent(self, key: str, row: LedgerRow | None) -> bool:
        """A call with the row's number may have left."""
        return self._calls.maybe_sent(key, row)

    def counted(self, key: str) -> Counted:
        return self._counting.of(*key_parts(key))

    def is_zeroed(self, key: str) -> bool:
        """An operator's zero of the SKU is in force."""
        return self._counting.is_zeroed(*key_parts(key))

    def put(self, key: str, row: LedgerRow, was: LedgerRow | None) -> None:
        """In place of the one there was."""
        if row.phase is Phase.SEND and (was is None or was.sequence != row.sequence):
            self._calls.bind(key, row)
        if row.has_trouble or (was is not None and was.has_trouble):
            self.troubled[key] = None
        self.rows[key] = row

    def left_behind(self, key: str, was: LedgerRow, row: LedgerRow) -> None:
        """A recount took units from it: told, where the listings are why."""
        moved = self._counting.moved_skus(*key_parts(key), was)
        alert = stock_left_behind(LedgerPlace(*key_parts(key)), was, row, moved, self.now_ms)
        if alert is not None:
            self.alerts.append(alert)
