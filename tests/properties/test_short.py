"""A ledger row that is kept in short is the row that was written, whatever is in it."""

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.inventory.ledger import InventoryRefusal, LedgerRow, LocationCount, Origin, Phase
from connector.domain.quarantine import Trouble
from connector.tables.ledger import LEDGER
from connector.tables.short import ShortForm

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
SHORT = ShortForm(LEDGER.row_type)


@given(st.builds(LedgerRow, **FIELDS))
def test_what_is_read_is_what_was_written(row: LedgerRow) -> None:
    """Structs are equal only where their types are, and so are those within them."""
    assert SHORT.read(SHORT.write(row)) == row


def test_no_field_of_a_row_is_left_out_of_the_test_above() -> None:
    assert set(LedgerRow.__struct_fields__) == set(FIELDS)
