"""What became of inventory calls: ledger rows and results."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from connector.agents.inventory.edits import LedgerEdit, LedgerEdits
from connector.agents.inventory.records import result_record
from connector.agents.outbox import Outbox
from connector.domain.inventory.ledger import CallKind, LedgerRow, Phase
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.outcomes import Answer, outcome_named
from connector.kafka.topics import INVENTORY_RESULTS
from connector.tables.ledger import ledger_key

CALLS_PER_TURN = 20  # take two or three milliseconds, until others may have the loop


class InventorySettlements:
    def __init__(self, outbox: Outbox, edits: LedgerEdits) -> None:
        self._outbox = outbox
        self._edits = edits

    async def apply(self, partition: int, api_calls: Sequence[Mapping[str, Any]], now_ms: int) -> None:
        if not api_calls:
            return
        async with self._edits.editing(partition, now_ms) as edit:
            for number, call in enumerate(api_calls, 1):
                if number % CALLS_PER_TURN == 0:
                    await asyncio.sleep(0)
                for item in call["inventory_items"]:
                    self._settle(edit, call, item)

    def _settle(self, edit: LedgerEdit, call: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        merchant_id = call["merchant_id"]
        key = ledger_key(merchant_id, item["location_id"], item["sku"])
        was = edit.row(key)
        if was is None:
            return
        row, result = settle_inventory(
            was, CallKind(item["kind"]), item["sequence"], _outcome(call, item), edit.counted(key), edit.now_ms
        )
        if row is was:
            return
        edit.put(key, row, was)
        edit.settled.add(key)
        if _is_recounted(was, row):
            edit.left_behind(key, was, row)
        if result is not None and result.origin.update_id:  # a recount has nobody to tell
            record = result_record(merchant_id, item["location_id"], item["sku"], result, edit.now_ms)
            record["request_id"] = call["request_id"]
            edit.out.append(self._outbox.record(INVENTORY_RESULTS, edit.partition, merchant_id, record))


def _is_recounted(was: LedgerRow, row: LedgerRow) -> bool:
    """What counts changed while its call was under way."""
    return (
        row.phase is Phase.SEND
        and row.sequence != was.sequence
        and not row.origin.update_id
        and was.origin != row.origin
    )


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
