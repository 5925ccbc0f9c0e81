"""What a document is, by its bytes: what it is said to be is wrong too often, and sometimes not said at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from connector.domain.orders.facts.documents import Document

PDF_HEADER_WITHIN = 1024  # readers take a PDF whose header is that far in (ISO 32000, implementation notes)
BOM = b"\xef\xbb\xbf"

# Printer settings, graphics, comments and blanks may come before a label's first ^XA, but no binary file
_ZPL = re.compile(rb"[^\0]*?\^XA", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<[!?a-z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Format:
    content_type: str
    extension: str
    fits: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class UnfitDocument:
    """The document is at fault: storing it again can't succeed. `reason` shows nothing of its content."""

    reason: str


def _is_markup(content: bytes) -> bool:
    """A page of HTML, or an error of S3's, may be of any length and quote anything."""
    return _MARKUP.match(content.removeprefix(BOM)) is not None


def _is_text(content: bytes) -> bool:
    try:
        return b"\0" not in content and content.decode() is not None
    except UnicodeDecodeError:
        return False


_BY_BYTES = (
    Format("application/pdf", "pdf", lambda content: b"%PDF-" in content[:PDF_HEADER_WITHIN]),
    Format("image/png", "png", lambda content: content.startswith(b"\x89PNG\r\n\x1a\n")),
    Format("x.application/zpl", "zpl", lambda content: _ZPL.match(content) is not None),
)
_TEXT = Format("text/plain", "txt", _is_text)  # any words are text, those of an error too: only where it is said to be
AS_IT_IS = Format("application/octet-stream", "bin", lambda _: True)

_FOREIGN = (
    ("a GIF image", lambda content: content.startswith(b"GIF8")),
    ("a JPEG image", lambda content: content.startswith(b"\xff\xd8\xff")),
    ("a page of HTML or XML", _is_markup),
    ("words", _is_text),
)


def recognise(document: Document) -> Format | UnfitDocument:
    content = document.content
    if not content:
        return UnfitDocument("the document is empty")
    if not _is_markup(content):
        candidates = (*_BY_BYTES, _TEXT) if document.format == "PLAIN_TEXT" else _BY_BYTES
        if found := next((form for form in candidates if form.fits(content)), None):
            return found
    what = next((name for name, fits in _FOREIGN if fits(content)), "none that is known here")
    return UnfitDocument(f"by its bytes the document is {what}; ZPL, PDF, PNG and what is said to be text can be used")
