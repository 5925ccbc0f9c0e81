"""A merchant who left: all rows that tables have of it are deleted, and its alerts end. Asked for by an operator."""

from collections.abc import Sequence
from typing import Any

from connector.agents.alerts import Alerts
from connector.agents.issuer import KEYS_PER_COMMAND
from connector.agents.merchants.known import KnownMerchants
from connector.kafka.avro.codec import BadRecord
from connector.tables.table import Table


class Offboarding:
    """`tables`: all that there are."""

    def __init__(self, tables: Sequence[Table[Any]], merchants: KnownMerchants, alerts: Alerts) -> None:
        self._tables = tables
        self._merchants = merchants
        self._alerts = alerts

    async def forget(self, partition: int, merchant_id: str) -> None:
        """Raises BadRecord where the merchants file has it: then it would be at work meanwhile."""
        if self._merchants.get(merchant_id) is not None:
            raise BadRecord("INVALID", "merchant_id: it is in the merchants file; remove it there, then purge again")
        for table in self._tables:
            async with table.lock(partition):
                keys = tuple(table.of_merchant(partition, merchant_id))
                for begin in range(0, len(keys), KEYS_PER_COMMAND):
                    await table.write(partition, dict.fromkeys(keys[begin : begin + KEYS_PER_COMMAND]))
        for alert in self._alerts.of(merchant_id):
            self._alerts.end_alert(merchant_id, alert.kind, alert.subject)
