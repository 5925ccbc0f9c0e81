"""What a call came to: settled, looked into, healed, refused, or tried again and then parked (guarantee G2)."""

import pytest
from msgspec.structs import replace

from connector.domain import outcomes
from connector.domain.inventory.ledger import CONTEST_WINDOW_MS, CallKind, InventoryRefusal, LedgerRow, Phase, calm
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.settlement import CONTESTED_BEAT_MS, LARGEST_KNOWN, settle_inventory
from connector.domain.inventory.updates import UpdateVerdict
from connector.domain.quarantine import OVERDUE_MS, SLOW_BEAT_MS, TRIES, wait_ms
from tests.kit.inventory.rows import OK, accepted, everything, named, sent, settled, taken, update

NO = outcomes.Refused(outcomes.Answer(code="InvalidInput", message="no such SKU"))
DENIED = outcomes.Forbidden(outcomes.Answer(http_status=403, code="Forbidden", message="not yours", request_id="req-1"))


def after(row: LedgerRow, kind: CallKind, outcome: outcomes.Outcome[InventoryLevel], now_ms: int = 0) -> LedgerRow:
    return settle_inventory(row, kind, row.sequence, outcome, everything, now_ms)[0]


def asked(row: LedgerRow) -> CallKind:
    return CallKind.UPDATE if row.phase is Phase.SEND else CallKind.FETCH


@pytest.mark.parametrize("outcome", [outcomes.Throttled(OK), outcomes.Unavailable(OK), outcomes.Unauthorized(OK)])
def test_an_open_outcome_leaves_the_row_for_the_same_call_again(outcome: outcomes.Outcome[InventoryLevel]) -> None:
    assert settle_inventory(sent(), CallKind.UPDATE, 1, outcome, everything, 0) == (sent(), None)


@pytest.mark.parametrize(("kind", "sequence"), [(CallKind.UPDATE, 2), (CallKind.UPDATE, 0), (CallKind.FETCH, 1)])
def test_a_late_outcome_changes_nothing(kind: CallKind, sequence: int) -> None:
    assert settle_inventory(sent(), kind, sequence, accepted(sequence), everything, 0) == (sent(), None)


def test_a_conflict_is_looked_into_and_equal_means_settled() -> None:
    row, result = settle_inventory(sent(), CallKind.UPDATE, 1, outcomes.Conflict(OK), everything, 0)
    assert (row.phase, result) == (Phase.CHECK, None)
    row, result = settle_inventory(row, CallKind.FETCH, 1, accepted(1, 3, 2), everything, 0)
    assert result is not None
    assert (result.outcome, row.phase) == ("ACCEPTED", Phase.SETTLED)
    assert (row.accepted_quantity, row.accepted_sequence) == (5, 1)


def test_a_conflict_with_a_lower_number_at_amazon_is_sent_again_a_little_later() -> None:
    row = after(sent(), CallKind.UPDATE, outcomes.Conflict(OK))
    row = after(row, CallKind.FETCH, accepted(0, 0, 0), 100)
    assert (row.phase, row.sequence, row.quantity, row.not_before_ms) == (Phase.SEND, 1, 5, 1_100)
    row = after(row, CallKind.UPDATE, outcomes.Conflict(OK), 1_100)
    row = after(row, CallKind.FETCH, accepted(0, 0, 0), 1_200)
    assert row.not_before_ms == 3_200


def test_an_equal_number_with_another_quantity_moves_past_it() -> None:
    row = after(after(sent(), CallKind.UPDATE, outcomes.Conflict(OK)), CallKind.FETCH, accepted(1, 9, 0), 1)
    assert (row.phase, row.sequence, row.quantity) == (Phase.SEND, 2, 5)


def test_reserved_units_beyond_the_posted_quantity_are_no_other_quantity() -> None:
    assert after(sent(2), CallKind.UPDATE, accepted(1, 0, 4)).phase is Phase.SETTLED


def test_a_200_that_echoes_our_number_but_shows_another_quantity_is_looked_into() -> None:
    row = after(sent(5), CallKind.UPDATE, accepted(1, 40, 0))
    assert row.phase is Phase.CHECK
    row = after(row, CallKind.FETCH, accepted(17, 40, 0))
    assert (row.phase, row.sequence, row.quantity) == (Phase.SEND, 18, 5)


def test_a_higher_number_is_adopted_with_the_newest_quantity() -> None:
    row, _ = taken(sent(5), update(7, 20), maybe_sent=True)
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(41), everything, 0)
    assert (row.sequence, row.quantity, result, row.contested) == (42, 7, None, False)
    assert (row.origin.update_id, row.origin.superseded_update_ids) == ("u7@20", ("u5@10",))


def test_a_number_that_runs_away_again_within_minutes_is_contested_and_slow_until_it_was_quiet() -> None:
    row = after(sent(), CallKind.UPDATE, accepted(41), 1_000)
    assert (row.contested, row.not_before_ms) == (False, 0)
    row = after(row, CallKind.UPDATE, accepted(50), 2_000)
    assert (row.contested, row.contested_since_ms, row.not_before_ms) == (True, 2_000, 2_000 + CONTESTED_BEAT_MS)
    row = after(row, CallKind.UPDATE, accepted(60), 2_000 + 2 * CONTEST_WINDOW_MS)
    assert (row.contested, row.contested_since_ms) == (True, 2_000), "however slow the beat is"
    assert calm(row, 10**9) is row, "what is still being healed is not calm"
    row = after(row, CallKind.UPDATE, accepted(61), row.healed_at_ms + 1)
    assert row.contested
    until_ms = row.healed_at_ms + CONTEST_WINDOW_MS
    assert (row.contested_until_ms(row.healed_at_ms), row.contested_until_ms(until_ms + 5)) == (until_ms, until_ms + 5)
    assert calm(row, until_ms - 1) is row
    assert not calm(row, until_ms).contested
    again, _ = taken(row, update(6, 20))
    assert not after(again, CallKind.UPDATE, accepted(62), until_ms).contested


@pytest.mark.parametrize("ahead_ms", [1, 365 * 86_400_000])
def test_what_a_clock_that_was_ahead_healed_is_contested_no_longer_than_what_it_did_not(ahead_ms: int) -> None:
    healed = replace(after(sent(), CallKind.UPDATE, accepted(41), 1_000), healed_at_ms=2_000 + ahead_ms)
    assert not after(healed, CallKind.UPDATE, accepted(50), 2_000).contested
    settled = replace(healed, phase=Phase.SETTLED, contested=True)
    assert not calm(settled, 2_000).contested
    assert settled.contested_until_ms(2_000) == 2_000, "looked at now, not when the clock is there again"


def test_a_refusal_is_believed_only_after_a_look() -> None:
    row, result = settle_inventory(sent(), CallKind.UPDATE, 1, NO, everything, 0)
    assert (row.phase, row.refusal, result) == (Phase.CHECK, InventoryRefusal("InvalidInput", "no such SKU"), None)
    blind, result = settle_inventory(row, CallKind.FETCH, 1, accepted(None), everything, 0)
    assert (blind.phase, blind.not_before_ms, result) == (Phase.CHECK, 1_000, None), "one odd answer decides nothing"
    for was, look in (
        (row, outcomes.Refused(outcomes.Answer(code="NotFound"))),
        (row, accepted(0, 3, 0)),
        (blind, accepted(None)),
    ):
        gone, result = settle_inventory(was, CallKind.FETCH, 1, look, everything, 0)
        assert result is not None
        assert (result.outcome, result.code, result.message) == ("REFUSED", "InvalidInput", "no such SKU")
        assert gone.phase is Phase.SETTLED
    healed, result = settle_inventory(row, CallKind.FETCH, 1, accepted(30, 1, 0), everything, 0)
    assert (healed.sequence, healed.phase, healed.refusal, result) == (31, Phase.SEND, None, None)


def test_after_a_refusal_the_next_value_gets_the_next_number() -> None:
    row = after(sent(), CallKind.UPDATE, outcomes.Refused(OK))
    row, _ = taken(row, update(8, 20), maybe_sent=True)
    row, result = settle_inventory(row, CallKind.FETCH, 1, outcomes.Refused(OK), everything, 0)
    assert result is not None
    assert (row.sequence, row.quantity, row.phase, row.refusal) == (2, 8, Phase.SEND, None)


NUMBERLESS = (accepted(None), accepted(None, 5, 0), accepted(-1, 5, 0), accepted(LARGEST_KNOWN + 1))


@pytest.mark.parametrize("strange", [*NUMBERLESS, outcomes.Unknown(OK), DENIED])
def test_what_is_strange_is_never_success_and_parks_with_the_number_it_had(
    strange: outcomes.Outcome[InventoryLevel],
) -> None:
    row, now_ms = sent(), 0
    for _ in range(TRIES):
        assert row.phase is not Phase.SETTLED
        assert row.trouble is None or not row.trouble.is_parked
        now_ms = max(now_ms, row.not_before_ms)
        row = after(row, asked(row), strange, now_ms)
    assert row.trouble is not None
    assert row.trouble.is_parked
    assert (row.sequence, row.quantity, row.not_before_ms) == (1, 5, now_ms + wait_ms(row.trouble))
    assert now_ms < 60_000, "five tries are soon over"


def test_an_update_of_which_nobody_knows_what_became_is_looked_at_and_a_denied_one_is_sent_again() -> None:
    assert after(sent(), CallKind.UPDATE, outcomes.Unknown(OK)).phase is Phase.CHECK
    assert after(sent(), CallKind.UPDATE, DENIED).phase is Phase.SEND


def test_an_update_without_a_number_is_looked_at_before_anything_is_sent_again() -> None:
    row = after(sent(), CallKind.UPDATE, accepted(None))
    assert row.phase is Phase.CHECK
    assert after(row, CallKind.FETCH, accepted(None)).phase is Phase.SEND, "Amazon may have taken none of it yet"
    known, _ = taken(settled(sent()), update(6, 20))
    known = after(after(known, CallKind.UPDATE, accepted(None)), CallKind.FETCH, accepted(None))
    assert known.phase is Phase.CHECK, "it had one to show before"


def test_a_conflict_that_no_fetch_explains_is_parked_too() -> None:
    row, now_ms = sent(), 0
    for _ in range(20):
        now_ms = max(now_ms, row.not_before_ms)
        row = after(row, asked(row), outcomes.Conflict(OK) if row.phase is Phase.SEND else accepted(None), now_ms)
    assert row.trouble is not None
    assert row.trouble.is_parked
    assert now_ms > SLOW_BEAT_MS


def test_parked_for_a_day_it_is_refused_with_amazons_words_and_what_amazon_has_is_known_no_more() -> None:
    row, now_ms = settled(sent(9)), 0
    row, _ = taken(row, update(5, 20), now_ms=1_000)
    result = None
    while result is None:
        now_ms = max(now_ms, row.not_before_ms)
        row, result = settle_inventory(row, CallKind.UPDATE, 2, DENIED, everything, now_ms)
    assert OVERDUE_MS <= now_ms < OVERDUE_MS + 3_600_000
    assert (result.outcome, result.code, result.message, result.quantity) == ("REFUSED", "Forbidden", "not yours", 5)
    assert row.phase is Phase.SETTLED
    again, verdict = taken(row, update(9, 30), now_ms=now_ms)
    assert verdict is UpdateVerdict.WAITING, "it may have been applied, whatever Amazon said"
    assert again.not_before_ms > now_ms, "a parked SKU stays at its slow beat"
    well = after(again, CallKind.UPDATE, accepted(again.sequence), now_ms)
    assert well.trouble is None


def test_what_waited_behind_a_refused_value_has_a_day_of_its_own() -> None:
    row, now_ms = sent(), 0
    while row.sequence == 1:
        now_ms = max(now_ms, row.not_before_ms)
        if now_ms > OVERDUE_MS // 2 and row.queued is None:
            row, _ = taken(row, update(7, 20), maybe_sent=True, now_ms=now_ms)
        row = after(row, CallKind.UPDATE, DENIED, now_ms)
    row, result = settle_inventory(row, CallKind.UPDATE, 2, DENIED, everything, row.not_before_ms)
    assert result is None


def test_a_result_that_no_update_is_behind_names_none() -> None:
    row = settle_inventory(sent(), CallKind.UPDATE, 1, accepted(1), named(), 0)[0]
    assert (row.sequence, row.quantity, row.phase, row.origin.update_id) == (2, 0, Phase.SEND, "")
    _, result = settle_inventory(row, CallKind.UPDATE, 2, accepted(2), named(), 0)
    assert result is not None
    assert result.origin.update_id == ""
    waiting, _ = taken(row, update(7, 20), maybe_sent=True)
    _, result = settle_inventory(waiting, CallKind.UPDATE, 2, accepted(2), named(), 0)
    assert result is not None
    assert (result.origin.update_id, result.origin.superseded_count) == ("u7@20", 0), "it wants what was just settled"


def test_a_number_is_used_once_it_may_have_been_sent() -> None:
    assert settled(sent(5, 3)).used_sequence == 3
    assert after(sent(5, 3), CallKind.UPDATE, accepted(41)).used_sequence == 3
    assert replace(sent(5, 3)).used_sequence == 2
