"""What is asked of Amazon for one ledger row, and how it is told on connector.api-calls."""

from dataclasses import dataclass
from typing import Any

from connector.domain.inventory.ledger import CallKind, LedgerRow
from connector.domain.inventory.requests import FetchInventory, InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.outcomes import Accepted, Outcome, outcome_name
from connector.merchants import Merchant
from connector.tables.ledger import key_parts


@dataclass(frozen=True, slots=True)
class AskedItem:
    key: str
    row: LedgerRow
    kind: CallKind
    request: InventoryRequest


def request_of(merchant: Merchant, key: str, row: LedgerRow) -> InventoryRequest | None:
    """None where the location is switched off, or gone from the merchants file: the row waits."""
    _, location_id, sku = key_parts(key)
    location = merchant.location(location_id)
    if location is None or not merchant.flows(location, "inventory"):
        return None
    where = (location_id, sku)
    named = (location.channel_name, merchant.marketplace_of(location))
    if row.next_call is CallKind.FETCH:
        return FetchInventory(*where, *named)
    return UpdateInventory(*where, row.quantity, row.sequence, *named)


def item_record(item: AskedItem, outcome: Outcome[InventoryLevel]) -> dict[str, Any]:
    level = outcome.value if isinstance(outcome, Accepted) else InventoryLevel()
    return {
        "kind": item.kind,
        "location_id": item.request.location_id,
        "sku": item.request.sku,
        "sequence": item.row.sequence,
        "quantity": item.row.quantity,
        "outcome": outcome_name(outcome),
        "http_status": outcome.answer.http_status,
        "code": outcome.answer.code,
        "message": outcome.answer.message,
        "error_text": outcome.answer.error_text,
        "known_sequence": level.sequence,
        "sellable_quantity": level.sellable_quantity,
        "reserved_quantity": level.reserved_quantity,
        "actionable_errors": list(level.actionable_errors),
    }
