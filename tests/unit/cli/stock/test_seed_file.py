"""`connector ledger seed`: every fault of a file by row, before anything is written."""

from pathlib import Path

import pytest

from connector.cli.stock.seed_file import LedgerSeed, read_seed_file, seeds_to_send
from connector.domain.inventory.ledger import LARGEST_SEQUENCE, LedgerRow
from connector.errors import InputFileError
from connector.merchants import load_merchants, parse_merchants
from tests.kit.cases import case_file

MERCHANTS = parse_merchants(
    b'[[merchants]]\nmerchant_id = "M1"\nmarketplace_id = "IN"\nrefresh_token_env = "T"\n'
    b'[[merchants.locations]]\nlocation_id = "EXSB"\nchannel_location_id = "CH1"\nprogram = "SELLER_FLEX"\n'
    b'oms_locations = ["WH1"]\n',
    "test",
)


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["merchant,location,sku,sequence", *rows]))
    return path


def faults_of(file: Path) -> list[str]:
    with pytest.raises(InputFileError) as refused:
        read_seed_file(file, load_merchants(case_file("merchants.toml")))
    assert refused.value.exit_code == 2
    return list(refused.value.faults)


def test_a_good_file_by_ledger_key(tmp_path: Path) -> None:
    rows = written(tmp_path / "seeds.csv", "M1,EXSB,a,0", f"M1,EXSB,b|c,{LARGEST_SEQUENCE}", "M1,CH1,d,007")
    assert read_seed_file(rows, MERCHANTS) == {
        "M1|EXSB|a": (0, 2),
        "M1|EXSB|b|c": (LARGEST_SEQUENCE, 3),
        "M1|EXSB|d": (7, 4),
    }


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("M9,EXSB,a,1", "row 2, merchant: M9 is not in the merchants file"),
        ("M1,WH1,a,1", "row 2, location: WH1; Amazon's locations of M1 are EXSB"),
        ("M1,EXSB,,1", "row 2, sku: it is empty"),
        ("M1,EXSB," + "x" * 256 + ",1", "row 2, sku: 256 characters"),
        ("M1,EXSB,a,-1", "row 2, sequence: -1"),
        ("M1,EXSB,a,1.5", "row 2, sequence: 1.5"),
        ("M1,EXSB,a,41.0", "row 2, sequence: 41.0 is a number with decimals"),
        ("M1,EXSB,a,", "row 2, sequence: empty"),
        ("M1,EXSB,a,\u0664\u0661", "row 2, sequence: \u0664\u0661"),
        (f"M1,EXSB,a,{LARGEST_SEQUENCE + 1}", "row 2, sequence"),
        ("M1,EXSB,a," + "0" * 5000, "row 2, sequence: 0000"),
        ("M1,EXSB,a,1\nM1,EXSB,a,2", "row 3: a at EXSB is in row 2 too"),
        ("M1,EXSB,a,1\nM1,CH1,a,2", "row 3: a at CH1 is in row 2 too"),
        ("M1,EXSB,4006381333931.0,1", "row 2, sku: 4006381333931.0 is a number with decimals"),
        ('M1,EXSB,"=""0012""",1', "row 2, sku: "),
        ("M1,EXSB,'0012,1", "row 2, sku: '0012 is begun with a quote"),
        ('M1,EXSB,"a" b,1', "row 2: a quote"),
    ],
)
def test_faults_name_row_and_column(tmp_path: Path, row: str, fault: str) -> None:
    with pytest.raises(InputFileError) as refused:
        read_seed_file(written(tmp_path / "seeds.csv", row), MERCHANTS)
    assert any(text.startswith(fault) for text in refused.value.faults), refused.value.faults


def test_a_spoilt_sku_is_told_as_in_listings() -> None:
    (fault,) = faults_of(case_file("seed-scientific.csv"))
    assert fault.startswith("row 2, sku: 4.00638E+12 is a number in scientific notation: format the column as text")


def test_a_number_too_long_to_be_read_is_told_with_the_largest_allowed() -> None:
    (fault,) = faults_of(case_file("seed-long-number.csv"))
    assert fault.startswith("row 2, sequence: 9999")
    assert str(LARGEST_SEQUENCE) in fault
    assert len(fault) < 200


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        read_seed_file(tmp_path / "missing.csv", MERCHANTS)


def test_a_step_back_needs_force(tmp_path: Path) -> None:
    ledger = {"k": LedgerRow(sequence=41), "same": LedgerRow(sequence=3)}
    rows = {"k": (7, 2), "same": (3, 3), "new": (5, 4)}
    with pytest.raises(InputFileError, match="row 2, sequence: 7 is below the ledger's 41"):
        seeds_to_send(tmp_path, rows, ledger, force=False)
    assert seeds_to_send(tmp_path, rows, ledger, force=True) == [LedgerSeed("k", 7, 41), LedgerSeed("new", 5, 0)]
