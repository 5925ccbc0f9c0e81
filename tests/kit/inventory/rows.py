"""Ledger rows for tests: made of updates and settlements, as they come about."""

from typing import Any

from connector.domain.inventory.ledger import CallKind, Counted, LedgerRow, LocationCount
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.inventory.updates import InventoryUpdate, UpdateVerdict, take_update
from connector.domain.outcomes import Accepted, Answer

OK = Answer(http_status=200, request_id="r-1")


def everything(_: str, __: LocationCount) -> bool:
    return True


def named(*oms_locations: str) -> Counted:
    """What a merchants file that names these counts."""
    return lambda name, _: name in oms_locations


def update(
    quantity: int, at_ms: int = 10, update_id: str = "", *, location: str = "WH1", offset: int = -1
) -> InventoryUpdate:
    return InventoryUpdate(update_id or f"u{quantity}@{at_ms}", "M1", location, "SKU", quantity, at_ms, offset)


def update_record(word: InventoryUpdate) -> dict[str, Any]:
    """In the shape of oms.inventory."""
    return {
        "update_id": word.update_id,
        "merchant_id": word.merchant_id,
        "location_id": word.location_id,
        "sku": word.sku,
        "quantity": word.quantity,
        "occurred_at": word.occurred_at_ms,
    }


def taken(
    row: LedgerRow | None, word: InventoryUpdate, *, maybe_sent: bool = False, now_ms: int = 0
) -> tuple[LedgerRow, UpdateVerdict]:
    return take_update(row, word, everything, maybe_sent=maybe_sent, now_ms=now_ms)


def sent(quantity: int = 5, sequence: int = 1) -> LedgerRow:
    """Bound, and maybe on its way."""
    row = LedgerRow(sequence=sequence - 1, used_sequence=sequence - 1)
    return taken(row, update(quantity))[0]


def settled(row: LedgerRow) -> LedgerRow:
    """Amazon has taken its number."""
    row, _ = settle_inventory(row, CallKind.UPDATE, row.sequence, accepted(row.sequence), everything, 0)
    return row


def accepted(
    sequence: int | None, sellable: int | None = None, reserved: int | None = None
) -> Accepted[InventoryLevel]:
    return Accepted(OK, InventoryLevel(sequence, sellable, reserved))
