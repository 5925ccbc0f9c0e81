"""Rows of a partition by their whole keys, of which a merchant's part is kept once."""

from dataclasses import replace

import pytest

from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.polling.windows import Watermark
from connector.tables.ledger import LEDGER
from connector.tables.rows import PartitionRows
from connector.tables.watermarks import WATERMARKS

KEYS = ["M1|EXSB|A|1", "M1|EXSB|B", "M10|EXSB|B", "M2"]


def filled(rows: PartitionRows[LedgerRow]) -> PartitionRows[LedgerRow]:
    for number, key in enumerate(KEYS):
        rows.put(key, LedgerRow(sequence=number, phase=Phase.SEND if number % 2 else Phase.SETTLED))
    return rows


@pytest.fixture(params=["in short", "as they are"])
def rows(request: pytest.FixtureRequest) -> PartitionRows[LedgerRow]:
    return filled(PartitionRows(LEDGER if request.param == "in short" else replace(LEDGER, kept_short=None)))


def test_they_go_by_their_whole_keys(rows: PartitionRows[LedgerRow]) -> None:
    """A merchant's own row, whose key is its id alone, too."""
    assert {key: row.sequence for key, row in rows.all().items()} == {key: at for at, key in enumerate(KEYS)}
    assert {key: row.sequence for key, row in rows.of_merchant("M1").items()} == {KEYS[0]: 0, KEYS[1]: 1}
    assert dict(rows.of_merchant("M2")) == {"M2": rows.get("M2")}
    assert {merchant_id: list(keys) for merchant_id, keys in rows.unsettled.items()} == {"M1": [KEYS[1]], "M2": ["M2"]}


@pytest.mark.parametrize("key", ["M1|EXSB", "EXSB|B", "M1", "M3|EXSB|B", ""])
def test_another_key_has_none(rows: PartitionRows[LedgerRow], key: str) -> None:
    rows.delete(key)
    assert rows.get(key) is None
    assert key not in rows.all()
    assert key not in rows.of_merchant("M1")
    assert len(rows.all()) == len(KEYS)


def test_a_merchant_s_rows_are_no_other_s(rows: PartitionRows[LedgerRow]) -> None:
    assert "M10|EXSB|B" not in rows.of_merchant("M1")
    assert "M1|EXSB|B" in rows.of_merchant("M1")
    assert rows.of_merchant("M") == {}


def test_parts_of_them_make_the_same_rows() -> None:
    rows, again = filled(PartitionRows(LEDGER)), PartitionRows(LEDGER)
    for part in rows.parts(1):
        again.take(*part)
    assert dict(again.all()) == dict(rows.all())
    assert again.unsettled == rows.unsettled


def test_names_that_recur_are_kept_once() -> None:
    """Each merchant has the same lists; what is read of a changelog has a text of its own for each."""
    rows = PartitionRows(WATERMARKS)
    for merchant_id in ("M1", "M2"):
        rows.put(f"{merchant_id}|list_shipments||CREATED", Watermark(1))
    first, second = (next(iter(kept)) for _, kept, _ in rows.parts())
    assert first is second
