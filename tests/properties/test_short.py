"""A ledger row that is kept in short is the row that was written, whatever is in it."""

from typing import Any

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


COUNT_SAID = LocationCount(7, 1_700_000_000_000, "update-M0-00000001", 400, "SKU-1")
USUAL = LedgerRow(
    {"WH1": COUNT_SAID}, 3, 7, Phase.SETTLED, Origin(COUNT_SAID.update_id, 1_700_000_000_100), None, 7, 3, 3
)
UNUSUAL = [
    {"origin": Origin("another", COUNT_SAID.occurred_at_ms)},
    {"origin": Origin("", COUNT_SAID.occurred_at_ms, ("a",))},
    {"origin": Origin("", COUNT_SAID.occurred_at_ms, (), 1)},
    {"origin": Origin("", -(2**63))},
    {"counts": {}},
    {"counts": {"WH1": COUNT_SAID, "WH2": COUNT_SAID}},
    {"counts": {"WH1": replace(COUNT_SAID, quantity=8)}},
    *({"phase": phase} for phase in Phase),
    {"queued": Origin("", 1)},
    *({name: value} for name in ("sequence", "quantity", "accepted_quantity", "accepted_sequence") for value in (0, 9)),
    *({name: None} for name in ("accepted_quantity", "accepted_sequence", "used_sequence")),
    {"refusal": InventoryRefusal("code", "why")},
    *({name: 9} for name in ("used_sequence", "healed_at_ms", "contested_since_ms", "not_before_ms")),
    {"trouble": Trouble(1, 2)},
    *({name: True} for name in ("contested", "zeroed")),
]


@pytest.mark.parametrize("changed", UNUSUAL, ids=str)
def test_nothing_that_is_unusual_is_lost(changed: dict[str, Any]) -> None:
    row = replace(USUAL, **changed)
    assert SHORT.read("EXSB|SKU-1", SHORT.write("EXSB|SKU-1", row)) == row


def test_a_settled_row_says_nothing_twice() -> None:
    """With all of its fields it has more than twice as many bytes."""
    assert len(SHORT.write("EXSB|SKU-1", USUAL)) < len(COUNT_SAID.update_id) + 30
