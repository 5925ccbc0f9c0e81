"""Invoices and labels are read from whatever form their bytes come in; what they are, their bytes tell elsewhere."""

import base64
from typing import Any

import pytest

from connector.domain.orders.facts.documents import Document, PackageShipLabel
from connector.smartconnect.messages import Response
from connector.smartconnect.wire.documents import (
    decoded_base64,
    read_invoice,
    read_label_file,
    read_labels,
    read_labels_of,
    read_shipping_options,
)
from connector.smartconnect.wire.source import Source, Unreadable

BYTES = b"%PDF-1.7 \xfb\xff\xfe!"  # its base64 has a + and a /
STANDARD = base64.b64encode(BYTES).decode()
URL_SAFE = base64.urlsafe_b64encode(BYTES).decode()


def labels_of(*given: dict[str, Any]) -> Source:
    return Source({"packageShipLabelList": [{"packageId": f"P{number}", **one} for number, one in enumerate(given, 1)]})


@pytest.mark.parametrize(
    "content",
    [
        STANDARD,
        STANDARD.rstrip("="),
        URL_SAFE,
        URL_SAFE.rstrip("="),
        f"{STANDARD[:8]}\r\n {STANDARD[8:]}\n",
        f"data:application/pdf;base64,{STANDARD}",
        f"DATA:;base64,{URL_SAFE}",
    ],
)
def test_a_document_is_decoded(content: str) -> None:
    invoice = read_invoice(Source({"document": {"format": "PDF", "content": content}}))
    assert invoice == Document("PDF", BYTES)


@pytest.mark.parametrize("content", ["§", "A", "<html>", "data:", "%PDF-1.7"])
def test_what_is_no_base64_is_none(content: str) -> None:
    assert not decoded_base64(content)


@pytest.mark.parametrize("told", [{}, {"format": None}, {"format": ["PDF"]}])
def test_an_invoice_needs_no_format(told: dict[str, Any]) -> None:
    assert read_invoice(Source({"document": {"content": STANDARD, **told}})) == Document("", BYTES)


@pytest.mark.parametrize("body", [{}, {"document": {}}, {"document": {"content": "§"}}, {"document": {"content": "A"}}])
def test_an_invoice_that_is_none(body: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="content"):
        read_invoice(Source(body))


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("x.application/zpl", "ZPL"),
        ("application/zpl", "ZPL"),
        ("x.application/zpl; charset=utf-8", "ZPL"),
        ("image/png", "PNG"),
        ("Text/Plain;charset=utf-8", "PLAIN_TEXT"),
        ("binary/octet-stream", ""),
        ("", ""),
    ],
)
def test_a_label_file_is_said_to_be_what_its_content_type_says(content_type: str, form: str) -> None:
    response = Response(200, content=b"\n^XA^FO50^XZ", headers={"content-type": content_type})
    assert read_label_file(response) == Document(form, b"\n^XA^FO50^XZ")


def test_an_empty_label_file_is_none() -> None:
    with pytest.raises(Unreadable, match="label file"):
        read_label_file(Response(200, headers={"content-type": "application/pdf"}))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"status": "FAILURE", "errorDetails": {"code": "c", "message": "m"}}, "FAILURE"),
        ({"errorDetails": {"code": "c", "message": "m"}}, "FAILURE"),
        ({"isErrored": True, "fileData": {"url": "u"}}, "FAILURE"),
        ({"isErrored": False, "fileData": {"url": "u"}}, "SUCCESS"),
        ({"fileData": {"url": "u"}}, "SUCCESS"),
        ({"status": "SUCCESS"}, "SUCCESS"),
        ({}, "FAILURE"),
    ],
)
def test_whether_there_is_a_label(given: dict[str, Any], status: str) -> None:
    (label,) = read_labels(labels_of(given)).labels
    assert (label.package_id, label.status) == ("P1", status)
    if "errorDetails" in given:
        assert (label.error_code, label.error_text) == ("c", "[removed]")


def test_labels_of_other_packages_than_asked_for_are_not_believed() -> None:
    both = labels_of({"status": "SUCCESS"}, {"status": "SUCCESS"})
    assert len(read_labels_of(())(both).labels) == len(read_labels_of(("P1", "P2"))(both).labels) == 2
    with pytest.raises(Unreadable, match="another package's label"):
        read_labels_of(("P1",))(both)


def test_an_odd_side_fact_hides_no_label() -> None:
    found = read_labels(labels_of({"status": "SUCCESS", "shipLabelMetadata": {"trackingId": {}, "carrierName": "c"}}))
    assert [(label.carrier_name, label.tracking_id) for label in found.labels] == [("c", "")]
    assert [fact.path for fact in found.unread] == ["packageShipLabelList[0].shipLabelMetadata.trackingId"]


def test_an_odd_side_fact_hides_no_option() -> None:
    odd = {"shippingOptionId": "O1", "pickupWindow": {"startTime": "soon"}}
    found = read_shipping_options(Source({"shippingOptions": [odd, {"carrierName": "without id"}]}))
    assert [option.option_id for option in found.options] == ["O1"]
    assert [fact.path for fact in found.unread] == [
        "shippingOptions[0].pickupWindow.startTime",
        "shippingOptions[1]",
    ]


def test_a_labels_url_is_not_shown() -> None:
    assert "SECRET" not in repr(PackageShipLabel(package_id="P1", url="https://b/l?X-Amz-Signature=SECRET"))
