"""Inventory on the topics: update records in, result records out."""

from collections.abc import Mapping
from typing import Any

from connector.domain.ids import stable_id
from connector.domain.inventory.ledger import InventoryResult, InventoryUpdate
from connector.kafka.avro.codec import BadRecord


def read_update(value: Mapping[str, Any]) -> InventoryUpdate:
    """Raises BadRecord naming the field."""
    update = InventoryUpdate(
        update_id=value["update_id"],
        merchant_id=value["merchant_id"],
        location_id=value["location_id"],
        sku=value["sku"],
        quantity=value["quantity"],
        occurred_at_ms=value["occurred_at"],
    )
    for name in ("update_id", "location_id", "sku"):
        if not value[name].strip():
            raise BadRecord("INVALID", f"{name}: it is empty; give it")
    if update.quantity < 0:
        raise BadRecord("INVALID", f"quantity: {update.quantity} is below 0; send the units on hand, 0 or more")
    return update


def result_record(merchant_id: str, location_id: str, sku: str, result: InventoryResult, now_ms: int) -> dict[str, Any]:
    """The id names the update and how it ended, so that a repeat is recognised (guarantee G5)."""
    return {
        "result_id": stable_id(merchant_id, location_id, sku, result.origin.update_id, result.outcome),
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
