"""What must be known of the returns table without looking through it."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from connector.agents.returns.queue import ReadQueue
from connector.domain.returns.events import ReturnRow
from connector.tables.returns import Returns, return_key


class ReturnIndex:
    """Where a merchant's open returns go, when each is to be read by itself, and which are of which shipment."""

    def __init__(self, table: Returns, queue: ReadQueue) -> None:
        self.queue = queue
        self._table = table
        self._open: defaultdict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        self._places: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._by_shipment: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def load(self, partition: int, merchant_id: str) -> Iterator[None]:
        """One pass over the rows of a merchant that just arrived, a row at a time."""
        for key in tuple(self._table.of_merchant(partition, merchant_id)):
            row = self._table.get(partition, key)
            if row is not None:
                self.put(merchant_id, row)
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self.queue.close()
        self._open.clear()
        self._places.clear()
        self._by_shipment.clear()

    def put(self, merchant_id: str, row: ReturnRow) -> None:
        """The row was written, or recovered."""
        facts = row.facts
        self.end(merchant_id, facts.return_id)
        if not facts.is_final:
            self._open[merchant_id][facts.return_id] = facts.locations
            self._places[merchant_id].update(facts.locations)
            self.queue.follow(merchant_id, facts.return_id)
        if facts.shipment_id:
            self._by_shipment[merchant_id, facts.shipment_id].add(facts.return_id)

    def end(self, merchant_id: str, return_id: str) -> None:
        """It is not open any more."""
        self.queue.drop(merchant_id, return_id)
        self._places[merchant_id].subtract(self._open[merchant_id].pop(return_id, frozenset()))

    def is_open(self, merchant_id: str, partition: int, return_id: str) -> bool:
        """It is in the table, not forgotten since, and not final."""
        row = self._table.get(partition, return_key(merchant_id, return_id))
        if row is None:
            self.end(merchant_id, return_id)
        return row is not None and not row.facts.is_final

    def places(self, merchant_id: str) -> frozenset[str]:
        """Where open returns go."""
        return frozenset(place for place, count in self._places[merchant_id].items() if count > 0)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> frozenset[str]:
        """Ids; some may have been forgotten since."""
        return frozenset(self._by_shipment.get((merchant_id, shipment_id), ()))
