"""What `connector ledger export` tells of a row."""

import pytest

from connector.cli.stock.ledger import exported
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.inventory.updates import seed_sequence
from tests.kit.inventory.rows import everything, sent


@pytest.mark.parametrize(
    ("row", "quantity"),
    [
        (sent(quantity=0), 0),
        (sent(quantity=7), 7),
        (seed_sequence(None, 41, everything, maybe_sent=False, now_ms=0), None),
    ],
)
def test_a_quantity_that_nobody_told_is_none(row: LedgerRow, quantity: int | None) -> None:
    assert exported("M1|EXSB|SKU", row)["quantity"] == quantity
