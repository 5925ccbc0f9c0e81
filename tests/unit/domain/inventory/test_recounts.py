"""What operators and the merchants file change in a row: recounts, seeds, freed SKUs."""

from msgspec.structs import replace

from connector.domain.inventory.ledger import CallKind, LedgerRow, Phase
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.inventory.updates import UpdateVerdict, free, needs_recount, recount, resend, seed_sequence
from connector.domain.outcomes import Forbidden, Refused
from connector.domain.quarantine import OVERDUE_MS
from tests.kit.inventory.rows import OK, accepted, everything, named, sent, settled, taken, update


def recounted(row: LedgerRow, *oms_locations: str, maybe_sent: bool = False) -> LedgerRow:
    return recount(row, named(*oms_locations), maybe_sent=maybe_sent, now_ms=7)


def seeded(row: LedgerRow | None, sequence: int, *, maybe_sent: bool = False) -> LedgerRow:
    return seed_sequence(row, sequence, everything, maybe_sent=maybe_sent, now_ms=7)


def test_a_settled_row_is_told_anew_when_something_else_counts() -> None:
    row = recounted(settled(sent(10)), "WH-ONE")
    assert (row.sequence, row.quantity, row.phase, row.origin.update_id) == (2, 0, Phase.SEND, "")
    assert recounted(settled(row), "WH1").quantity == 10, "named again, its word counts again"
    assert recounted(settled(sent(10)), "WH1") == settled(sent(10))


def test_a_value_that_was_not_sent_yet_is_bound_anew_and_one_that_may_have_been_is_not() -> None:
    row = recounted(sent(10), "WH-ONE")
    assert (row.sequence, row.quantity, row.origin.update_id) == (1, 0, "u10@10")
    assert recounted(sent(10), "WH-ONE", maybe_sent=True) == sent(10), "what closes compares by itself"
    closed, _ = settle_inventory(sent(10), CallKind.UPDATE, 1, accepted(1), named("WH-ONE"), 0)
    assert (closed.sequence, closed.quantity) == (2, 0)


def test_a_refused_value_is_not_repeated_and_a_seed_alone_says_nothing() -> None:
    row, _ = settle_inventory(sent(10), CallKind.UPDATE, 1, Refused(OK), everything, 0)
    row, _ = settle_inventory(row, CallKind.FETCH, 1, Refused(OK), everything, 0)
    assert not needs_recount(row, everything, maybe_sent=False)
    assert needs_recount(row, named(), maybe_sent=False)
    assert not needs_recount(seeded(None, 41), everything, maybe_sent=False)
    assert not needs_recount(seeded(settled(sent(10)), 41), everything, maybe_sent=False)


def test_a_seed_makes_the_next_update_go_out_with_the_number_after_it() -> None:
    assert taken(seeded(None, 40), update(5))[0].sequence == 41
    row, verdict = taken(seeded(settled(sent(5)), 40), update(5, 20))
    assert (row.sequence, verdict) == (41, UpdateVerdict.WAITING), "what Amazon holds is unknown after a seed"
    assert seeded(sent(5), 40).sequence == 41
    assert seeded(sent(5), 40, maybe_sent=True).sequence == 41


def test_a_seed_goes_back_as_far_as_no_number_was_used() -> None:
    assert seeded(seeded(None, 2**53), 7).sequence == 7
    assert seeded(seeded(settled(sent(5, 3)), 2**53), 1).sequence == 3
    assert seeded(settled(sent(5, 3)), 0).sequence == 3
    assert seeded(sent(5, 9), 4).sequence == 9, "8 was used, and 9 was not sent yet"
    old = replace(settled(sent(5, 3)), used_sequence=None)
    assert seeded(old, 0).sequence == 3, "rows of version 0.1 do not say what they have used"


def test_a_seed_below_a_number_that_may_be_on_its_way_asks_amazon() -> None:
    row, _ = taken(sent(5), update(0, 20), maybe_sent=True)
    row = seeded(row, 0, maybe_sent=True)
    assert (row.phase, row.sequence, row.quantity) == (Phase.CHECK, 1, 5)
    row, result = settle_inventory(row, CallKind.FETCH, 1, accepted(1, 5, 0), everything, 0)
    assert result is not None
    assert (row.sequence, row.quantity) == (2, 0)


def parked_for_a_day() -> LedgerRow:
    row, now_ms = sent(5), 0
    while row.phase is Phase.SEND:
        now_ms = max(now_ms, row.not_before_ms)
        row, _ = settle_inventory(row, CallKind.UPDATE, 1, Forbidden(OK), everything, now_ms)
    assert now_ms >= OVERDUE_MS
    return row


def test_a_freed_sku_goes_on_at_once_and_is_sent_anew_where_it_was_refused_meanwhile() -> None:
    row, _ = settle_inventory(sent(5), CallKind.UPDATE, 1, Forbidden(OK), everything, 100)
    freed = free(row, everything, 200)
    assert (freed.trouble, freed.not_before_ms, freed.sequence) == (None, 0, 1)
    row = parked_for_a_day()
    assert row.trouble is not None
    freed = free(row, everything, 200)
    assert (freed.phase, freed.sequence, freed.quantity, freed.not_before_ms) == (Phase.SEND, 2, 5, 0)
    assert free(settled(sent(5)), everything, 200) == settled(sent(5))


def test_what_amazon_has_taken_is_sent_again_under_its_own_number() -> None:
    row = resend(settled(sent(5)), everything, 7)
    assert (row.sequence, row.quantity, row.phase, row.origin.update_id) == (1, 5, Phase.SEND, "")
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(1), everything, 0)
    assert result is not None
    assert not result.origin.update_id, "nobody is told twice"
    assert (row.sequence, row.phase) == (1, Phase.SETTLED)


def test_what_amazon_knows_under_a_higher_number_is_sent_again_under_one_above() -> None:
    row, _ = settle_inventory(resend(settled(sent(5)), everything, 7), CallKind.UPDATE, 1, accepted(40), everything, 0)
    assert (row.sequence, row.quantity, row.phase) == (41, 5, Phase.SEND)


def test_without_a_number_that_carried_it_a_quantity_is_sent_again_under_a_fresh_one() -> None:
    row = resend(seeded(settled(sent(5)), 9), everything, 7)
    assert (row.sequence, row.quantity) == (10, 5)


def test_what_is_under_way_or_was_never_told_is_not_sent_again() -> None:
    for row in (sent(5), seeded(None, 9)):
        assert resend(row, everything, 7) is row
