"""Sequence numbers that an operator says Amazon knows, into the ledger."""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.agents.inventory.calls import InventoryCalls
from connector.domain.internal_commands import SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import LedgerRow, seed_sequence
from connector.tables.ledger import Ledger, ledger_key


class Seeds:
    def __init__(self, ledger: Ledger, calls: InventoryCalls) -> None:
        self._ledger = ledger
        self._calls = calls

    async def apply(self, partition: int, merchant_id: str, seeds: SeedSequences) -> None:
        async with self._ledger.lock(partition):
            rows = dict(self._seeded(partition, merchant_id, seeds))
            await self._ledger.write(partition, rows)
        self._calls.settle(rows.items())

    def _seeded(self, partition: int, merchant_id: str, seeds: SeedSequences) -> Iterable[tuple[str, LedgerRow]]:
        for item in seeds.items:
            key = ledger_key(merchant_id, item.location_id, item.sku)
            row = self._ledger.get(partition, key)
            known = 0 if row is None else row.sequence
            if item.sequence > known or (seeds.forced and known == item.known_sequence):
                yield key, seed_sequence(row, item.sequence)


def previous_seeds(call: Mapping[str, Any]) -> SeedSequences | None:
    """Seeds in the form of version 0.1, which had them on connector.api-calls; None for a record that is none."""
    if call["operation"] != "seed":
        return None
    items = (
        SequenceSeed(item["location_id"], item["sku"], item["sequence"], item["known_sequence"] or 0)
        for item in call["inventory_items"]
    )
    return SeedSequences(tuple(items), forced=call["kind"] == "forced")
