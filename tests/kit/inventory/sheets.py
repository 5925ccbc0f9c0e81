"""Sheets as people save them."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook


def xlsx(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()
