"""`connector ledger seed`: every fault of a file by row, before anything is written."""

from pathlib import Path

import pytest

from connector.cli.shared.seed_file import LARGEST_SEQUENCE, read_seed_file
from connector.errors import InputFileError
from connector.merchants import parse_merchants

MERCHANTS = parse_merchants(
    b'[[merchants]]\nmerchant_id = "M1"\nmarketplace_id = "IN"\nrefresh_token_env = "T"\n'
    b'[[merchants.locations]]\nlocation_id = "EXSB"\nprogram = "SELLER_FLEX"\noms_locations = ["WH1"]\n',
    "test",
)


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["merchant,location,sku,sequence", *rows]))
    return path


def test_a_good_file_by_ledger_key(tmp_path: Path) -> None:
    rows = written(tmp_path / "seeds.csv", "M1,EXSB,a,0", f"M1,EXSB,b|c,{LARGEST_SEQUENCE}")
    assert read_seed_file(rows, MERCHANTS) == {"M1|EXSB|a": (0, 2), "M1|EXSB|b|c": (LARGEST_SEQUENCE, 3)}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("M9,EXSB,a,1", "row 2, merchant: M9 is not in the merchants file"),
        ("M1,WH1,a,1", "row 2, location: WH1; Amazon's locations of M1 are EXSB"),
        ("M1,EXSB,,1", "row 2, sku: it is empty"),
        ("M1,EXSB,a,-1", "row 2, sequence: -1"),
        ("M1,EXSB,a,1.5", "row 2, sequence: 1.5"),
        ("M1,EXSB,a,", "row 2, sequence: empty"),
        (f"M1,EXSB,a,{LARGEST_SEQUENCE + 1}", "row 2, sequence"),
        ("M1,EXSB,a,1\nM1,EXSB,a,2", "row 3: a at EXSB is in row 2 too"),
    ],
)
def test_faults_name_row_and_column(tmp_path: Path, row: str, fault: str) -> None:
    with pytest.raises(InputFileError) as refused:
        read_seed_file(written(tmp_path / "seeds.csv", row), MERCHANTS)
    assert any(text.startswith(fault) for text in refused.value.faults), refused.value.faults


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        read_seed_file(tmp_path / "missing.csv", MERCHANTS)
