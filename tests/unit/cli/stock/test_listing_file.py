"""The listings file: CSV or xlsx, whole or not at all, faults by row and column."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector.cli.stock.listing_file import LISTING_COLUMNS, load_listings
from connector.domain.listings import Listing
from connector.errors import InputFileError
from tests.kit.cases import case_file
from tests.kit.inventory.sheets import xlsx

HEADER = ",".join(LISTING_COLUMNS) + "\n"
IN, DE, FR = "A21TJRUUN4KGV", "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
TWO = (Listing("M1", "8901", "SKU-1", "B0EXAMPLE1", IN), Listing("M1", "8902", "SKU 2", "", IN))
ROWS = f"8901,B0EXAMPLE1,SKU-1,{IN}\n8902,,SKU 2,{IN}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "listings"


def faults_of(file: Path) -> list[str]:
    with pytest.raises(InputFileError) as caught:
        load_listings(file, "M1")
    assert caught.value.exit_code == 2
    return list(caught.value.faults)


def faults(file: Path, content: str | bytes) -> list[str]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return faults_of(file)


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + ROWS).encode(),
        (HEADER + ROWS).replace("\n", "\r\n").replace("SKU 2", " SKU 2 ").encode() + b"\r\n , ,,\r\n",
        ("\ufeff" + HEADER + ROWS.replace("8901,", '"8901",')).encode(),
        (HEADER + ROWS).replace(",", ";").encode(),
        ("sep=;\r\n" + (HEADER + ROWS).replace(",", ";")).encode(),
        ("\ufeffSEP=|\n" + (HEADER + ROWS).replace(",", "|")).encode(),
        (HEADER + ROWS).replace(",", "\t").encode(),
        (HEADER + ROWS).replace("\n", ",,\n").encode(),
        f"MARKETPLACE,Title,channelserialno,channelSkuId,ClientSkuId\n{IN},x,B0EXAMPLE1,SKU-1,8901\n"
        f"{IN},y,,SKU 2,8902\n".encode(),
        xlsx([*LISTING_COLUMNS], ["8901", "B0EXAMPLE1", "SKU-1", IN], [8902, None, "SKU 2", IN]),
        xlsx([*LISTING_COLUMNS, None], [8901.0, "B0EXAMPLE1", "SKU-1", IN], [], ["8902", "", "SKU 2", IN, "note"]),
    ],
)
def test_files_as_people_save_them(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert load_listings(file, "M1") == TWO


def test_the_columns_mean_what_amazon_means_by_them() -> None:
    (listing,) = load_listings(case_file("listing-columns.csv"), "A2EXAMPLE")
    assert listing == Listing("A2EXAMPLE", "4006381333931", "SKU-1", "B0EXAMPLE1", IN)


def test_a_file_that_says_it_is_smaller_than_it_is_is_read_whole() -> None:
    listings = load_listings(case_file("dimension-too-short.xlsx"), "M1")
    assert [listing.channel_sku for listing in listings] == [f"SKU-{number}" for number in range(5)]


def test_one_ean_in_two_marketplaces() -> None:
    listings = load_listings(case_file("one-ean-two-marketplaces.csv"), "M1")
    assert {(one.client_sku, one.channel_sku, one.holds_in) for one in listings} == {
        ("4006381333931", "SKU-DE", DE),
        ("4006381333931", "SKU-FR", FR),
    }


@pytest.mark.parametrize(
    "name", ["sku-scientific.csv", "sku-with-decimals.csv", "sku-as-formula.csv", "sku-zero-padded.xlsx"]
)
def test_a_spoilt_identifier_is_told_with_the_remedy(name: str) -> None:
    (fault,) = faults_of(case_file(name))
    assert fault.startswith("row 2, clientSkuId: ")
    assert "format the column as text" in fault


def test_an_escaped_control_character_is_told() -> None:
    (fault,) = faults_of(case_file("sku-with-escape.xlsx"))
    assert fault.startswith("row 2, clientSkuId: ")
    assert "control character" in fault


def test_every_column_is_looked_at(file: Path) -> None:
    for place, column in enumerate(LISTING_COLUMNS):
        row = ["8901", "B0EXAMPLE1", "SKU-1", IN]
        row[place] = "4.00638E12"
        (fault,) = faults(file, HEADER + ",".join(row) + "\n")
        assert fault.startswith(f"row 2, {column}: ")


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        (f'1,B0EXAMPLE1,SKU-1,{IN}\n"TV" 5 inch,,SKU-2,{IN}\n', 3),
        (f'1,,SKU-1,{IN}\n2,,"SKU-2,{IN}\n3,,SKU-3,{IN}\n', 3),
        (f'1,,SKU-1,{IN}\n\n2,,"SKU"-2,{IN}\n', 4),
        (f'1,,"SKU-1,{IN}\n' + "x" * 200_000, 2),
    ],
)
def test_a_stray_quote_is_told_with_its_row(file: Path, rows: str, number: int) -> None:
    (fault,) = faults(file, HEADER + rows)
    assert fault.startswith(f"row {number}: ")
    assert 'quote (")' in fault
    assert faults_of(case_file("stray-quote.csv"))[0].startswith("row 3: a quote")


def test_a_separator_within_a_cell_does_not_shift_the_others(file: Path) -> None:
    (fault,) = faults(file, HEADER + ROWS + f"4,00638E+12,B0EXAMPLE1,SKU-1,{IN}\n")
    assert fault.startswith("row 4: it has 5 cells, the header 4")


def test_all_faults_are_told_by_row_and_column(file: Path) -> None:
    told = faults(
        file, HEADER + f",,SKU-1,{IN}\n8902,,SKU-2,\n8.90E+12,,SKU-3,{IN}\n8904,,SKU-2" + "x" * 300 + f",{IN}\n"
    )
    assert sorted(fault.split(":")[0] for fault in told) == [
        "row 2, clientSkuId",
        "row 3, Marketplace",
        "row 4, clientSkuId",
        "row 5, channelSkuId",
    ]


def test_two_of_the_omss_skus_must_not_feed_one_of_amazons() -> None:
    (fault,) = faults_of(case_file("two-skus-of-one.csv"))
    assert fault.startswith("row 3, channelSkuId: SKU-1 ")
    assert "is in row 2 too" in fault


def test_the_mapping_is_one_to_one_within_a_marketplace(file: Path) -> None:
    told = faults(file, HEADER + f"1,B0EXAMPLE1,A,{IN}\n1,B0EXAMPLE1,B,{DE}\n1,,C,{IN}\n2,,A,{IN}\n3,,A,{DE}\n")
    assert told == [
        f"row 4, clientSkuId: 1 of {IN} is in row 2 too; leave one of them",
        f"row 5, channelSkuId: A of {IN} is in row 2 too; leave one of them",
    ]


def test_a_text_that_is_no_marketplace_id_holds_everywhere(file: Path) -> None:
    told = faults(file, HEADER + f"1,,A,Amazon\n1,,B,SmartConnect\n2,,A,{IN}\n3,,C,{IN}\n")
    assert [fault.split(" of ")[0] for fault in told] == ["row 3, clientSkuId: 1", "row 4, channelSkuId: A"]
    assert "SmartConnect is no marketplace id, so it holds for all" in told[0]


def test_a_column_of_asins_is_no_column_of_skus(file: Path) -> None:
    (fault,) = faults(file, HEADER + f"1,SKU-1,B0EXAMPLE1,{IN}\n2,SKU-2,B0EXAMPLE2,{IN}\n")
    assert fault.startswith("channelSkuId: it holds ASINs throughout (B0EXAMPLE1, ...)")
    file.write_text(HEADER + f"1,B0EXAMPLE3,B0EXAMPLE1,{IN}\n2,,SKU-2,{IN}\n")
    assert len(load_listings(file, "M1")) == 2, "one of them may well be called so"


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (8901234567890123456, "more than 15 digits"),
        (8.5, "text is needed"),
        (True, "text is needed"),
        (date(2026, 1, 2), "text is needed"),
        ("#N/A", "formula failed"),
        ("#REF!", "formula failed"),
        ("two\nlines", "control character"),
    ],
)
def test_what_a_spreadsheet_made_of_an_identifier_is_told(file: Path, cell: Any, told: str) -> None:
    (fault,) = faults(file, xlsx([*LISTING_COLUMNS], [cell, "B0EXAMPLE1", "SKU-1", IN]))
    assert fault.startswith("row 2, clientSkuId: ")
    assert told in fault


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "column clientSkuId is missing"),
        (b"clientSkuId,channelSkuId\n1,2\n", "column channelSerialNo is missing"),
        (HEADER.replace("channelSkuId", "Marketplace").encode(), "column Marketplace is there 2 times"),
        (HEADER.encode(), "no rows"),
        (b"sep=;\n", "column clientSkuId is missing"),
        (HEADER.encode() + b"\xff\xfe,A,,IN\n", "not UTF-8"),
        (b"PK\x03\x04 not a zip", "neither CSV nor xlsx"),
        (b"\xd0\xcf\x11\xe0 old", ".xlsx"),
    ],
)
def test_a_file_that_is_something_else_is_told(file: Path, content: bytes, told: str) -> None:
    assert any(told in fault for fault in faults(file, content))


def test_a_missing_file_is_told(file: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        load_listings(file, "M1")


def test_thousands_of_faults_do_not_flood_the_screen(file: Path) -> None:
    file.write_text(HEADER + "x,,,\n" * 5000)
    with pytest.raises(InputFileError, match=r"and \d+ more") as caught:
        load_listings(file, "M1")
    assert len(str(caught.value).splitlines()) < 150
