"""A SKU that an operator takes off sale, and restores: row by row."""

import pytest
from msgspec.structs import replace

from connector.domain.inventory.ledger import CallKind, InventoryOutcome, LedgerRow, Phase, no_row
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.inventory.updates import (
    InventoryUpdate,
    UpdateVerdict,
    free,
    needs_recount,
    recount,
    seed_sequence,
    take_update,
)
from connector.domain.inventory.zero import is_out_of_line, restore, zero
from connector.domain.outcomes import Answer, Conflict, Outcome, Refused
from tests.kit.inventory.rows import OK, accepted, everything, sent, settled, update

NOW_MS = 70


def zeroed(row: LedgerRow, *, maybe_sent: bool = False) -> LedgerRow:
    return zero(row, everything, maybe_sent=maybe_sent, now_ms=NOW_MS)


def told(row: LedgerRow | None, word: InventoryUpdate, *, in_force: bool = True) -> LedgerRow:
    row, verdict = take_update(row, word, everything, maybe_sent=False, now_ms=NOW_MS + 1, zeroed=in_force)
    assert verdict is UpdateVerdict.WAITING
    return row


def restored(row: LedgerRow) -> LedgerRow:
    row, result = restore(row, everything, maybe_sent=False, now_ms=NOW_MS + 9)
    assert result is None
    return row


AT_ZERO = settled(zeroed(settled(sent(5))))


def test_a_settled_sku_goes_to_zero_under_the_next_number_and_nobody_is_told() -> None:
    row = zeroed(settled(sent(5)))
    assert (row.sequence, row.quantity, row.phase) == (2, 0, Phase.SEND)
    assert (row.origin.update_id, row.origin.since_ms) == ("", NOW_MS)
    assert zeroed(row) is row, "said twice"


def test_what_is_zero_at_amazon_already_costs_no_call() -> None:
    assert zeroed(settled(sent(0))) == replace(settled(sent(0)), zeroed=True)


def test_a_value_that_was_not_sent_leaves_its_number_to_the_zero_and_is_kept() -> None:
    row = zeroed(sent(5))
    assert (row.sequence, row.quantity, row.origin.update_id) == (1, 0, "")
    assert row.queued == replace(sent(5).origin)
    back = restored(row)
    assert (back.sequence, back.quantity, back.origin.update_id, back.queued) == (1, 5, "u5@10", None)


def test_a_value_that_may_have_been_sent_ends_first_with_its_own_result() -> None:
    row = zeroed(sent(5), maybe_sent=True)
    assert (row.sequence, row.quantity) == (1, 5)
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(1), everything, NOW_MS)
    assert result is not None
    assert (result.origin.update_id, result.quantity) == ("u5@10", 5)
    assert (row.sequence, row.quantity, row.phase, row.queued) == (2, 0, Phase.SEND, None)


def test_units_that_no_call_may_carry_any_more_are_asked_for_and_not_told_again() -> None:
    """After a restart, say: they may have been sent, by who had the SKU before."""
    row = zeroed(sent(5), maybe_sent=True)
    assert (sent(5).next_call, row.next_call) == (CallKind.UPDATE, CallKind.FETCH)
    assert zeroed(sent(5)).next_call is CallKind.UPDATE, "that is the 0"
    row, result = settle_inventory(row, CallKind.FETCH, 1, accepted(1, 5), everything, NOW_MS)
    assert result is not None
    assert (result.outcome, result.origin.update_id) == (InventoryOutcome.ACCEPTED, "u5@10")
    assert (row.sequence, row.quantity, row.next_call) == (2, 0, CallKind.UPDATE)


@pytest.mark.parametrize(
    "shown",
    [accepted(None), accepted(0), Refused(Answer(http_status=404))],
    ids=["no number", "a lower one", "nothing"],
)
@pytest.mark.parametrize("phase", [Phase.SEND, Phase.CHECK])
def test_units_that_amazon_has_not_taken_leave_their_number_and_are_kept(
    shown: Outcome[InventoryLevel], phase: Phase
) -> None:
    row = replace(zeroed(sent(5), maybe_sent=True), phase=phase)
    row, result = settle_inventory(row, CallKind.FETCH, 1, shown, everything, NOW_MS)
    assert result is None
    assert (row.sequence, row.quantity, row.used_sequence, row.next_call) == (2, 0, 1, CallKind.UPDATE)
    assert row.queued is not None
    assert row.queued.update_id == "u5@10"
    back = restored(settled(row))
    assert (back.sequence, back.quantity, back.origin.update_id) == (3, 5, "u5@10")


def test_what_amazon_refused_of_units_off_sale_is_told_as_refused() -> None:
    row = zeroed(sent(5), maybe_sent=True)
    row, _ = settle_inventory(row, CallKind.UPDATE, 1, Refused(Answer(http_status=400, code="C")), everything, NOW_MS)
    row, result = settle_inventory(row, CallKind.FETCH, 1, accepted(0), everything, NOW_MS)
    assert result is not None
    assert (result.outcome, result.code) == (InventoryOutcome.REFUSED, "C")
    assert (row.sequence, row.quantity) == (2, 0)


def test_the_quantity_before_comes_back_where_the_oms_said_nothing() -> None:
    row = restored(AT_ZERO)
    assert (row.sequence, row.quantity, row.phase, row.zeroed) == (3, 5, Phase.SEND, False)


def test_the_newest_word_comes_back_and_is_answered_then_with_those_that_it_overtook() -> None:
    row = told(told(AT_ZERO, update(9, 12, "newest")), update(8, 13, "later"))
    row, verdict = take_update(row, update(7, 11, "older"), everything, maybe_sent=False, now_ms=0, zeroed=True)
    assert verdict is UpdateVerdict.STALE
    assert row.phase is Phase.SETTLED, "nothing to call for"
    row = restored(row)
    assert (row.quantity, row.origin.update_id, row.origin.superseded_update_ids) == (8, "later", ("newest",))
    assert row.origin.since_ms == NOW_MS + 9, "it waits for its call from now on"


def test_a_word_of_zero_is_answered_without_a_call() -> None:
    row, result = restore(told(AT_ZERO, update(0, 11, "none")), everything, maybe_sent=False, now_ms=0)
    assert result is not None
    assert (result.outcome, result.origin.update_id) == (InventoryOutcome.ACCEPTED, "none")
    assert (result.quantity, result.sequence) == (0, 2)
    assert (row.phase, row.queued) == (Phase.SETTLED, None)


@pytest.mark.parametrize("row", [None, no_row(), seed_sequence(None, 41, everything, maybe_sent=False, now_ms=0)])
def test_a_sku_that_the_oms_speaks_of_for_the_first_time_is_told_to_be_zero(row: LedgerRow | None) -> None:
    first = told(row, update(4))
    assert (first.quantity, first.phase, first.origin.update_id) == (0, Phase.SEND, "")
    assert first.queued is not None
    assert restored(settled(first)).quantity == 4


def test_a_sku_that_was_only_seeded_is_left_alone() -> None:
    assert not is_out_of_line(seed_sequence(None, 41, everything, maybe_sent=False, now_ms=0), True)
    assert is_out_of_line(settled(sent(5)), True)
    assert is_out_of_line(AT_ZERO, False)
    assert not is_out_of_line(AT_ZERO, True)


def test_amazon_knowing_a_higher_number_gets_the_zero_under_one_above() -> None:
    row, _ = settle_inventory(
        told(zeroed(sent(5)), update(6, 11, "kept")), CallKind.UPDATE, 1, Conflict(OK), everything, 0
    )
    row, result = settle_inventory(row, CallKind.FETCH, 1, accepted(40, 7, 0), everything, NOW_MS)
    assert result is None
    assert (row.sequence, row.quantity, row.phase, row.origin.update_id) == (41, 0, Phase.SEND, "")
    assert row.queued is not None
    assert (row.queued.update_id, row.queued.superseded_update_ids) == ("kept", ("u5@10",))


def test_a_zero_that_was_refused_is_tried_with_the_next_word_and_when_it_is_freed() -> None:
    row, _ = settle_inventory(zeroed(settled(sent(5))), CallKind.UPDATE, 2, Refused(OK), everything, 0)
    row, _ = settle_inventory(row, CallKind.FETCH, 2, accepted(1, 5, 0), everything, 0)
    assert (row.phase, row.accepted_quantity) == (Phase.SETTLED, 5)
    assert not needs_recount(row, everything, maybe_sent=False)
    row = told(row, update(6, 11, "kept"))
    assert (row.sequence, row.quantity, row.phase) == (3, 0, Phase.SEND)
    row, _ = settle_inventory(row, CallKind.UPDATE, 3, Refused(OK), everything, 0)
    row, _ = settle_inventory(row, CallKind.FETCH, 3, accepted(1, 5, 0), everything, 0)
    row = free(row, everything, NOW_MS)
    assert (row.sequence, row.quantity) == (4, 0)
    assert row.queued is not None
    assert row.queued.update_id == "kept"


def test_a_recount_of_a_zeroed_sku_changes_nothing() -> None:
    row = told(AT_ZERO, update(9, 12))
    assert recount(row, lambda _, __: False, maybe_sent=False, now_ms=0) is row
