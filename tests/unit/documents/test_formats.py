"""What a document must look like before it is kept."""

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


@pytest.mark.parametrize("form", CONTENT_TYPES)
def test_each_format_has_its_content_type(form: str) -> None:
    found = recognise(Document(form, render(form, "a label")))
    assert isinstance(found, Format)
    assert found.content_type == CONTENT_TYPES[form]


@pytest.mark.parametrize("content", [b"CT~~CD,~CC^~CT~\r\n^XA^FDx^FS^XZ", b"  ^XA^XZ"])
def test_zpl_may_begin_with_printer_settings(content: bytes) -> None:
    assert isinstance(recognise(Document("ZPL", content)), Format)


@pytest.mark.parametrize("said", ["ZPL", "PDF", "PNG"])
@pytest.mark.parametrize("content", [b"<Error><Code>AccessDenied</Code></Error>", b"\0\1\2", b"x" * 2000 + b"%PDF-"])
def test_another_content_than_said_is_named_but_not_shown(said: str, content: bytes) -> None:
    found = recognise(Document(said, content))
    assert isinstance(found, UnfitDocument)
    assert f"said to be {said}" in found.reason
    assert "AccessDenied" not in found.reason


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b", render("PNG", "x")])
def test_plain_text_is_text(content: bytes) -> None:
    assert isinstance(recognise(Document("PLAIN_TEXT", content)), UnfitDocument)


@pytest.mark.parametrize("form", CONTENT_TYPES)
def test_an_empty_document_is_none(form: str) -> None:
    assert recognise(Document(form, b"")) == UnfitDocument(f"the {form} document is empty")


@pytest.mark.parametrize("form", ["", "GIF", "pdf"])
def test_an_unknown_format_is_named(form: str) -> None:
    found = recognise(Document(form, b"%PDF-1.4"))
    assert isinstance(found, UnfitDocument)
    assert f"format {form!r} is none of ZPL, PDF, PNG, PLAIN_TEXT" in found.reason
