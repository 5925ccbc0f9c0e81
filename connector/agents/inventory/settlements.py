"""What became of inventory calls: ledger rows and results."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.agents.inventory.calls import InventoryCalls
from connector.agents.inventory.records import result_record
from connector.agents.outbox import Outbox
from connector.domain.inventory.ledger import CallKind, InventoryResult, LedgerRow
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.outcomes import Answer, outcome_named
from connector.kafka.producer import OutRecord
from connector.kafka.topics import INVENTORY_RESULTS
from connector.tables.ledger import Ledger, ledger_key


class InventorySettlements:
    def __init__(self, outbox: Outbox, ledger: Ledger, calls: InventoryCalls) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._calls = calls

    async def apply(self, partition: int, api_calls: Sequence[Mapping[str, Any]], now_ms: int) -> None:
        """Results first, then rows: a crash in between publishes the same results again, under the same ids."""
        async with self._ledger.lock(partition):
            rows: dict[str, LedgerRow] = {}
            out: list[OutRecord] = []
            for call in api_calls:
                for item in call["inventory_items"]:
                    key = ledger_key(call["merchant_id"], item["location_id"], item["sku"])
                    row = rows.get(key) or self._ledger.get(partition, key)
                    if row is None:
                        continue
                    outcome = _outcome(call, item)
                    settled, result = settle_inventory(row, CallKind(item["kind"]), item["sequence"], outcome, now_ms)
                    if settled is not row:
                        rows[key] = settled
                    if result is not None:
                        out.append(self._result(partition, call, item, result, now_ms))
            with self._ledger.changing(partition, rows):
                await self._outbox.send(out)
                await self._ledger.write(partition, rows)
        self._calls.settle(rows.items())

    def _result(
        self,
        partition: int,
        call: Mapping[str, Any],
        item: Mapping[str, Any],
        result: InventoryResult,
        now_ms: int,
    ) -> OutRecord:
        merchant_id = call["merchant_id"]
        record = result_record(merchant_id, item["location_id"], item["sku"], result, now_ms)
        record["request_id"] = call["request_id"]
        return self._outbox.record(INVENTORY_RESULTS, partition, merchant_id, record)


def _outcome(call: Mapping[str, Any], item: Mapping[str, Any]) -> Any:
    answer = Answer(
        http_status=item["http_status"], code=item["code"], message=item["message"], request_id=call["request_id"]
    )
    level = InventoryLevel(
        item["known_sequence"],
        item["sellable_quantity"],
        item["reserved_quantity"],
        tuple(item["actionable_errors"]),
    )
    return outcome_named(item["outcome"], answer, level)
