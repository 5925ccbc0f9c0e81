"""Tables that operators hand over, CSV or xlsx, as rows of text. Any fault refuses the whole file."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook

from connector.cli.stock.cells import csv_text, xlsx_text
from connector.errors import InputFileError

MOST_SHEET_ROWS = 1_048_576  # what a spreadsheet can hold
MOST_SHEET_COLUMNS = 1_000
LARGEST_SHEET_BYTES = 256 * 1024 * 1024  # of a file, and of all that an xlsx unpacks to
_MARKS = {
    b"<row": MOST_SHEET_ROWS,
    b"<si": 4 * MOST_SHEET_ROWS,
}  # rows of all its sheets, and texts that its cells share
_FAR_ROW = re.compile(rb"""\br=["'][0-9]{8}""")  # beyond any: openpyxl would give all rows before it, too
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_CHUNK_BYTES = 1024 * 1024
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Cell = Callable[[], str]
"""Its text. Raises ValueError for what a spreadsheet made of an identifier."""


@dataclass(frozen=True, slots=True)
class Column:
    """`also`: other names that it may have, the best first; in them blanks, hyphens and underscores are the same, and
    so they are in the file. Not `is_needed`: a file without it is good."""

    name: str
    also: tuple[str, ...] = ()
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`number` as a spreadsheet shows it: the header is row 1. `values`: text without spaces around, by column;
    a cell at fault has none."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`faults`: cells that hold no text, to be told together with what else is wrong. `columns`: those that it has."""

    source: str
    rows: Sequence[SheetRow]
    faults: Sequence[str]
    columns: frozenset[str] = frozenset()


def load_sheet(path: Path, columns: Sequence[str | Column]) -> Sheet:
    """Rows that are not blank, one at least. Column names in any order and case; others are ignored.

    Raises InputFileError where it is no such table at all.
    """
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_SHEET_BYTES + 1)
    except OSError as error:
        raise InputFileError(source, [f"{error.strerror}"]) from None
    if len(content) > LARGEST_SHEET_BYTES:
        raise _too_large(source)
    rows = _rows(content, source)
    wanted = [Column(column) if isinstance(column, str) else column for column in columns]
    places = _places(next(rows, []), source, wanted)
    faults: list[str] = []
    found: list[SheetRow] = []
    for number, cells in enumerate(rows, start=2):
        if number > MOST_SHEET_ROWS:
            raise _too_large(source)
        values: dict[str, str] = {}
        for column, place in places.items():
            try:
                values[column] = cells[place]() if place < len(cells) else ""
            except ValueError as wrong:
                faults.append(f"row {number}, {column}: {wrong}")
        if any(values.values()):
            found.append(SheetRow(number, values))
    if not found and not faults:
        raise InputFileError(source, ["it has no rows below the header"])
    return Sheet(source, found, faults, frozenset(places))


def _rows(content: bytes, source: str) -> Iterator[Sequence[Cell]]:
    if content.startswith(_XLS):
        raise InputFileError(source, ["it is in Excel's old format: save it as .xlsx or as CSV UTF-8"])
    try:
        yield from _xlsx(content, source) if content.startswith(_XLSX) else _csv(content, source)
    except InputFileError:
        raise
    except UnicodeDecodeError:
        raise InputFileError(source, ["it is not UTF-8: save it as CSV UTF-8, or as .xlsx"]) from None
    except Exception as error:  # noqa: BLE001 - on a damaged file openpyxl raises nearly anything
        raise InputFileError(source, [f"it is neither CSV nor xlsx ({type(error).__name__})"]) from None


def _xlsx(content: bytes, source: str) -> Iterator[Sequence[Cell]]:
    _vet(content, source)
    sheet = load_workbook(BytesIO(content), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # what a file says of its own size may be wrong, and rows would be missing
    header = next(sheet.iter_rows(max_row=1, max_col=MOST_SHEET_COLUMNS), ())
    width = max((place for place, cell in enumerate(header, start=1) if cell.value is not None), default=1)
    for row in sheet.iter_rows(max_row=MOST_SHEET_ROWS + 1, max_col=width):
        yield [_xlsx_cell(cell) for cell in row]


def _vet(content: bytes, source: str) -> None:
    """By the size that its directory tells (no more is unpacked than that), and by what it would make of it: openpyxl
    has all shared texts in memory before the first row."""
    with ZipFile(BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_SHEET_BYTES:
            raise _too_large(source)
        counts = Counter[bytes]()
        for member in archive.infolist():
            with archive.open(member) as unpacked:
                while chunk := unpacked.read(_CHUNK_BYTES):
                    if _FAR_ROW.search(chunk):
                        raise _too_large(source)
                    counts.update({mark: chunk.count(mark) for mark in _MARKS})
        if any(counts[mark] > most for mark, most in _MARKS.items()):
            raise _too_large(source)


def _too_large(source: str) -> InputFileError:
    most = f"{MOST_SHEET_ROWS:,} rows, {MOST_SHEET_COLUMNS:,} columns and {LARGEST_SHEET_BYTES // 1024**2} MB unpacked"
    return InputFileError(source, [f"it is larger than {most}: give it in parts"])


def _xlsx_cell(cell: Any) -> Cell:
    return lambda: xlsx_text(cell.value, cell.number_format if cell.value is not None else "")


def _csv(content: bytes, source: str) -> Iterator[Sequence[Cell]]:
    """Excel separates by semicolons where the comma is for decimals, or as a first line `sep=;` says."""
    if content.count(b"\n") > MOST_SHEET_ROWS:
        raise _too_large(source)
    text = content.decode("utf-8-sig")
    header, _, rest = text.partition("\n")
    delimiter = max(",;\t", key=header.count)
    if header.strip().lower().startswith("sep=") and len(header.strip()) == len("sep=?"):
        text, delimiter = rest, header.strip()[-1]
    number, width = 0, 0
    lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number += 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputFileError(source, [f"row {number}: {_told(error)}"]) from None
        width = width or len(cells)
        if width > MOST_SHEET_COLUMNS:
            raise _too_large(source)
        if any(cell.strip() for cell in cells[width:]):
            fault = f"row {number}: it has {len(cells)} cells, the header {width}: put what has a {delimiter} in quotes"
            raise InputFileError(source, [fault])
        yield [_csv_cell(cell) for cell in cells[:width]]


def _csv_cell(cell: str) -> Cell:
    return lambda: csv_text(cell)


def _told(error: csv.Error) -> str:
    text = str(error)
    if "expected after" in text:
        return 'a quote (") ends the cell, and text follows: write a quote within quotes twice'
    if "end of data" in text or "field limit" in text:
        return 'a quote (") begins a cell that does not end: write a quote within quotes twice'
    return text


def _places(header: Sequence[Cell], source: str, columns: Sequence[Column]) -> dict[str, int]:
    names = [_name(cell) for cell in header]
    faults, places = [], dict[str, int]()
    for column in columns:
        found = _found(column, names)
        if len(found) == 1:
            places[column.name] = found[0]
        elif found:
            faults.append(f"row 1: column {column.name} is there {len(found)} times")
        elif column.is_needed:
            faults.append(missing_column(column))
    if faults:
        raise InputFileError(source, faults)
    return places


def missing_column(*columns: Column) -> str:
    """The fault of a file that has none of these, and which names it looks for."""
    (first, *others) = columns
    names = [*first.also, *(name for other in others for name in (other.name, *other.also))]
    return f"row 1: column {first.name} is missing" + (f"; it may be called {', '.join(names)}" if names else "")


def _found(column: Column, names: Sequence[str]) -> list[int]:
    """Where it is, by the best of its names."""
    if not column.also:
        return [place for place, name in enumerate(names) if name == column.name.lower()]
    for wanted in map(_squeezed, (column.name, *column.also)):
        if found := [place for place, name in enumerate(names) if _squeezed(name) == wanted]:
            return found
    return []


def _squeezed(name: str) -> str:
    return _BETWEEN_WORDS.sub("", name.lower())


def _name(cell: Cell) -> str:
    """Of a column; empty for what can't be one of ours."""
    try:
        return cell().lower()
    except ValueError:
        return ""
