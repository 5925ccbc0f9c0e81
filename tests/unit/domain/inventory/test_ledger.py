"""The ledger's rules one by one (guarantee G2)."""

from dataclasses import replace

import pytest

from connector.domain.inventory.ledger import (
    CallKind,
    InventoryRefusal,
    InventoryUpdate,
    LedgerRow,
    LocationCount,
    Origin,
    Phase,
    UpdateVerdict,
    seed_sequence,
    take_update,
)
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import CONTEST_WINDOW_MS, CONTESTED_BEAT_MS, settle_inventory
from connector.domain.outcomes import Accepted, Answer, Conflict, Outcome, Refused, Throttled, Unavailable, Unknown

OK = Answer(http_status=200, request_id="r-1")


def update(quantity: int, at_ms: int = 10, update_id: str = "", location: str = "WH1") -> InventoryUpdate:
    return InventoryUpdate(update_id or f"u{quantity}@{at_ms}", "M", location, "SKU", quantity, at_ms)


def sent(quantity: int = 5, sequence: int = 1) -> LedgerRow:
    row, _ = take_update(None, update(quantity), False, 0)
    return replace(row, sequence=sequence)


def accepted(
    sequence: int | None, sellable: int | None = None, reserved: int | None = None
) -> Accepted[InventoryLevel]:
    return Accepted(OK, InventoryLevel(sequence, sellable, reserved))


def test_the_first_value_gets_number_one() -> None:
    row, verdict = take_update(None, update(5), False, 0)
    assert (row.sequence, row.quantity, row.phase, verdict) == (1, 5, Phase.SEND, UpdateVerdict.WAITING)


def test_ten_updates_that_wait_keep_one_number_and_the_newest_quantity() -> None:
    row: LedgerRow | None = None
    for at_ms in range(10):
        row, _ = take_update(row, update(at_ms, at_ms), False, 0)
    assert row is not None
    assert (row.sequence, row.quantity) == (1, 9)
    assert row.origin.superseded_count == 9


def test_a_number_that_may_have_been_sent_keeps_its_quantity() -> None:
    row, verdict = take_update(sent(5), update(7, 20), True, 0)
    assert (row.sequence, row.quantity, row.wanted, verdict) == (1, 5, 7, UpdateVerdict.WAITING)
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(1), 0)
    assert result is not None
    assert (result.outcome, result.quantity, result.sequence) == ("ACCEPTED", 5, 1)
    assert (row.sequence, row.quantity, row.phase, row.origin.update_id) == (2, 7, Phase.SEND, "u7@20")


def test_an_older_update_is_stale_wherever_the_row_stands() -> None:
    row, _ = take_update(None, update(5, 10), False, 0)
    assert take_update(row, update(9, 9), False, 0) == (row, UpdateVerdict.STALE)
    row, _ = settle_inventory(row, CallKind.UPDATE, 1, accepted(1), 0)
    assert take_update(row, update(9, 9), False, 0) == (row, UpdateVerdict.STALE)


def test_an_update_seen_twice_changes_nothing() -> None:
    row, _ = take_update(None, update(5, 10, "a"), False, 0)
    assert take_update(row, update(5, 10, "a"), False, 0) == (row, UpdateVerdict.REPEATED)
    newer, _ = take_update(row, update(6, 10, "b"), False, 0)
    assert newer.quantity == 6, "of two updates of one instant the later in the topic wins"
    assert take_update(newer, update(5, 10, "a"), False, 0) == (newer, UpdateVerdict.REPEATED), (
        "also when both come again"
    )


def test_a_value_that_amazon_holds_already_needs_no_call() -> None:
    row, _ = settle_inventory(sent(5), CallKind.UPDATE, 1, accepted(1), 0)
    row, verdict = take_update(row, update(5, 20), False, 0)
    assert (verdict, row.phase, row.sequence) == (UpdateVerdict.UNCHANGED, Phase.SETTLED, 1)


def test_stock_of_several_oms_locations_is_summed_each_by_its_own_time() -> None:
    row, _ = take_update(None, update(5, 10, location="WH1"), False, 0)
    row, _ = take_update(row, update(3, 5, location="WH2"), False, 0)
    row, verdict = take_update(row, update(1, 4, location="WH2"), False, 0)
    assert (row.quantity, verdict) == (8, UpdateVerdict.STALE)


@pytest.mark.parametrize("outcome", [Throttled(OK), Unavailable(OK), Unknown(OK)])
def test_an_open_outcome_leaves_the_row_for_the_same_call_again(outcome: Outcome[InventoryLevel]) -> None:
    assert settle_inventory(sent(), CallKind.UPDATE, 1, outcome, 0) == (sent(), None)


@pytest.mark.parametrize(("kind", "sequence"), [(CallKind.UPDATE, 2), (CallKind.UPDATE, 0), (CallKind.FETCH, 1)])
def test_a_late_outcome_changes_nothing(kind: CallKind, sequence: int) -> None:
    assert settle_inventory(sent(), kind, sequence, accepted(sequence), 0) == (sent(), None)


def test_a_conflict_is_looked_into_and_equal_means_settled() -> None:
    row, result = settle_inventory(sent(), CallKind.UPDATE, 1, Conflict(OK), 0)
    assert (row.phase, result) == (Phase.CHECK, None)
    row, result = settle_inventory(row, CallKind.FETCH, 1, accepted(1, 3, 2), 0)
    assert result is not None
    assert (result.outcome, row.phase, row.accepted_quantity) == ("ACCEPTED", Phase.SETTLED, 5)


def test_a_conflict_with_a_lower_number_at_amazon_is_sent_again_a_little_later() -> None:
    row, _ = settle_inventory(sent(), CallKind.UPDATE, 1, Conflict(OK), 0)
    row, _ = settle_inventory(row, CallKind.FETCH, 1, accepted(0, 0, 0), 100)
    assert (row.phase, row.sequence, row.quantity, row.not_before_ms) == (Phase.SEND, 1, 5, 1_100)
    row, _ = settle_inventory(row, CallKind.UPDATE, 1, Conflict(OK), 1_100)
    row, _ = settle_inventory(row, CallKind.FETCH, 1, accepted(0, 0, 0), 1_200)
    assert row.not_before_ms == 3_200


def test_an_equal_number_with_another_quantity_moves_past_it() -> None:
    row, _ = settle_inventory(sent(), CallKind.UPDATE, 1, Conflict(OK), 0)
    row, _ = settle_inventory(row, CallKind.FETCH, 1, accepted(1, 9, 0), 1)
    assert (row.phase, row.sequence, row.quantity) == (Phase.SEND, 2, 5)


def test_reserved_units_beyond_the_posted_quantity_are_no_other_quantity() -> None:
    row, result = settle_inventory(sent(2), CallKind.UPDATE, 1, accepted(1, 0, 4), 0)
    assert (row.phase, result is not None) == (Phase.SETTLED, True)


def test_a_200_that_echoes_our_number_but_shows_another_quantity_is_looked_into() -> None:
    row, result = settle_inventory(sent(5), CallKind.UPDATE, 1, accepted(1, 40, 0), 0)
    assert (row.phase, result) == (Phase.CHECK, None)
    row, _ = settle_inventory(row, CallKind.FETCH, 1, accepted(17, 40, 0), 0)
    assert (row.phase, row.sequence, row.quantity) == (Phase.SEND, 18, 5)


def test_a_higher_number_is_adopted_with_the_newest_quantity() -> None:
    row, _ = take_update(sent(5), update(7, 20), True, 0)
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(41), 0)
    assert (row.sequence, row.quantity, result, row.contested) == (42, 7, None, False)
    assert (row.origin.update_id, row.origin.superseded_update_ids) == ("u7@20", ("u5@10",))


def test_a_number_that_runs_away_again_within_minutes_is_contested_and_slow() -> None:
    row, _ = settle_inventory(sent(), CallKind.UPDATE, 1, accepted(41), 1_000)
    assert (row.contested, row.not_before_ms) == (False, 0)
    row, _ = settle_inventory(row, CallKind.UPDATE, 42, accepted(50), 2_000)
    assert (row.contested, row.not_before_ms) == (True, 2_000 + CONTESTED_BEAT_MS)
    row, result = settle_inventory(row, CallKind.UPDATE, 51, accepted(51), 70_000)
    assert result is not None
    assert row.contested, "it stays visible until nobody has moved the number for a while"
    row, _ = take_update(row, update(6, 20), False, 0)
    row, _ = settle_inventory(row, CallKind.UPDATE, 52, accepted(52), 2_000 + CONTEST_WINDOW_MS)
    assert not row.contested


def test_a_refusal_is_believed_only_after_a_look() -> None:
    row, result = settle_inventory(
        sent(), CallKind.UPDATE, 1, Refused(Answer(code="InvalidInput", message="no such SKU")), 0
    )
    assert (row.phase, row.refusal, result) == (
        Phase.CHECK,
        InventoryRefusal("InvalidInput", "no such SKU"),
        None,
    )
    gone, result = settle_inventory(row, CallKind.FETCH, 1, Refused(Answer(code="NotFound")), 0)
    assert result is not None
    assert (result.outcome, result.code, result.message) == ("REFUSED", "InvalidInput", "no such SKU")
    assert gone.phase is Phase.SETTLED
    healed, result = settle_inventory(row, CallKind.FETCH, 1, accepted(30, 1, 0), 0)
    assert (healed.sequence, healed.phase, healed.refusal, result) == (31, Phase.SEND, None, None)


def test_after_a_refusal_the_next_value_gets_the_next_number() -> None:
    row, _ = settle_inventory(sent(), CallKind.UPDATE, 1, Refused(OK), 0)
    row, _ = take_update(row, update(8, 20), True, 0)
    row, result = settle_inventory(row, CallKind.FETCH, 1, Refused(OK), 0)
    assert result is not None
    assert (row.sequence, row.quantity, row.phase, row.refusal) == (2, 8, Phase.SEND, None)


def test_a_seed_makes_the_next_update_go_out_with_the_number_after_it() -> None:
    row, _ = take_update(seed_sequence(None, 40), update(5), False, 0)
    assert row.sequence == 41
    settled, _ = settle_inventory(sent(), CallKind.UPDATE, 1, accepted(1), 0)
    row, verdict = take_update(seed_sequence(settled, 40), update(5, 20), False, 0)
    assert (row.sequence, verdict) == (41, UpdateVerdict.WAITING), "what Amazon holds is unknown after a seed"
    assert seed_sequence(sent(), 40).sequence == 41


def test_rows_say_what_they_are() -> None:
    row = LedgerRow({"WH1": LocationCount(1, 1, "a")}, origin=Origin("a", 1))
    assert row.phase is Phase.SETTLED
    assert row.wanted == 1
