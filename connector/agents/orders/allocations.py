"""Which OMS location a new order takes its units from: by the ledger's counts, less what open orders hold already."""

from collections import Counter
from collections.abc import Callable, Iterable

from connector.domain.orders import allocation as routing
from connector.domain.orders.allocation import Allocation
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Location
from connector.tables.ledger import Ledger, ledger_key


class Allocations:
    """Keeps count of what open orders hold, per merchant, OMS location and SKU."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: dict[str, Counter[tuple[str, str]]] = {}

    def open(self, merchant_id: str, rows: Iterable[ShipmentRow]) -> None:
        """`rows`: all of the merchant's."""
        self._held[merchant_id] = Counter()
        for row in rows:
            self.move(None, row)

    def close(self) -> None:
        self._held.clear()

    def move(self, was: ShipmentRow | None, now: ShipmentRow | None) -> None:
        """A row changes; a shipped or cancelled one holds nothing any more."""
        if was is not None and now is not None and _held_by(was) == _held_by(now):
            return
        for row, sign in ((was, -1), (now, 1)):
            if row is not None and (held := self._held.get(row.merchant_id)) is not None:
                for allocation in _held_by(row):
                    held[allocation.oms_location, allocation.sku] += sign * allocation.quantity

    def allocate(
        self, partition: int, merchant_id: str, location: Location
    ) -> Callable[[Shipment], tuple[Allocation, ...]]:
        def split(facts: Shipment) -> tuple[Allocation, ...]:
            skus = {line.sku for line in facts.line_items}
            held = self._held.get(merchant_id, Counter())
            reserved = [Allocation(name, "", sku, held[name, sku]) for name in location.oms_locations for sku in skus]
            stock = self._stock(partition, merchant_id, location, skus)
            return routing.split(facts.line_items, location.oms_locations, routing.available(stock, reserved))

        return split

    def _stock(self, partition: int, merchant_id: str, location: Location, skus: Iterable[str]) -> routing.Stock:
        stock: dict[str, dict[str, int]] = {name: {} for name in location.oms_locations}
        for sku in skus:
            row = self._ledger.get(partition, ledger_key(merchant_id, location.location_id, sku))
            for name, count in row.counts.items() if row else ():
                stock.setdefault(name, {})[sku] = count.quantity
        return stock


def _held_by(row: ShipmentRow) -> tuple[Allocation, ...]:
    return row.allocations if row.final_at_ms is None else ()
