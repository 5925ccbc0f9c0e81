"""Cells of a CSV file that a spreadsheet would take for formulas."""

from collections.abc import Callable, Iterable

FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last in full width
_UNSEEN = frozenset(map(chr, range(0x20)))  # spreadsheets pass over some of them


def guarded(text: str) -> str:
    """As a cell of a CSV file that a spreadsheet takes for no formula; `csv_text` of cells.py gives the text back."""
    is_taken = text.lstrip().startswith((*FORMULA_SIGNS, "'")) or text[:1] in _UNSEEN
    return f"'{text}" if is_taken else text


def guarded_row(cells: Iterable[object], shown: Callable[[str], str] = str) -> list[str]:
    """The cells of a line, each guarded; None is empty. `shown`: how a text is to be shown."""
    return [guarded(shown("" if cell is None else str(cell))) for cell in cells]
