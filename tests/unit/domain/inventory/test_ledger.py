"""The ledger's rules for what the OMS says, one by one (guarantee G2)."""

import msgspec
import pytest
from msgspec.structs import replace

from connector.domain.inventory.ledger import (
    CallKind,
    InventoryRefusal,
    LedgerRow,
    LocationCount,
    Origin,
    Phase,
    no_row,
)
from connector.domain.inventory.settlement import settle_inventory
from connector.domain.inventory.updates import UpdateVerdict, forget_times, take_update
from connector.domain.outcomes import Refused
from connector.domain.quarantine import Trouble
from tests.kit.inventory.previous import read_as_before
from tests.kit.inventory.rows import OK, accepted, everything, named, settled, taken, update


def test_the_first_value_gets_number_one() -> None:
    row, verdict = taken(None, update(5))
    assert (row.sequence, row.quantity, row.phase, verdict) == (1, 5, Phase.SEND, UpdateVerdict.WAITING)


def test_ten_updates_that_wait_keep_one_number_and_the_newest_quantity() -> None:
    row: LedgerRow | None = None
    for at_ms in range(10):
        row, _ = taken(row, update(at_ms, at_ms + 1))
    assert row is not None
    assert (row.sequence, row.quantity) == (1, 9)
    assert row.origin.superseded_count == 9


def test_a_number_that_may_have_been_sent_keeps_its_quantity() -> None:
    row, verdict = taken(taken(None, update(5))[0], update(7, 20), maybe_sent=True)
    assert (row.sequence, row.quantity, row.wanted(everything), verdict) == (1, 5, 7, UpdateVerdict.WAITING)
    row, result = settle_inventory(row, CallKind.UPDATE, 1, accepted(1), everything, 0)
    assert result is not None
    assert (result.outcome, result.quantity, result.sequence) == ("ACCEPTED", 5, 1)
    assert (row.sequence, row.quantity, row.phase, row.origin.update_id) == (2, 7, Phase.SEND, "u7@20")


def test_an_older_update_is_stale_wherever_the_row_stands() -> None:
    row, _ = taken(None, update(5, 10))
    assert taken(row, update(9, 9)) == (row, UpdateVerdict.STALE)
    row = settled(row)
    assert taken(row, update(9, 9)) == (row, UpdateVerdict.STALE)


def test_of_equal_times_the_later_record_wins_and_an_earlier_one_never_comes_back() -> None:
    first, second = update(5, 10, "a", offset=3), update(0, 10, "b", offset=4)
    row = settled(taken(None, first)[0])
    row, verdict = taken(row, second)
    assert (row.quantity, verdict) == (0, UpdateVerdict.WAITING)
    for phase in (row, settled(row)):
        assert taken(phase, first) == (phase, UpdateVerdict.REPEATED)
        assert taken(phase, second) == (phase, UpdateVerdict.REPEATED)


def test_a_copy_of_an_update_changes_nothing() -> None:
    row, _ = taken(None, update(5, 10, "a", offset=3))
    assert taken(row, update(5, 10, "a", offset=9)) == (row, UpdateVerdict.REPEATED)
    newer, _ = taken(row, update(6, 10, "b", offset=4))
    assert taken(newer, update(5, 10, "a", offset=9)) == (newer, UpdateVerdict.REPEATED), "overtaken meanwhile"


def test_one_id_with_another_quantity_or_a_later_time_is_a_new_word() -> None:
    row = settled(taken(None, update(5, 10, "job"))[0])
    for word in (update(0, 10, "job", offset=7), update(0, 20, "job"), update(5, 20, "job")):
        assert taken(row, word)[0].counts["WH1"].occurred_at_ms == word.occurred_at_ms
        assert taken(row, word)[1] is not UpdateVerdict.REPEATED


def test_a_value_that_amazon_holds_already_needs_no_call() -> None:
    row, verdict = taken(settled(taken(None, update(5))[0]), update(5, 20))
    assert (verdict, row.phase, row.sequence) == (UpdateVerdict.UNCHANGED, Phase.SETTLED, 1)


def test_what_was_refused_is_no_more_when_amazon_already_has_what_is_wanted() -> None:
    row, _ = taken(settled(taken(None, update(5))[0]), update(7, 20))
    row, _ = settle_inventory(row, CallKind.UPDATE, 2, Refused(OK), everything, 0)
    row, _ = settle_inventory(row, CallKind.FETCH, 2, accepted(1, 5, 0), everything, 0)
    assert row.refusal is not None
    row, verdict = taken(row, update(5, 30))
    assert (verdict, row.refusal) == (UpdateVerdict.UNCHANGED, None)
    assert (row.accepted_quantity, row.accepted_sequence) == (5, 1)


def test_stock_of_several_oms_locations_is_summed_each_by_its_own_time() -> None:
    row, _ = taken(None, update(5, 10, location="WH1"))
    row, _ = taken(row, update(3, 5, location="WH2"))
    row, verdict = taken(row, update(1, 4, location="WH2"))
    assert (row.quantity, verdict) == (8, UpdateVerdict.STALE)


def test_only_what_counts_now_is_summed() -> None:
    row, _ = taken(None, update(10, 10, location="WH1"))
    row, _ = take_update(settled(row), update(8, 20, location="WH-ONE"), named("WH-ONE"), maybe_sent=False, now_ms=0)
    assert row.quantity == 8
    assert set(row.counts) == {"WH1", "WH-ONE"}, "should the file name it again, its word is still known"


def test_after_its_times_are_forgotten_any_update_counts() -> None:
    frozen = settled(taken(None, update(5, 10**15))[0])
    assert taken(frozen, update(0, 20))[1] is UpdateVerdict.STALE
    row, verdict = taken(forget_times(frozen), update(0, 20))
    assert (row.quantity, row.sequence, verdict) == (0, 2, UpdateVerdict.WAITING)
    assert row.counts["WH1"].occurred_at_ms == 20


def test_rows_say_what_they_are() -> None:
    row = LedgerRow({"WH1": LocationCount(1, 1, "a")}, origin=Origin("a", 1))
    assert row.phase is Phase.SETTLED
    assert row.wanted(everything) == 1
    assert row.highest_used == 0, "rows of version 0.1 do not say: as many as they have bound"
    assert replace(row, sequence=7).highest_used == 7
    assert replace(no_row(), sequence=7).highest_used == 0, "a seed alone sends nothing"


FULL = LedgerRow(
    counts={"WH1": LocationCount(1, 2, "u-1"), "WH2": LocationCount(0, 3, "u-2", 4, "EAN")},
    sequence=5,
    quantity=6,
    phase=Phase.CHECK,
    origin=Origin("u-1", 7, ("u-0",), 8),
    queued=Origin("u-2", 9),
    accepted_quantity=0,
    accepted_sequence=10,
    used_sequence=11,
    refusal=InventoryRefusal("code", "message"),
    healed_at_ms=12,
    contested=True,
    contested_since_ms=13,
    trouble=Trouble(14, 15, "c", "m", "r"),
    not_before_ms=16,
)


@pytest.mark.parametrize(
    "row",
    [
        LedgerRow(),
        no_row(),
        FULL,
        *(replace(FULL, **{name: getattr(LedgerRow(), name)}) for name in FULL.__struct_fields__),
    ],
)
def test_the_release_before_reads_a_row_as_it_is(row: LedgerRow) -> None:
    """What is as by default is not written, and both mean the same default: what the release before then writes, with
    all of them, is the same row again."""
    as_before = msgspec.json.encode(read_as_before(msgspec.json.encode(row)))
    assert msgspec.json.decode(as_before, type=LedgerRow) == row
