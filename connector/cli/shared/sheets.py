"""Tables that operators hand over, CSV or xlsx, as rows of text. Any fault refuses the whole file."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from connector.errors import InputFileError

_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FORMULA_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_EXACT_DIGITS = 15  # Excel rounds longer numbers


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`number` as a spreadsheet shows it: the header is row 1. `values`: text without spaces around, by column;
    a cell at fault has none."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`faults`: cells that hold no text, to be told together with what else is wrong."""

    source: str
    rows: Sequence[SheetRow]
    faults: Sequence[str]


def load_sheet(path: Path, columns: Sequence[str]) -> Sheet:
    """Rows that are not blank, one at least. Column names in any order and case; others are ignored.

    Raises InputFileError where it is no such table at all.
    """
    source = str(path)
    try:
        rows = _cells(path.read_bytes(), source)
    except OSError as error:
        raise InputFileError(source, [f"{error.strerror}"]) from None
    places = _places(next(rows, []), source, columns)
    faults: list[str] = []
    found: list[SheetRow] = []
    for number, cells in enumerate(rows, start=2):
        values: dict[str, str] = {}
        for column, place in places.items():
            try:
                values[column] = _text(cells[place] if place < len(cells) else None)
            except ValueError as wrong:
                faults.append(f"row {number}, {column}: {wrong}")
        if any(values.values()):
            found.append(SheetRow(number, values))
    if not found and not faults:
        raise InputFileError(source, ["it has no rows below the header"])
    return Sheet(source, found, faults)


def _cells(content: bytes, source: str) -> Iterator[Sequence[Any]]:
    if content.startswith(_XLS):
        raise InputFileError(source, ["it is in Excel's old format: save it as .xlsx or as CSV UTF-8"])
    try:
        yield from _xlsx(content) if content.startswith(_XLSX) else _csv(content)
    except UnicodeDecodeError:
        raise InputFileError(source, ["it is not UTF-8: save it as CSV UTF-8, or as .xlsx"]) from None
    except Exception as error:  # noqa: BLE001 - on a damaged file openpyxl raises nearly anything
        raise InputFileError(source, [f"it is neither CSV nor xlsx ({type(error).__name__})"]) from None


def _xlsx(content: bytes) -> Iterable[Sequence[Any]]:
    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    rows: Iterable[Sequence[Any]] = book.worksheets[0].iter_rows(values_only=True)
    return rows


def _csv(content: bytes) -> Iterable[Sequence[Any]]:
    """Excel separates by semicolons where the comma is for decimals."""
    text = content.decode("utf-8-sig")
    header = text.partition("\n")[0]
    return csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)


def _places(header: Sequence[Any], source: str, columns: Sequence[str]) -> dict[str, int]:
    names = [str(cell or "").strip().lower() for cell in header]
    faults = []
    for column in columns:
        count = names.count(column.lower())
        if count != 1:
            faults.append(f"row 1: column {column} is {'missing' if count == 0 else f'there {count} times'}")
    if faults:
        raise InputFileError(source, faults)
    return {column: names.index(column.lower()) for column in columns}


def _text(cell: Any) -> str:
    """Raises ValueError for what a spreadsheet made of an identifier."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        if len(str(abs(cell))) > _EXACT_DIGITS:
            raise ValueError("a number of more than 15 digits has been rounded: format the column as text")
        return str(cell)
    if not isinstance(cell, str):
        raise ValueError("text is needed, not a number with decimals, a date or a truth value")
    text = cell.strip()
    if text in _FORMULA_ERRORS:
        raise ValueError(f"{text}: the formula failed")
    if not text.isprintable():
        raise ValueError("it has a line break or another control character in it")
    return text
