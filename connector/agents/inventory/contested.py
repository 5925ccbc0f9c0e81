"""SKUs that another integrator posts too: counted, and looked at again when nobody has posted them for a while."""

from collections.abc import Iterable

from connector.agents.alarms import Alarms
from connector.agents.issuer import Issuer
from connector.domain.inventory.commands import RecountStock
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.tables.ledger import key_parts


class ContestedSkus:
    """`keys`: of the ledger, as they are now."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._alarms = Alarms(self._ring, issuer.now_ms)
        self.keys: set[str] = set()

    async def run(self) -> None:
        """For ever."""
        await self._alarms.watch()

    def close(self) -> None:
        self.keys.clear()
        self._alarms.clear()

    def offer(self, partition: int, rows: Iterable[tuple[str, LedgerRow]]) -> None:
        """Rows that were written or recovered."""
        for key, row in rows:
            if not row.contested:
                self.keys.discard(key)
                continue
            self.keys.add(key)
            if row.phase is Phase.SETTLED:
                self._alarms.set(partition, key, row.contested_until_ms)

    async def _ring(self, partition: int, key: str) -> None:
        merchant_id, location_id, sku = key_parts(key)
        await self._issuer.issue(partition, merchant_id, RecountStock(location_id, (sku,)))
