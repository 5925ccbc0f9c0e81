"""The returns table, as agents change it: what a reading tells is published on amazon.returns, then the row written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connector.agents.orders.replacements import Replacements
from connector.agents.outbox import Outbox
from connector.agents.returns.index import ReturnIndex
from connector.domain.returns.events import ReturnEvent, ReturnRow, observe_return
from connector.domain.returns.facts import Return
from connector.kafka.topics import RETURNS
from connector.tables.returns import Returns, return_key


@dataclass(frozen=True, slots=True)
class ReturnSight:
    """A reading of a return, or (`facts` None) the news that something else about it became known."""

    merchant_id: str
    return_id: str
    facts: Return | None = None


class ReturnEdits:
    def __init__(self, table: Returns, outbox: Outbox, *, index: ReturnIndex, replacements: Replacements) -> None:
        self._table = table
        self._outbox = outbox
        self._index = index
        self._replacements = replacements

    async def observe(
        self, partition: int, sights: Sequence[ReturnSight], now_ms: int
    ) -> Mapping[str, ReturnRow | None]:
        """The rows that changed, as they were before. Events first, then rows: a crash in between publishes the same
        again, under the same ids."""
        async with self._table.lock(partition):
            before: dict[str, ReturnRow | None] = {}
            rows: dict[str, ReturnRow | None] = {}
            told: list[ReturnEvent] = []
            for sight in [*sights, *self._replaced(partition)]:
                key = return_key(sight.merchant_id, sight.return_id)
                row = rows.get(key) or self._table.get(partition, key)
                facts = sight.facts or (row.facts if row else None)
                if facts is None:
                    continue  # forgotten meanwhile
                replacements = self._replacements_of(sight.merchant_id, facts)
                after, events = observe_return(sight.merchant_id, row, facts, now_ms, replacements)
                if after != row:
                    before.setdefault(key, row)
                    rows[key] = after
                    told.extend(events)
                self._index.put(sight.merchant_id, after)
            with self._table.changing(partition, rows):
                await self._outbox.send(
                    [self._outbox.record(RETURNS, partition, event.merchant_id, event) for event in told]
                )
                await self._table.write(partition, rows)
        return before

    async def forget(self, partition: int, merchant_id: str, return_id: str) -> None:
        """Amazon does not know it any more."""
        async with self._table.lock(partition):
            await self._table.write(partition, {return_key(merchant_id, return_id): None})
        self._index.end(merchant_id, return_id)

    def _replaced(self, partition: int) -> Iterable[ReturnSight]:
        """Returns of shipments whose replacement became known since."""
        for merchant_id, shipment_id in self._replacements.news.pop(partition, set()):
            for return_id in self._index.of_shipment(merchant_id, shipment_id):
                yield ReturnSight(merchant_id, return_id)

    def _replacements_of(self, merchant_id: str, facts: Return) -> tuple[str, ...]:
        if not facts.shipment_id or facts.sub_type == "NORMAL":
            return ()
        return self._replacements.of(merchant_id, facts.shipment_id, facts.sku)
