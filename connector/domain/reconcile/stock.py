"""One SKU at one location: its row of the ledger against the level that Amazon shows."""

from connector.domain.inventory.ledger import InventoryRefusal, LedgerRow, Phase
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.reconcile.verdicts import Agrees, Drift, Moving, Shown, Verdict

ON_ITS_WAY = "an update of ours is on its way"
PARKED_ON_ITS_WAY = "an update of ours is on its way, and parked (`connector alerts list`)"


def compare_stock(row: LedgerRow, there: InventoryLevel | InventoryRefusal) -> Verdict:
    """What Amazon confirmed last is what it must show; before that, what is in the row.

    Of a SKU that was seeded only nobody knows a quantity. Units above what is reserved are all that Amazon shows:
    where more is reserved than was posted, the number alone is compared.
    """
    if (why := on_its_way(row)) is not None:
        return Moving(why)
    here = _here(row)
    if isinstance(there, InventoryRefusal):
        return Drift(DriftKind.UNKNOWN_SKU, here, {"code": there.code, "message": there.message})
    kind = _kind(row, there)
    return Agrees() if kind is None else Drift(kind, here, _there(there))


def on_its_way(row: LedgerRow) -> str | None:
    """What explains a difference; None: nothing of ours does."""
    if row.phase is Phase.SETTLED:
        return None
    return PARKED_ON_ITS_WAY if row.trouble is not None and row.trouble.is_parked else ON_ITS_WAY


def _kind(row: LedgerRow, there: InventoryLevel) -> DriftKind | None:
    sequence, quantity = row.sequence, row.quantity
    is_confirmed = row.accepted_sequence is not None and row.accepted_quantity is not None
    if row.refusal is not None:
        if _matches(there, sequence, quantity):
            return None  # Amazon has it all the same
        if not is_confirmed:
            return DriftKind.NOT_TAKEN
    if row.accepted_sequence is not None and row.accepted_quantity is not None:
        sequence, quantity = row.accepted_sequence, row.accepted_quantity
    known = there.sequence
    if known is None and row.counts:
        return DriftKind.STOCK_LOST
    if (known or 0) != sequence:
        return DriftKind.SEQUENCE_AHEAD if (known or 0) > sequence else DriftKind.SEQUENCE_BEHIND
    if row.counts and there.shows_another_than(quantity):
        return DriftKind.OTHER_QUANTITY
    return DriftKind.NOT_TAKEN if row.refusal is not None else None


def _matches(there: InventoryLevel, sequence: int, quantity: int) -> bool:
    return there.sequence == sequence and not there.shows_another_than(quantity)


def _here(row: LedgerRow) -> Shown:
    confirmed = row.accepted_sequence is not None
    shown: dict[str, str | int | None] = {
        "sequence": row.accepted_sequence if confirmed else row.sequence,
        "quantity": (row.accepted_quantity if confirmed else row.quantity) if row.counts else None,
    }
    return shown | ({"refused": row.quantity, "code": row.refusal.code} if row.refusal is not None else {})


def _there(level: InventoryLevel) -> Shown:
    return {"sequence": level.sequence, "sellable": level.sellable_quantity, "reserved": level.reserved_quantity}
