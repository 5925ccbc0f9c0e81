"""Stock that an operator took off sale: its SKU is 0 at Amazon, whatever the OMS says, until it is restored.

The OMS's words are counted on as ever, so that the newest by its time wins (guarantee G2); they are answered when the
SKU is restored, for only then is told what they say.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from connector.domain.inventory.ledger import (
    Counted,
    InventoryOutcome,
    InventoryResult,
    LedgerRow,
    LocationCount,
    Origin,
    Phase,
    next_value,
    queued_with,
)

RESTORED = "Amazon has this quantity already; nothing was sent"


@dataclass(frozen=True, slots=True)
class StockZero:
    """An operator's word that stock goes off sale. Names as Amazon has them; `location_id` "": of all locations, `sku`
    "": all SKUs."""

    location_id: str
    sku: str
    by: str
    at_ms: int
    reason: str

    def covers(self, location_id: str, sku: str) -> bool:
        return self.location_id in ("", location_id) and self.sku in ("", sku)


def is_out_of_line(row: LedgerRow, in_force: bool) -> bool:
    """A zero is said and the row does not know it, or the other way round. A SKU that was only seeded is left alone:
    nobody could say what to restore."""
    return row.zeroed is not in_force and bool(row.counts)


def in_line(
    row: LedgerRow, in_force: bool, counted: Counted, *, maybe_sent: bool, now_ms: int
) -> tuple[LedgerRow, InventoryResult | None]:
    """The row as what is in force has it; and a result where that needs no call."""
    if not is_out_of_line(row, in_force):
        return row, None
    if in_force:
        return zero(row, counted, maybe_sent=maybe_sent, now_ms=now_ms), None
    return restore(row, counted, maybe_sent=maybe_sent, now_ms=now_ms)


def zero(row: LedgerRow, counted: Counted, *, maybe_sent: bool, now_ms: int) -> LedgerRow:
    """The row of a SKU that goes to 0. `maybe_sent`: a call with its number may have left; then that call ends first,
    or Amazon is asked what came of it.

    A value that was not sent leaves its number to the zero, and is kept.
    """
    if row.zeroed:
        return row
    row, nobody = replace(row, zeroed=True), Origin("", now_ms)
    if row.phase is Phase.SETTLED:
        return row if row.accepted_quantity == 0 else next_value(row, counted, now_ms, origin=nobody)
    if row.phase is Phase.SEND and not maybe_sent:
        kept = row.origin.merged_into(row.queued) if row.queued else row.origin
        return replace(row, quantity=0, origin=nobody, queued=kept if kept.update_id else None)
    return row


def keep_update(
    row: LedgerRow,
    update_id: str,
    counts: dict[str, LocationCount],
    counted: Counted,
    *,
    maybe_sent: bool,
    now_ms: int,
) -> LedgerRow:
    """The row of a SKU that is to be 0, after the newest word on it arrived: kept, unless Amazon may show units yet."""
    row = zero(replace(row, counts=counts), counted, maybe_sent=maybe_sent, now_ms=now_ms)
    queued = queued_with(row, update_id, now_ms)
    if row.phase is Phase.SETTLED and row.accepted_quantity != 0:  # the zero was refused, say
        return next_value(row, counted, now_ms, origin=queued)
    return replace(row, queued=queued)


def restore(
    row: LedgerRow, counted: Counted, *, maybe_sent: bool, now_ms: int
) -> tuple[LedgerRow, InventoryResult | None]:
    """The row of a SKU that has what the OMS's newest words say again; and a result where that needs no call."""
    if not row.zeroed:
        return row, None
    row = replace(row, zeroed=False)
    origin = replace(row.queued, since_ms=now_ms) if row.queued else Origin("", now_ms)
    if row.phase is Phase.SETTLED:
        if row.accepted_quantity is None or row.wanted(counted) != row.accepted_quantity:
            return next_value(row, counted, now_ms, origin=origin), None
        if row.queued is None:
            return replace(row, refusal=None), None
        sequence = row.sequence if row.accepted_sequence is None else row.accepted_sequence
        accepted = InventoryOutcome.ACCEPTED
        result = InventoryResult(accepted, origin, row.accepted_quantity, sequence, message=RESTORED)
        return replace(row, origin=origin, queued=None, refusal=None), result
    if row.phase is Phase.SEND and not maybe_sent:
        return replace(row, quantity=row.wanted(counted), origin=origin, queued=None), None
    return row, None
