"""What changes a ledger row apart from Amazon's answers: the OMS's updates, recounts, and an operator's seeds."""

from dataclasses import dataclass, replace
from enum import StrEnum

from connector.domain.inventory.ledger import (
    Counted,
    LedgerRow,
    LocationCount,
    Origin,
    Phase,
    adopt_sequence,
    next_value,
)
from connector.domain.quarantine import Trouble


class UpdateVerdict(StrEnum):
    """What became of an arriving update."""

    WAITING = "waiting"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class InventoryUpdate:
    """The OMS's word on one SKU: `quantity` is absolute on-hand, in units. `offset`: of its record on oms.inventory."""

    update_id: str
    merchant_id: str
    location_id: str
    sku: str
    quantity: int
    occurred_at_ms: int
    offset: int = -1

    @property
    def count(self) -> LocationCount:
        return LocationCount(self.quantity, self.occurred_at_ms, self.update_id, self.offset, self.sku)


def take_update(
    row: LedgerRow | None, update: InventoryUpdate, counted: Counted, *, maybe_sent: bool, now_ms: int
) -> tuple[LedgerRow, UpdateVerdict]:
    """The row after an update arrived. `maybe_sent`: a call with the row's sequence may have left already."""
    row = row or LedgerRow()
    known = row.counts.get(update.location_id)
    if known is not None and (verdict := _older(row, known, update)) is not None:
        return row, verdict
    row = replace(row, counts={**row.counts, update.location_id: update.count})
    if row.phase is Phase.SETTLED:
        row = replace(row, origin=Origin(update.update_id, now_ms))
        if row.wanted(counted) == row.accepted_quantity:
            return replace(row, refusal=None), UpdateVerdict.UNCHANGED
        return next_value(row, counted, now_ms), UpdateVerdict.WAITING
    if row.phase is Phase.SEND and not maybe_sent:
        origin = row.origin.overtaken_by(update.update_id)
        return replace(row, origin=origin, quantity=row.wanted(counted)), UpdateVerdict.WAITING
    queued = row.queued.overtaken_by(update.update_id) if row.queued else Origin(update.update_id, now_ms)
    return replace(row, queued=queued), UpdateVerdict.WAITING


def _older(row: LedgerRow, known: LocationCount, update: InventoryUpdate) -> UpdateVerdict | None:
    """None: the update is the newest word. By time, then by the order of the log.

    The id names no content: under the same one another quantity, or a later time, is a new word.
    """
    if update.occurred_at_ms > known.occurred_at_ms:
        return None
    if 0 <= update.offset <= known.offset or update.count == replace(known, offset=update.offset, sku=update.sku):
        return UpdateVerdict.REPEATED  # delivered again, or copied: it was dealt with
    if update.occurred_at_ms < known.occurred_at_ms:
        return UpdateVerdict.STALE
    overtaken = update.update_id != known.update_id and _names(row, update.update_id)
    return UpdateVerdict.REPEATED if overtaken else None  # a copy of one that was overtaken within its millisecond


def _names(row: LedgerRow, update_id: str) -> bool:
    return any(
        origin is not None and (update_id == origin.update_id or update_id in origin.superseded_update_ids)
        for origin in (row.origin, row.queued)
    )


def needs_recount(row: LedgerRow, counted: Counted, *, maybe_sent: bool) -> bool:
    """Which words count has changed, and nobody is about to notice: what closes compares by itself."""
    if not row.counts:
        return False  # seeded only: nobody has said yet what is wanted
    wanted = row.wanted(counted)
    match row.phase:
        case Phase.SETTLED if row.refusal is not None:
            return wanted not in (row.quantity, row.accepted_quantity)
        case Phase.SETTLED:
            return wanted != row.accepted_quantity
        case _:
            return row.phase is Phase.SEND and not maybe_sent and wanted != row.quantity


def recount(row: LedgerRow, counted: Counted, *, maybe_sent: bool, now_ms: int) -> LedgerRow:
    """The row after the merchants file or the listings changed which words count."""
    if not needs_recount(row, counted, maybe_sent=maybe_sent):
        return row
    if row.phase is Phase.SETTLED:
        return next_value(replace(row, origin=Origin("", now_ms)), counted, now_ms)
    return replace(row, quantity=row.wanted(counted))


def seed_sequence(
    row: LedgerRow | None, sequence: int, counted: Counted, *, maybe_sent: bool, now_ms: int
) -> LedgerRow:
    """The row after an operator said which number Amazon knows; a waiting value moves on to the one after it.

    A number below one that may be on its way is not believed: Amazon is asked, and its answer decides.
    """
    row = row or LedgerRow()
    if row.phase is Phase.SETTLED:
        return replace(row, sequence=sequence, accepted_quantity=None, accepted_sequence=None)
    if sequence < row.sequence and maybe_sent:
        return replace(row, phase=Phase.CHECK, not_before_ms=0)
    return adopt_sequence(row, sequence, counted, now_ms)


def forget_times(row: LedgerRow) -> LedgerRow:
    """Each OMS location's next update counts, whatever its time: one from the future had frozen the SKU."""
    counts = {name: replace(count, occurred_at_ms=0, offset=-1) for name, count in row.counts.items()}
    return replace(row, counts=counts)


def free(row: LedgerRow) -> LedgerRow:
    """An operator says that it may go on at once."""
    return replace(row, trouble=None, not_before_ms=0)


def calm(row: LedgerRow, now_ms: int) -> LedgerRow:
    """Contested no longer, where nobody else has posted the SKU for some time."""
    return replace(row, contested=False) if row.contested and now_ms >= row.contested_until_ms else row


def parked(row: LedgerRow) -> Trouble | None:
    return row.trouble if row.trouble is not None and row.trouble.is_parked else None
