"""Sequence numbers that an operator says Amazon knows: records on connector.api-calls, like what Amazon says itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.agents.inventory.calls import InventoryCalls
from connector.domain.inventory.ledger import LedgerRow, seed_sequence
from connector.tables.ledger import Ledger, ledger_key

SEED = "seed"
FORCED = "forced"
"""The `kind` of a record whose items may go backwards, each if the ledger still has its `known_sequence`: so a record
that is read twice, or after further updates, takes no number back."""


class Seeds:
    def __init__(self, ledger: Ledger, calls: InventoryCalls) -> None:
        self._ledger = ledger
        self._calls = calls

    async def apply(self, partition: int, api_calls: Sequence[Mapping[str, Any]]) -> None:
        for call in api_calls:
            async with self._ledger.lock(partition):
                rows = dict(self._seeded(partition, call))
                await self._ledger.write(partition, rows)
            self._calls.settle(rows.items())

    def _seeded(self, partition: int, call: Mapping[str, Any]) -> Iterable[tuple[str, LedgerRow]]:
        for item in call["inventory_items"]:
            key = ledger_key(call["merchant_id"], item["location_id"], item["sku"])
            row = self._ledger.get(partition, key)
            known = 0 if row is None else row.sequence
            if item["sequence"] > known or (call["kind"] == FORCED and known == item["known_sequence"]):
                yield key, seed_sequence(row, item["sequence"])
