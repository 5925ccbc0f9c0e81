"""How a call's outcome ends, continues or heals a ledger row (guarantee G2)."""

import dataclasses
from typing import assert_never

from msgspec.structs import replace

from connector.domain import outcomes
from connector.domain.inventory.ledger import (
    CallKind,
    Counted,
    InventoryOutcome,
    InventoryRefusal,
    InventoryResult,
    LedgerRow,
    Phase,
    adopt_sequence,
    calm,
    next_value,
    use,
)
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.quarantine import troubled, wait_ms

CONTESTED_BEAT_MS = 60_000
LARGEST_KNOWN = 2**62  # the number after it must fit a long, in our records and in Amazon's own code
NO_NUMBER = "the answer has no clientSequenceNumber that can be"
NOT_TAKEN = "Amazon has not taken the number"
PARKED = "PARKED"  # the code of a refusal for which Amazon gave none

Settled = tuple[LedgerRow, InventoryResult | None]


def settle_inventory(
    row: LedgerRow,
    kind: CallKind,
    sequence: int,
    outcome: outcomes.Outcome[InventoryLevel],
    counted: Counted,
    now_ms: int,
) -> Settled:
    """The row after a call's outcome, and the result to publish if this ended an update.

    An outcome for another sequence or another question is late (a zombie's, or read twice) and changes nothing.
    """
    is_under_way = kind is CallKind.UPDATE and row.phase is Phase.SEND  # since before the stock went off sale, perhaps
    if not (kind is row.next_call or is_under_way) or sequence != row.sequence:
        return row, None
    if isinstance(outcome, outcomes.Repeatable):
        return row, None
    settlement = _Settlement(row, counted, now_ms)
    match outcome:
        case outcomes.Accepted(answer, level):
            return settlement.fetched(answer, level) if kind is CallKind.FETCH else settlement.confirmed(answer, level)
        case outcomes.Conflict(answer) if kind is CallKind.FETCH:
            return settlement.again(answer, Phase.SEND)
        case outcomes.Conflict():
            return replace(row, phase=Phase.CHECK), None
        case outcomes.Refused(answer):
            refusal = InventoryRefusal(answer.code, answer.message)
            if kind is CallKind.UPDATE:  # Amazon may say 400 to a stale number (undocumented): look first
                return replace(row, phase=Phase.CHECK, refusal=refusal, trouble=None), None
            if row.has_units_off_sale and row.refusal is None:
                return settlement.leave()
            return settlement.refuse(row.refusal or refusal)
        case outcomes.Forbidden(answer):
            return settlement.again(answer, row.phase)
        case outcomes.Unknown(answer):  # it may have been applied
            return settlement.again(answer, Phase.CHECK)
        case _:
            assert_never(outcome)


class _Settlement:
    """One row, what counts of it now, and the time."""

    def __init__(self, row: LedgerRow, counted: Counted, now_ms: int) -> None:
        self._row = row
        self._counted = counted
        self._now_ms = now_ms

    def confirmed(self, answer: outcomes.Answer, level: InventoryLevel) -> Settled:
        """After an update."""
        row, known = self._row, _known(level)
        if known is None:
            return self.again(dataclasses.replace(answer, message=NO_NUMBER), Phase.CHECK)
        if known > row.sequence:
            return self._heal(known)
        if known < row.sequence or level.shows_another_than(row.quantity):  # a 200 that was silently not applied
            return replace(row, phase=Phase.CHECK), None
        return self._accept(answer, level)

    def fetched(self, answer: outcomes.Answer, level: InventoryLevel) -> Settled:
        row, known = self._row, _known(level)
        if known is None and row.refusal is not None and row.trouble is not None:
            return self.refuse(row.refusal, level)  # seen twice: nothing that a stale number could be behind
        if known is None and row.has_units_off_sale and row.refusal is None:
            return self.leave()
        if known is None:  # a SKU of which Amazon has taken none yet may have none to show
            is_new = row.refusal is None and row.accepted_sequence is None
            return self.again(dataclasses.replace(answer, message=NO_NUMBER), Phase.SEND if is_new else Phase.CHECK)
        if known > row.sequence:
            return self._heal(known)
        another_quantity = level.shows_another_than(row.quantity)
        if known == row.sequence and not another_quantity:
            return self._accept(answer, level)
        if row.refusal is not None:
            return self.refuse(row.refusal, level)
        if known == row.sequence:
            return self._heal(known)
        if row.has_units_off_sale:
            return self.leave()
        return self.again(dataclasses.replace(answer, message=NOT_TAKEN), Phase.SEND)

    def leave(self) -> Settled:
        """Amazon has not taken units of stock that is off sale by now: their number is left, 0 goes out under the next,
        and the updates behind them wait until the stock is restored."""
        return adopt_sequence(use(self._row), self._row.sequence, self._counted, self._now_ms), None

    def again(self, answer: outcomes.Answer, phase: Phase) -> Settled:
        """No progress: the same question later, and at a slow beat after some tries."""
        trouble = troubled(self._row.trouble, answer, self._now_ms)
        row = replace(self._row, phase=phase, trouble=trouble, not_before_ms=self._now_ms + wait_ms(trouble))
        if not trouble.is_overdue(row.origin.since_ms, self._now_ms):
            return row, None
        no = row.refusal or InventoryRefusal(answer.code or PARKED, answer.message)
        # Nobody knows what Amazon has now, so that the next value is sent whatever it is
        row = replace(row, accepted_quantity=None, accepted_sequence=None)
        return self._close(row, InventoryOutcome.REFUSED, no.code, no.message, InventoryLevel())

    def refuse(self, refusal: InventoryRefusal, level: InventoryLevel | None = None) -> Settled:
        row = replace(self._row, refusal=refusal, trouble=None, not_before_ms=0)
        refused = InventoryOutcome.REFUSED
        return self._close(row, refused, refusal.code, refusal.message, level or InventoryLevel())

    def _accept(self, answer: outcomes.Answer, level: InventoryLevel) -> Settled:
        row = replace(
            self._row,
            accepted_quantity=self._row.quantity,
            accepted_sequence=self._row.sequence,
            refusal=None,
            trouble=None,
            not_before_ms=0,
        )
        return self._close(row, InventoryOutcome.ACCEPTED, answer.code, answer.message, level)

    def _close(
        self, row: LedgerRow, outcome: InventoryOutcome, code: str, message: str, level: InventoryLevel
    ) -> Settled:
        if outcome is InventoryOutcome.REFUSED:
            row = replace(row, refusal=InventoryRefusal(code, message))
        row = use(row)
        origin, queued = row.origin, row.queued
        unchanged, waits = row.wanted(self._counted) == row.quantity, queued is not None and not row.zeroed
        if queued is not None and waits and unchanged:
            origin, queued, waits = origin.merged_into(queued), None, False  # it wants what was just settled
        result = InventoryResult(outcome, origin, row.quantity, row.sequence, code, message, level)
        if waits or not unchanged:
            return next_value(row, self._counted, self._now_ms), result
        return calm(replace(row, phase=Phase.SETTLED, origin=origin, queued=queued), self._now_ms), result

    def _heal(self, known: int) -> Settled:
        """Amazon knows another value under this number or a higher one: ours goes out anew, under a fresh one."""
        row, now_ms = self._row, self._now_ms
        again = row.contested or row.was_healed_lately(now_ms)
        row = adopt_sequence(replace(use(row), trouble=None), known, self._counted, now_ms)
        row = replace(row, healed_at_ms=now_ms, contested=again)
        if again:
            row = replace(
                row,
                contested_since_ms=row.contested_since_ms or now_ms,
                not_before_ms=now_ms + CONTESTED_BEAT_MS,
            )
        return row, None


def _known(level: InventoryLevel) -> int | None:
    """None: it shows no number, or one that can't be."""
    known = level.sequence
    return known if known is not None and 0 <= known <= LARGEST_KNOWN else None
