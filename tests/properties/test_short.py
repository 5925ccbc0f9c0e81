"""A ledger row that is kept in short is the row that was written, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.domain.inventory.ledger import InventoryRefusal, LedgerRow, LocationCount, Origin, Phase
from connector.domain.quarantine import Trouble
from connector.tables.ledger import LEDGER

TEXT = st.text(max_size=20)
NUMBER = st.integers(-(2**63), 2**63 - 1)
MAYBE = st.none() | NUMBER
COUNT = st.builds(LocationCount, NUMBER, NUMBER, TEXT, NUMBER, TEXT)
ORIGIN = st.builds(Origin, TEXT, NUMBER, st.lists(TEXT, max_size=3).map(tuple), NUMBER)
FIELDS = {
    "counts": st.dictionaries(TEXT, COUNT, max_size=3),
    "sequence": NUMBER,
    "quantity": NUMBER,
    "phase": st.sampled_from(Phase),
    "origin": ORIGIN,
    "queued": st.none() | ORIGIN,
    "accepted_quantity": MAYBE,
    "accepted_sequence": MAYBE,
    "used_sequence": MAYBE,
    "refusal": st.none() | st.builds(InventoryRefusal, TEXT, TEXT),
    "healed_at_ms": NUMBER,
    "contested": st.booleans(),
    "contested_since_ms": NUMBER,
    "trouble": st.none() | st.builds(Trouble, NUMBER, NUMBER, TEXT, TEXT, TEXT),
    "not_before_ms": NUMBER,
    "zeroed": st.booleans(),
}
SHORT = LEDGER.kept_short or pytest.fail("the ledger is kept short")
SKU = st.sampled_from(["SKU-1", "SKU|2", ""])


@st.composite
def settled_rows(draw: st.DrawFn) -> LedgerRow:
    """As most are, but for some of their fields."""
    sequence, quantity, update_id, occurred_at_ms = draw(NUMBER), draw(NUMBER), draw(TEXT), draw(st.integers(0, 2**62))
    usual = LedgerRow(
        counts={draw(TEXT): LocationCount(quantity, occurred_at_ms, update_id, draw(NUMBER), draw(SKU))},
        sequence=sequence,
        quantity=quantity,
        origin=Origin(update_id, occurred_at_ms + draw(st.integers(-(2**32), 2**32))),
        accepted_quantity=quantity,
        accepted_sequence=sequence,
        used_sequence=sequence,
    )
    changed = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=2))
    return replace(usual, **{name: draw(FIELDS[name]) for name in changed})


@given(SKU, settled_rows() | st.builds(LedgerRow, **FIELDS))
def test_what_is_read_is_what_was_written(sku: str, row: LedgerRow) -> None:
    """Structs are equal only where their types are, and so are those within them."""
    name = f"EXSB|{sku}"
    assert SHORT.read(name, SHORT.write(name, row)) == row


def test_no_field_of_a_row_is_left_out_of_the_test_above() -> None:
    assert set(LedgerRow.__struct_fields__) == set(FIELDS)


def test_a_settled_row_says_nothing_twice() -> None:
    """More than half of what memory a SKU takes is its row: with all fields it has twice as many bytes."""
    count = LocationCount(7, 1_700_000_000_000, "update-M0-00000001", 400, "SKU-000001")
    row = LedgerRow({"WH1": count}, 3, 7, Phase.SETTLED, Origin(count.update_id, 1_700_000_000_100), None, 7, 3, 3)
    assert len(SHORT.write("EXSB|SKU-000001", row)) < len(count.update_id) + 30
