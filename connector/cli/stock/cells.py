"""The text of one cell. What a spreadsheet made of an identifier is refused: digits that are gone can't be guessed."""

import re
from typing import Any

from openpyxl.utils.escape import unescape

from connector.cli.shared.formulas import FORMULA_SIGNS
from connector.cli.stock.digits import AS_TEXT, shown_digits

_FORMULA_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
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


def csv_text(cell: str) -> str:
    """Without spaces around. Raises ValueError, naming the fault and its remedy."""
    if escape := _ESCAPE.search(cell):
        raise ValueError(f"it has {escape[0]} in it, which stands for a control character: {AS_TEXT}")
    return _text(cell)


def xlsx_text(value: Any, number_format: str) -> str:
    """Without spaces around, empty for an empty cell. Raises ValueError, naming the fault and its remedy."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return shown_digits(value, number_format)
    if not isinstance(value, str):
        raise ValueError("text is needed, not a number with decimals, a date or a truth value")
    return _text(unescape(value))


def _text(cell: str) -> str:
    text = cell.strip(" \t\u00a0")
    if text.startswith("'") and text[1:].startswith((*FORMULA_SIGNS, "'")):
        return text[1:]
    if text in _FORMULA_ERRORS:
        raise ValueError(f"{text}: the formula failed")
    if not text.isprintable():
        raise ValueError("it has a line break or another control character in it")
    for pattern, what in _COSTUMES:
        if pattern.fullmatch(text.upper()):
            raise ValueError(f"{text} is {what}: {AS_TEXT}")
    return text
