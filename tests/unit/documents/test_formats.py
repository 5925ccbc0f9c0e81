"""What a document is, by its bytes, before it is kept."""

import pytest

from connector.documents.formats import Format, UnfitDocument, recognise
from connector.domain.orders.facts.documents import Document
from connector.simulator.amazon.files import render

CONTENT_TYPES = {
    "ZPL": "x.application/zpl",
    "PDF": "application/pdf",
    "PNG": "image/png",
    "PLAIN_TEXT": "text/plain",
}
PRINTABLE = [form for form in CONTENT_TYPES if form != "PLAIN_TEXT"]
SAID = ("", "GIF", "pdf", *CONTENT_TYPES)
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
FOREIGN = {
    "a GIF image": GIF,
    "a JPEG image": JPEG,
    "a page of HTML or XML": b"<Error><Code>AccessDenied</Code><Key>^XA %PDF-</Key></Error>",
    "words": b"AccessDenied",
    "none that is known here": b"\0\1\2",
}


def content_type(content: bytes, said: str) -> str:
    found = recognise(Document(said, content))
    assert isinstance(found, Format), found
    return found.content_type


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("form", PRINTABLE)
def test_its_bytes_decide_whatever_it_is_said_to_be(form: str, said: str) -> None:
    assert content_type(render(form, "a label"), said) == CONTENT_TYPES[form]


def test_text_is_what_is_said_to_be_text() -> None:
    assert content_type(render("PLAIN_TEXT", "a label"), "PLAIN_TEXT") == "text/plain"
    assert isinstance(recognise(Document("", b"a label")), UnfitDocument)


@pytest.mark.parametrize(
    "content", [b"CT~~CD,~CC^~CT~\r\n^XA^FDx^FS^XZ", b"  ^XA^XZ", b"\xef\xbb\xbf^XA^XZ", b"\x1b~DG\xff\xfe,^xa^xz"]
)
def test_zpl_may_begin_with_printer_settings(content: bytes) -> None:
    assert content_type(content, "ZPL") == "x.application/zpl"


def test_a_pdf_may_begin_late_but_not_anywhere() -> None:
    assert content_type(b"\r\n" * 100 + b"%PDF-1.4", "") == "application/pdf"
    assert isinstance(recognise(Document("PDF", b"x" * 2000 + b"%PDF-")), UnfitDocument)


@pytest.mark.parametrize("said", ["", *PRINTABLE])
@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_of_no_use_is_named_but_not_shown(what: str, said: str) -> None:
    found = recognise(Document(said, FOREIGN[what]))
    assert isinstance(found, UnfitDocument)
    assert what in found.reason
    assert "AccessDenied" not in found.reason


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b" \r\n"])
@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>^XA^XZ", b"<?xml version='1.0'?><a>%PDF-</a>", b"<html>"])
def test_a_page_is_none_though_it_quotes_one(page: bytes, mark: bytes) -> None:
    for said in SAID:
        assert isinstance(recognise(Document(said, mark + page)), UnfitDocument)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b"])
def test_plain_text_is_text(content: bytes) -> None:
    assert isinstance(recognise(Document("PLAIN_TEXT", content)), UnfitDocument)


@pytest.mark.parametrize("said", SAID)
def test_an_empty_document_is_none(said: str) -> None:
    assert recognise(Document(said, b"")) == UnfitDocument("the document is empty")
