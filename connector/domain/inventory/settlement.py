"""How a call's outcome ends, continues or heals a ledger row (guarantee G2)."""

from dataclasses import replace
from typing import assert_never

from connector.domain.inventory.ledger import (
    CallKind,
    InventoryOutcome,
    InventoryRefusal,
    InventoryResult,
    LedgerRow,
    Phase,
    adopt_sequence,
    next_value,
)
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.outcomes import (
    Accepted,
    Answer,
    Conflict,
    Outcome,
    Refused,
    Repeatable,
)

CONTEST_WINDOW_MS = 10 * 60_000
CONTESTED_BEAT_MS = 60_000
RECHECK_FIRST_MS = 1_000
RECHECK_LONGEST_MS = 60_000


def settle_inventory(
    row: LedgerRow, kind: CallKind, sequence: int, outcome: Outcome[InventoryLevel], now_ms: int
) -> tuple[LedgerRow, InventoryResult | None]:
    """The row after a call's outcome, and the result to publish if this ended an update.

    An outcome for another sequence or another question is late (a zombie's, or read twice) and changes nothing.
    """
    asked = {Phase.SEND: CallKind.UPDATE, Phase.CHECK: CallKind.FETCH}.get(row.phase)
    if kind is not asked or sequence != row.sequence:
        return row, None
    if isinstance(outcome, Repeatable):
        return row, None
    match outcome:
        case Accepted(answer, level):
            return (
                _compare(row, answer, level, now_ms) if kind is CallKind.FETCH else _confirm(row, answer, level, now_ms)
            )
        case Conflict():
            return (_try_again(row, now_ms) if kind is CallKind.FETCH else replace(row, phase=Phase.CHECK)), None
        case Refused(answer):
            refusal = InventoryRefusal(answer.code, answer.message)
            if kind is CallKind.UPDATE:  # Amazon may say 400 to a stale number (undocumented): look first
                return replace(row, phase=Phase.CHECK, refusal=refusal), None
            return _refuse(row, row.refusal or refusal)
        case _:
            assert_never(outcome)


def _shows_another_quantity(row: LedgerRow, level: InventoryLevel) -> bool:
    if level.sellable_quantity is None or level.reserved_quantity is None:
        return False
    # sellable = max(0, posted - reserved): Amazon's inventory use case guide
    return level.sellable_quantity != max(0, row.quantity - level.reserved_quantity)


def _confirm(
    row: LedgerRow, answer: Answer, level: InventoryLevel, now_ms: int
) -> tuple[LedgerRow, InventoryResult | None]:
    if level.sequence is not None and level.sequence > row.sequence:
        return _heal(row, level.sequence, now_ms), None
    stale = level.sequence is not None and level.sequence < row.sequence
    if stale or _shows_another_quantity(row, level):  # a 200 that was silently not applied
        return replace(row, phase=Phase.CHECK), None
    return _accept(row, answer, level, now_ms)


def _compare(
    row: LedgerRow, answer: Answer, level: InventoryLevel, now_ms: int
) -> tuple[LedgerRow, InventoryResult | None]:
    known = level.sequence
    if known is not None and known > row.sequence:
        return _heal(row, known, now_ms), None
    another_quantity = _shows_another_quantity(row, level)
    if known == row.sequence and not another_quantity:
        return _accept(row, answer, level, now_ms)
    if row.refusal is not None:
        return _refuse(row, row.refusal, level)
    if known == row.sequence:
        return _heal(row, known, now_ms), None
    return _try_again(row, now_ms), None


def _accept(row: LedgerRow, answer: Answer, level: InventoryLevel, now_ms: int) -> tuple[LedgerRow, InventoryResult]:
    contested = row.contested and now_ms - row.healed_at_ms < CONTEST_WINDOW_MS
    row = replace(row, accepted_quantity=row.quantity, refusal=None, checks=0, not_before_ms=0, contested=contested)
    return _close(row, InventoryOutcome.ACCEPTED, answer.code, answer.message, level)


def _refuse(
    row: LedgerRow, refusal: InventoryRefusal, level: InventoryLevel | None = None
) -> tuple[LedgerRow, InventoryResult]:
    row = replace(row, refusal=refusal, checks=0, not_before_ms=0)
    return _close(row, InventoryOutcome.REFUSED, refusal.code, refusal.message, level or InventoryLevel())


def _close(
    row: LedgerRow, outcome: InventoryOutcome, code: str, message: str, level: InventoryLevel
) -> tuple[LedgerRow, InventoryResult]:
    origin, queued = row.origin, row.queued
    if queued is not None and row.wanted == row.quantity:
        origin, queued = origin.merged_into(queued), None  # the newest update wants what was just settled
    result = InventoryResult(outcome, origin, row.quantity, row.sequence, code, message, level)
    if queued is not None:
        return next_value(replace(row, origin=queued, queued=None)), result
    return replace(row, phase=Phase.SETTLED, origin=origin, queued=None), result


def _try_again(row: LedgerRow, now_ms: int) -> LedgerRow:
    wait_ms = min(RECHECK_FIRST_MS * 2**row.checks, RECHECK_LONGEST_MS)
    return replace(row, phase=Phase.SEND, checks=min(row.checks + 1, 16), not_before_ms=now_ms + wait_ms)


def _heal(row: LedgerRow, known: int, now_ms: int) -> LedgerRow:
    again = row.healed_at_ms > 0 and now_ms - row.healed_at_ms < CONTEST_WINDOW_MS
    row = replace(adopt_sequence(row, known), healed_at_ms=now_ms, contested=again)
    return replace(row, not_before_ms=now_ms + CONTESTED_BEAT_MS) if again else row
