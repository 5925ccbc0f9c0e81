"""Inventory on the topics: update records in, result records out."""

from collections.abc import Mapping
from typing import Any

from connector.agents.bounds import check_texts
from connector.domain.ids import stable_id
from connector.domain.inventory.ledger import InventoryResult, InventoryUpdate
from connector.kafka.avro.codec import BadRecord


def read_update(value: Mapping[str, Any], *, now_ms: int, tolerance_ms: int) -> InventoryUpdate:
    """`tolerance_ms`: how far its time may be ahead of `now_ms`; it would keep out all that is counted until then.
    Raises BadRecord naming the field.
    """
    check_texts(value)
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
    _check_time(update.occurred_at_ms, now_ms, tolerance_ms)
    return update


def _check_time(occurred_at_ms: int, now_ms: int, tolerance_ms: int) -> None:
    if occurred_at_ms <= 0:
        raise BadRecord("INVALID", f"occurred_at: {occurred_at_ms} is no time; send milliseconds since 1970")
    ahead_ms = occurred_at_ms - now_ms
    if ahead_ms > tolerance_ms:
        raise BadRecord(
            "INVALID",
            f"occurred_at: it is {ahead_ms // 1000} s ahead of the worker's clock, more than "
            f"{tolerance_ms // 1000} s; send milliseconds since 1970, and set the sender's clock",
        )


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
