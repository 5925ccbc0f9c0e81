"""Fonts by letters: names of carriers and ids come in any script, and the PDF's own fonts know Latin-1 alone.

The fonts (Noto, under the SIL Open Font License) are in fonts/; a PDF holds only the letters it needs of them.
"""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont

FONTS_DIR = Path(__file__).parent / "fonts"
LATIN = "Helvetica"
UNKNOWN = "?"  # what no font has a letter for; a box would say as little
_SCRIPTS = (
    "NotoSans",  # Latin beyond Latin-1, Greek, Cyrillic
    "NotoSansDevanagari",
    "NotoSansBengali",
    "NotoSansGujarati",
    "NotoSansGurmukhi",
    "NotoSansOriya",
    "NotoSansTamil",
    "NotoSansTelugu",
    "NotoSansKannada",
    "NotoSansMalayalam",
    "NotoSansJP",  # the largest, so the last: it is read only where it is needed
)


def runs(text: str, latin: str = LATIN) -> Iterator[tuple[str, str]]:
    """(font, part) of the text in its order, each part in letters of its font. `latin`: the font for Latin-1."""
    letters: list[tuple[str | None, str]] = []
    for letter in text:
        before = letters[-1][0] if letters else None
        keeps = letter == " " and before is not None  # a word's font goes on: readers of the PDF see one name
        letters.append((before if keeps else _font_of(letter, latin), letter))
    for font, part in groupby(letters, key=lambda pair: pair[0]):
        shown = "".join(letter for _, letter in part)
        yield (latin, UNKNOWN * len(shown)) if font is None else (font, shown)


def text_width(text: str, size: float) -> float:
    widths: Iterator[float] = (stringWidth(part, font, size) for font, part in runs(text))
    return sum(widths)


def _font_of(letter: str, latin: str) -> str | None:
    if letter.isprintable() and letter.encode("cp1252", "ignore"):
        return latin
    return next((name for name in _SCRIPTS if ord(letter) in _letters(name)), None)


@cache
def _letters(name: str) -> frozenset[int]:
    font = TTFont(name, FONTS_DIR / f"{name}-Regular.ttf")
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)
