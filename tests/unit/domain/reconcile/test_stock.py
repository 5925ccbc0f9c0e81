"""One SKU's row against what Amazon shows: what is drift, and what only looks like it."""

import pytest
from msgspec.structs import replace

from connector.domain.inventory.ledger import InventoryRefusal, LedgerRow
from connector.domain.inventory.requests import InventoryLevel
from connector.domain.inventory.updates import seed_sequence
from connector.domain.reconcile.kinds import EXPLANATIONS, DriftKind
from connector.domain.reconcile.stock import ON_ITS_WAY, PARKED_ON_ITS_WAY, compare_stock
from connector.domain.reconcile.verdicts import Agrees, Drift, Moving, Verdict
from tests.kit.inventory.rows import everything, sent, settled, taken, update

ROW = settled(sent(5))
SEEDED = seed_sequence(None, 41, everything, maybe_sent=False, now_ms=0)
REFUSED = replace(ROW, sequence=2, quantity=9, refusal=InventoryRefusal("INVALID", "no"))


def kind_of(verdict: Verdict) -> DriftKind | None:
    return verdict.kind if isinstance(verdict, Drift) else None


@pytest.mark.parametrize(
    ("level", "kind"),
    [
        (InventoryLevel(1, 5, 0), None),
        (InventoryLevel(1, 3, 2), None),
        (InventoryLevel(1, 0, 8), None),  # more is reserved than there is: nobody sees what was posted
        (InventoryLevel(1), None),  # it shows no quantity
        (InventoryLevel(1, 4, 0), DriftKind.OTHER_QUANTITY),
        (InventoryLevel(1, 5, 2), DriftKind.OTHER_QUANTITY),
        (InventoryLevel(2, 5, 0), DriftKind.SEQUENCE_AHEAD),
        (InventoryLevel(0, 5, 0), DriftKind.SEQUENCE_BEHIND),
        (InventoryLevel(None, 5, 0), DriftKind.STOCK_LOST),
    ],
)
def test_a_value_that_amazon_confirmed(level: InventoryLevel, kind: DriftKind | None) -> None:
    assert kind_of(compare_stock(ROW, level)) is kind


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (41, None),
        (40, DriftKind.SEQUENCE_BEHIND),
        (None, DriftKind.SEQUENCE_BEHIND),
        (42, DriftKind.SEQUENCE_AHEAD),
    ],
)
def test_of_a_seeded_sku_the_number_alone_counts(known: int | None, kind: DriftKind | None) -> None:
    verdict = compare_stock(SEEDED, InventoryLevel(known, 77, 0))
    assert kind_of(verdict) is kind
    if isinstance(verdict, Drift):
        assert verdict.here == {"sequence": 41, "quantity": None}


def test_a_refused_quantity_is_not_at_amazon() -> None:
    assert kind_of(compare_stock(REFUSED, InventoryLevel(1, 5, 0))) is DriftKind.NOT_TAKEN
    assert kind_of(compare_stock(REFUSED, InventoryLevel(2, 9, 0))) is None, "Amazon has it all the same"
    assert kind_of(compare_stock(REFUSED, InventoryLevel(7, 1, 0))) is DriftKind.SEQUENCE_AHEAD
    never = replace(REFUSED, accepted_quantity=None, accepted_sequence=None)
    assert kind_of(compare_stock(never, InventoryLevel(None, 0, 0))) is DriftKind.NOT_TAKEN
    assert kind_of(compare_stock(never, InventoryRefusal("INVALID_SKU", "no"))) is DriftKind.UNKNOWN_SKU


def test_a_refusal_that_is_over_leaves_what_was_confirmed() -> None:
    """The OMS went back to the quantity that Amazon has: nothing was sent, and the row's number is the refused one."""
    row, _ = taken(REFUSED, update(5, 20))
    assert isinstance(compare_stock(row, InventoryLevel(1, 5, 0)), Agrees)


def test_what_is_on_its_way_explains_a_difference() -> None:
    on_its_way, _ = taken(ROW, update(6, 20))
    assert compare_stock(on_its_way, InventoryLevel(1, 5, 0)) == Moving(ON_ITS_WAY)
    assert compare_stock(on_its_way, InventoryRefusal("X", "")) == Moving(ON_ITS_WAY)
    assert PARKED_ON_ITS_WAY != ON_ITS_WAY


def test_a_row_of_nobody_agrees_with_a_sku_that_has_no_number() -> None:
    assert isinstance(compare_stock(LedgerRow(), InventoryLevel(None, 0, 0)), Agrees)


def test_each_kind_says_what_it_means_and_what_to_do() -> None:
    assert EXPLANATIONS.keys() == set(DriftKind)
    assert all(one.meaning and one.remedy for one in EXPLANATIONS.values())
    assert all("--repair" in one.remedy for one in EXPLANATIONS.values() if one.is_repaired)
