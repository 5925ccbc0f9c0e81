"""Which shipments were sent in place of which: returns are told of them, whenever they become known."""

from collections.abc import Iterable

from connector.domain.orders.facts.shipment import Shipment
from connector.tables.shipments import ShipmentTable

Original = tuple[str, str]
"""(merchant, the forward shipment)."""


class Replacements:
    """Follows the shipments table. `news`: originals, by partition, that were replaced since somebody looked."""

    def __init__(self, table: ShipmentTable) -> None:
        self.news: dict[int, set[Original]] = {}
        self._table = table
        self._known: dict[Original, dict[str, frozenset[str]]] = {}

    def of(self, merchant_id: str, shipment_id: str, sku: str) -> tuple[str, ...]:
        """The shipments sent in place of this one: those that replace the SKU, or do not say which; all, where `sku`
        is not known."""
        known = self._known.get((merchant_id, shipment_id), {})
        return tuple(replacement for replacement, skus in known.items() if not sku or not skus or sku in skus)

    def offer(self, partition: int, keys: Iterable[str]) -> None:
        """These rows were written, or recovered."""
        for key in keys:
            row = self._table.get(partition, key)
            if row is None or not row.original_shipment_id:
                continue
            original = (row.merchant_id, row.original_shipment_id)
            known = self._known.setdefault(original, {})
            if row.shipment_id not in known:
                known[row.shipment_id] = _replaced_skus(row.facts)
                self.news.setdefault(partition, set()).add(original)

    def close(self) -> None:
        """All partitions were given up."""
        self.news.clear()
        self._known.clear()


def _replaced_skus(facts: Shipment | None) -> frozenset[str]:
    original = facts.original_shipment if facts else None
    return frozenset(line.original_sku for line in original.line_items) if original else frozenset()
