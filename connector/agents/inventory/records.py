"""Inventory on the topics: update records in, result records out."""

from collections.abc import Mapping
from typing import Any

from connector.agents.bounds import MAX_TEXT, check_texts
from connector.domain.ids import stable_id
from connector.domain.inventory.ledger import InventoryResult
from connector.domain.inventory.times import time_fault
from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.avro.codec import BadRecord


def read_update(value: Mapping[str, Any], *, offset: int, now_ms: int, tolerance_ms: int) -> InventoryUpdate:
    """`offset`: of its record. `tolerance_ms`: how far its time may be ahead of `now_ms`. Raises BadRecord naming the
    field."""
    update_id, merchant_id, location_id, sku = (
        value["update_id"],
        value["merchant_id"],
        value["location_id"],
        value["sku"],
    )
    quantity, at_ms = value["quantity"], value["occurred_at"]
    if len(update_id) + len(merchant_id) + len(location_id) + len(sku) > MAX_TEXT:
        check_texts(value)
    if not (update_id.strip() and location_id.strip() and sku.strip()):
        empty = next(name for name in ("update_id", "location_id", "sku") if not value[name].strip())
        raise BadRecord("INVALID", f"{empty}: it is empty; give it")
    if quantity < 0:
        raise BadRecord("INVALID", f"quantity: {quantity} is below 0; send the units on hand, 0 or more")
    if not 0 < at_ms <= now_ms + tolerance_ms:
        raise BadRecord("INVALID", f"occurred_at: {time_fault(at_ms, now_ms)}")
    return InventoryUpdate(update_id, merchant_id, location_id, sku, quantity, at_ms, offset)


def result_record(merchant_id: str, location_id: str, sku: str, result: InventoryResult, now_ms: int) -> dict[str, Any]:
    """The id names the update and how it ended, so that a repeat is recognised (guarantee G5), and two words that came
    under one update_id are told apart."""
    ended = (result.origin.update_id, result.outcome, result.quantity, result.sequence)
    return {
        "result_id": stable_id(merchant_id, location_id, sku, *ended),
        "update_id": result.origin.update_id,
        "merchant_id": merchant_id,
        "superseded_update_ids": list(result.origin.superseded_update_ids),
        "superseded_count": result.origin.superseded_count,
        "location_id": location_id,
        "sku": sku,
        "quantity": result.quantity,
        "sequence": result.sequence or None,
        "outcome": result.outcome,
        "code": result.code,
        "message": result.message,
        "sellable_quantity": result.level.sellable_quantity,
        "reserved_quantity": result.level.reserved_quantity,
        "actionable_errors": list(result.level.actionable_errors),
        "settled_at": now_ms,
    }
