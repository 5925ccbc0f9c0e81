"""SKUs that another integrator posts too: counted, and looked at again when nobody has posted them for a while."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from connector.agents.alarms import Alarms
from connector.agents.alerts import Alerts
from connector.agents.issuer import Issuer
from connector.domain.alerts import AlertKind
from connector.domain.inventory.alerts import LedgerPlace, contested_alert
from connector.domain.inventory.commands import RecountStock
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.tables.ledger import key_parts


class ContestedSkus:
    """Iterates over their keys of the ledger, as they are now."""

    def __init__(self, issuer: Issuer, alerts: Alerts) -> None:
        self._issuer = issuer
        self._now_ms = issuer.now_ms
        self._alerts = alerts
        self._alarms = Alarms(self._ring, self._now_ms)
        self._by_merchant: defaultdict[str, set[str]] = defaultdict(set)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._by_merchant.values())

    async def run(self) -> None:
        """For ever."""
        await self._alarms.watch()

    def close(self) -> None:
        self._by_merchant.clear()
        self._alarms.clear()

    def offer(self, partition: int, rows: Iterable[tuple[str, LedgerRow]]) -> None:
        """Rows that were written or recovered."""
        for key, row in rows:
            merchant_id, *_ = place = key_parts(key)
            if not row.contested:
                if key in self._by_merchant.get(merchant_id, ()):
                    self._by_merchant[merchant_id].discard(key)
                    self.look_at(merchant_id)
                continue
            self._by_merchant[merchant_id].add(key)
            if self._alerts.find(merchant_id, AlertKind.SKU_CONTESTED) is None:
                self._alerts.tell(contested_alert(LedgerPlace(*place), row))
            if row.phase is Phase.SETTLED:
                self._alarms.set(partition, key, row.contested_until_ms(self._now_ms()))

    def of(self, merchant_id: str) -> tuple[str, ...]:
        return tuple(sorted(self._by_merchant.get(merchant_id, ())))

    def look_at(self, merchant_id: str) -> None:
        """All of its rows were offered, or one is contested no more."""
        if not self._by_merchant.get(merchant_id):
            self._by_merchant.pop(merchant_id, None)
            standing = self._alerts.find(merchant_id, AlertKind.SKU_CONTESTED)
            if standing is not None:
                self._alerts.end_alert(merchant_id, AlertKind.SKU_CONTESTED, standing.subject)

    async def _ring(self, partition: int, key: str) -> None:
        merchant_id, location_id, sku = key_parts(key)
        await self._issuer.issue(partition, merchant_id, RecountStock(location_id, (sku,)))
