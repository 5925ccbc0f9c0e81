"""Which rows of the ledger are found at once when a partition arrives: what has a call to make, or an alert."""

import pytest

from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.quarantine import Trouble
from connector.tables.ledger import LEDGER


@pytest.mark.parametrize(
    ("row", "is_unsettled"),
    [
        (LedgerRow(phase=Phase.SEND), True),
        (LedgerRow(phase=Phase.CHECK), True),
        (LedgerRow(), False),
        (LedgerRow(contested=True), True),
        (LedgerRow(trouble=Trouble(1, 2)), True),
    ],
)
def test_what_is_unsettled(row: LedgerRow, is_unsettled: bool) -> None:
    assert LEDGER.is_unsettled(row) is is_unsettled
