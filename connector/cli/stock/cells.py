"""The text of one cell. What a spreadsheet made of an identifier is refused: digits that are gone can't be guessed."""

import re
from typing import Any

from openpyxl.utils.escape import unescape

_REMEDY = "format the column as text"
_EXACT_DIGITS = 15  # Excel rounds longer numbers
_FORMULA_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_FORMULA_SIGNS = ("=", "+", "-", "@")
_COSTUMES = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        # A sign or a point: "12E4" alone may well be somebody's SKU
        (r"[+-]?(\d+([.,]\d*)?E[+-]\d+|\d+[.,]\d*E\d+)", "a number in scientific notation"),
        (r"\d+[.,]0+|\d{8,}[.,]", "a number with decimals"),
        (r"\d{1,3}(([,.'\u2019 ])\d{3})(\2\d{3}){2,}", "a number in groups of thousands"),
        (r"=.*", "a formula"),
        (r"['`\u2018\u2019\u00b4].*", "begun with a quote, as numbers are that are to stay text"),
        (r'".*"', "in quotes"),
    )
)
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")
_UNSEEN_IN_FORMAT = re.compile(r"\[[^\]]*\]|_.|\*.")  # colours and conditions, a space as wide as ., padding by .


def csv_text(cell: str) -> str:
    """Without spaces around. Raises ValueError, naming the fault and its remedy."""
    if escape := _ESCAPE.search(cell):
        raise ValueError(f"it has {escape[0]} in it, which stands for a control character: {_REMEDY}")
    return _text(cell)


def xlsx_text(value: Any, number_format: str) -> str:
    """Without spaces around, empty for an empty cell. Raises ValueError, naming the fault and its remedy."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value, number_format)
    if not isinstance(value, str):
        raise ValueError("text is needed, not a number with decimals, a date or a truth value")
    return _text(unescape(value))


def guarded(text: str) -> str:
    """As a cell of a CSV file that a spreadsheet takes for no formula; `csv_text` gives the text back."""
    return f"'{text}" if text.startswith((*_FORMULA_SIGNS, "'")) else text


def _text(cell: str) -> str:
    text = cell.strip(" \t\u00a0")
    if text.startswith("'") and text[1:].startswith((*_FORMULA_SIGNS, "'")):
        return text[1:]
    if text in _FORMULA_ERRORS:
        raise ValueError(f"{text}: the formula failed")
    if not text.isprintable():
        raise ValueError("it has a line break or another control character in it")
    for pattern, what in _COSTUMES:
        if pattern.fullmatch(text.upper()):
            raise ValueError(f"{text} is {what}: {_REMEDY}")
    return text


def _digits(value: int, number_format: str) -> str:
    digits = str(value)
    if len(digits.lstrip("-")) > _EXACT_DIGITS:
        raise ValueError(f"a number of more than {_EXACT_DIGITS} digits has been rounded: {_REMEDY}")
    if not _shows(digits, number_format or "General"):
        raise ValueError(f"{digits} is shown otherwise, by the number format {number_format}: {_REMEDY}")
    return digits


def _shows(digits: str, number_format: str) -> bool:
    """As they are, perhaps grouped or with zeros behind the point."""
    section = _UNSEEN_IN_FORMAT.sub("", number_format.partition(";")[0]).strip()
    if section in ("General", "GENERAL", "@", ""):
        return True
    whole = re.fullmatch(r"([#0?,]*[#0?])(\.[0?#]*)?", section)
    return whole is not None and whole[1].count("0") <= len(digits)
