"""What changes a ledger row apart from Amazon's answers: the OMS's updates, recounts, and an operator's seeds."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from connector.domain.inventory.ledger import (
    Counted,
    LedgerRow,
    LocationCount,
    Origin,
    Phase,
    adopt_sequence,
    next_value,
    no_row,
    queued_with,
    total,
    use,
)
from connector.domain.inventory.zero import keep_update


class UpdateVerdict(StrEnum):
    """What became of an arriving update."""

    WAITING = "waiting"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REPEATED = "repeated"


class InventoryUpdate(msgspec.Struct, frozen=True, gc=False):
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
    row: LedgerRow | None,
    update: InventoryUpdate,
    counted: Counted,
    *,
    maybe_sent: bool,
    now_ms: int,
    zeroed: bool = False,
) -> tuple[LedgerRow, UpdateVerdict]:
    """The row after an update arrived. `maybe_sent`: a call with the row's sequence may have left already. `zeroed`: an
    operator's zero of the SKU is in force."""
    row = row or no_row()
    known = row.counts.get(update.location_id)
    if known is not None and (verdict := _older(row, known, update)) is not None:
        return row, verdict
    counts = {**row.counts, update.location_id: update.count}
    if zeroed or row.zeroed:
        row = keep_update(row, update.update_id, counts, counted, maybe_sent=maybe_sent, now_ms=now_ms)
        return row, UpdateVerdict.WAITING
    if row.phase is Phase.SETTLED:
        origin = Origin(update.update_id, now_ms)
        if total(counts, counted) == row.accepted_quantity:
            return replace(row, counts=counts, origin=origin, refusal=None), UpdateVerdict.UNCHANGED
        return next_value(row, counted, now_ms, origin=origin, counts=counts), UpdateVerdict.WAITING
    if row.phase is Phase.SEND and not maybe_sent:
        origin = row.origin.overtaken_by(update.update_id)
        row = replace(row, counts=counts, origin=origin, quantity=total(counts, counted))
        return row, UpdateVerdict.WAITING
    return replace(row, counts=counts, queued=queued_with(row, update.update_id, now_ms)), UpdateVerdict.WAITING


def take_updates(
    row: LedgerRow | None,
    updates: Sequence[InventoryUpdate],
    counted: Counted,
    *,
    maybe_sent: bool,
    now_ms: int,
    zeroed: bool = False,
) -> tuple[LedgerRow, UpdateVerdict, int]:
    """As `take_update` of the first, and of those after it as far as each overtakes the one before it; and how many
    these are. What they come to is made once, so that a SKU with many updates costs little more than one with one."""
    count = 0 if row is None or zeroed else _overtaking(row, updates)
    if row is None or count < 2:
        return *take_update(row, updates[0], counted, maybe_sent=maybe_sent, now_ms=now_ms, zeroed=zeroed), 1
    counts = {**row.counts, **{update.location_id: update.count for update in updates[:count]}}
    if row.phase is Phase.SEND and not maybe_sent:
        origin = row.origin
        for update in updates[:count]:
            origin = origin.overtaken_by(update.update_id)
        row = replace(row, counts=counts, origin=origin, quantity=total(counts, counted))
    else:
        queued = queued_with(row, updates[0].update_id, now_ms)
        for update in updates[1:count]:
            queued = queued.overtaken_by(update.update_id)
        row = replace(row, counts=counts, queued=queued)
    return row, UpdateVerdict.WAITING, count


def _overtaking(row: LedgerRow, updates: Sequence[InventoryUpdate]) -> int:
    """How many of the first are, each in its turn, by their time the newest word of their location, while the row waits
    for its call."""
    if len(updates) < 2 or row.phase is Phase.SETTLED or row.zeroed:
        return 0
    newest = {name: count.occurred_at_ms for name, count in row.counts.items()}
    for number, update in enumerate(updates):
        known_ms = newest.get(update.location_id)
        if known_ms is not None and update.occurred_at_ms <= known_ms:
            return number
        newest[update.location_id] = update.occurred_at_ms
    return len(updates)


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
        case Phase.SETTLED if row.refusal is not None or row.accepted_quantity is None:
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
        return next_value(row, counted, now_ms)
    return replace(row, quantity=row.wanted(counted))


def seed_sequence(
    row: LedgerRow | None, sequence: int, counted: Counted, *, maybe_sent: bool, now_ms: int
) -> LedgerRow:
    """The row after an operator said which number Amazon knows; a waiting value moves on to the one after it.

    It goes back no further than to the highest number that was used. A number below one that may be on its way is not
    believed: Amazon is asked, and its answer decides.
    """
    row = row or no_row()
    if row.phase is not Phase.SETTLED and maybe_sent:
        if sequence < row.sequence:
            return replace(row, phase=Phase.CHECK, not_before_ms=0)
        row = use(row)
    known = max(sequence, row.highest_used)
    if row.phase is Phase.SETTLED:
        return replace(row, sequence=known, accepted_quantity=None, accepted_sequence=None)
    return adopt_sequence(row, known, counted, now_ms)


def resend(row: LedgerRow, counted: Counted, now_ms: int) -> LedgerRow:
    """An operator has its newest quantity sent again, to an Amazon that has lost it, say: as it was, under the number
    that carried it, or under a fresh one where no number is known to have carried it. What is being sent stays so."""
    if row.phase is not Phase.SETTLED or not row.counts:
        return row
    if (row.accepted_sequence, row.accepted_quantity) != (row.sequence, row.wanted(counted)):
        return next_value(row, counted, now_ms)
    return replace(row, quantity=row.wanted(counted), phase=Phase.SEND, origin=Origin("", now_ms))


def forget_times(row: LedgerRow) -> LedgerRow:
    """Each OMS location's next update counts, whatever its time: one from the future had frozen the SKU."""
    counts = {name: replace(count, occurred_at_ms=0, offset=-1) for name, count in row.counts.items()}
    return replace(row, counts=counts)


def forget_offsets(row: LedgerRow) -> LedgerRow:
    """Its next updates come from another partition, whose offsets say nothing of those before: an update at the same
    time as the newest word is told from a repeat by what it says."""
    if all(count.offset < 0 for count in row.counts.values()):
        return row
    return replace(row, counts={name: replace(count, offset=-1) for name, count in row.counts.items()})


def free(row: LedgerRow, counted: Counted, now_ms: int) -> LedgerRow:
    """An operator says that it may go on at once; a value that was refused in the meantime is sent anew."""
    row = replace(row, trouble=None, not_before_ms=0)
    refused = row.phase is Phase.SETTLED and row.refusal is not None
    if refused and row.wanted(counted) != row.accepted_quantity:
        return next_value(row, counted, now_ms)
    return row
