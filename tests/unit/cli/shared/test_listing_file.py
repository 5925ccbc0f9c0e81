"""The listings file: CSV or xlsx, whole or not at all, faults by row and column."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from connector.cli.shared.listing_file import LISTING_COLUMNS, Listing, load_listings
from connector.errors import InputFileError

HEADER = ",".join(LISTING_COLUMNS) + "\n"
TWO = (Listing("8901", "SKU-1", "B000000001", "IN"), Listing("8902", "SKU 2", "", "IN"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "listings"


def xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def faults(file: Path, content: str | bytes) -> list[str]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputFileError) as caught:
        load_listings(file)
    assert caught.value.exit_code == 2
    return list(caught.value.faults)


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + "8901,SKU-1,B000000001,IN\n8902,SKU 2,,IN\n").encode(),
        (HEADER + "8901,SKU-1,B000000001,IN\r\n\r\n , ,,\r\n8902, SKU 2 ,,IN").encode(),
        ("\ufeff" + HEADER + '"8901","SKU-1","B000000001","IN"\n8902,SKU 2,,IN\n').encode(),
        (HEADER + "8901,SKU-1,B000000001,IN\n8902,SKU 2,,IN\n").replace(",", ";").encode(),
        (HEADER + "8901,SKU-1,B000000001,IN\n8902,SKU 2,,IN\n").replace(",", "\t").encode(),
        b"MARKETPLACE,Title,channelserialno,channelSkuId,ClientSkuId\nIN,x,SKU-1,B000000001,8901\nIN,y,SKU 2,,8902\n",
        xlsx([*LISTING_COLUMNS], ["8901", "SKU-1", "B000000001", "IN"], [8902, "SKU 2", None, "IN"]),
        xlsx([*LISTING_COLUMNS, None], [8901.0, "SKU-1", "B000000001", "IN"], [], ["8902", "SKU 2", "", "IN", "note"]),
    ],
)
def test_files_as_people_save_them(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert load_listings(file) == TWO


def test_all_faults_are_told_by_row_and_column(file: Path) -> None:
    told = faults(file, HEADER + ",SKU-1,,IN\n8902,SKU-2,,\n8.90E+12,SKU-3,,IN\n8904,SKU-2" + "x" * 300 + ",,IN\n")
    assert [fault.split(":")[0] for fault in told] == [
        "row 2, clientSkuId",
        "row 3, Marketplace",
        "row 4, clientSkuId",
        "row 5, channelSerialNo",
    ]


def test_cells_without_text_are_told_with_all_else(file: Path) -> None:
    told = faults(
        file, xlsx([*LISTING_COLUMNS], [True, "A", None, "IN"], [False, None, None, "IN"], ["1", "A", None, "IN"])
    )
    assert [fault.split(":")[0] for fault in told] == [
        "row 2, clientSkuId",
        "row 3, clientSkuId",
        "row 3, channelSerialNo",
        "row 4, channelSerialNo",
    ]


def test_the_mapping_is_one_to_one_within_a_marketplace(file: Path) -> None:
    told = faults(file, HEADER + "1,A,,IN\n1,B,,DE\n1,C,,IN\n2,A,,IN\n")
    assert told == [
        "row 4, clientSkuId: 1 of IN is in row 2 too; leave one of them",
        "row 5, channelSerialNo: A of IN is in row 2 too; leave one of them",
    ]


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
    (fault,) = faults(file, xlsx([*LISTING_COLUMNS], [cell, "SKU-1", "B000000001", "IN"]))
    assert fault.startswith("row 2, clientSkuId: ")
    assert told in fault


def test_a_sku_may_begin_with_a_hash(file: Path) -> None:
    file.write_bytes(xlsx([*LISTING_COLUMNS], ["#12", "#A1", "", "IN"]))
    assert load_listings(file) == (Listing("#12", "#A1", "", "IN"),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "column clientSkuId is missing"),
        (b"clientSkuId,channelSkuId\n1,2\n", "column channelSerialNo is missing"),
        (HEADER.replace("channelSkuId", "Marketplace").encode(), "column Marketplace is there 2 times"),
        (HEADER.encode(), "no rows"),
        (HEADER.encode() + b"\xff\xfe,A,,IN\n", "not UTF-8"),
        (HEADER.encode() + b'"1,A,,IN\n', "neither CSV nor xlsx"),
        (b"PK\x03\x04 not a zip", "neither CSV nor xlsx"),
        (b"\xd0\xcf\x11\xe0 old", ".xlsx"),
    ],
)
def test_a_file_that_is_something_else_is_told(file: Path, content: bytes, told: str) -> None:
    assert any(told in fault for fault in faults(file, content))


def test_a_missing_file_is_told(file: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        load_listings(file)


def test_thousands_of_faults_do_not_flood_the_screen(file: Path) -> None:
    file.write_text(HEADER + "x,,,\n" * 5000)
    with pytest.raises(InputFileError, match=r"and \d+ more") as caught:
        load_listings(file)
    assert len(str(caught.value).splitlines()) < 150
