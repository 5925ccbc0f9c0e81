"""What a document's bytes must look like to be what its format says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.domain.orders.facts.documents import Document

PDF_HEADER_WITHIN = 1024  # readers take a PDF whose header is that far in (ISO 32000, implementation notes)


@dataclass(frozen=True, slots=True)
class Format:
    content_type: str
    extension: str
    begins: str
    fits: Callable[[bytes], bool]


def _is_text(content: bytes) -> bool:
    try:
        return b"\0" not in content and content.decode() is not None
    except UnicodeDecodeError:
        return False


FORMATS: Mapping[str, Format] = {
    "ZPL": Format("x.application/zpl", "zpl", "^XA", lambda content: b"^XA" in content),  # settings may come before it
    "PDF": Format("application/pdf", "pdf", "%PDF-", lambda content: b"%PDF-" in content[:PDF_HEADER_WITHIN]),
    "PNG": Format("image/png", "png", "PNG's signature", lambda content: content.startswith(b"\x89PNG\r\n\x1a\n")),
    "PLAIN_TEXT": Format("text/plain", "txt", "UTF-8 text", _is_text),
}


@dataclass(frozen=True, slots=True)
class UnfitDocument:
    """The document is at fault: storing it again can't succeed. `reason` shows nothing of its content."""

    reason: str


def recognise(document: Document) -> Format | UnfitDocument:
    found = FORMATS.get(document.format)
    if found is None:
        return UnfitDocument(f"format {document.format!r:.40} is none of {', '.join(FORMATS)}")
    if not document.content:
        return UnfitDocument(f"the {document.format} document is empty")
    if not found.fits(document.content):
        return UnfitDocument(f"the document is said to be {document.format}, but has no {found.begins}")
    return found
