"""Amazon's JSON is read leniently, and never wrongly."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.domain.orders.facts.documents import Document, PackageShipLabel
from connector.domain.orders.facts.packages import Length, Weight
from connector.smartconnect.wire.documents import read_document, read_invoice, read_label_file, read_labels
from connector.smartconnect.wire.fields import Unreadable, decimal, from_json, integer, iso_time, text, time_ms
from connector.smartconnect.wire.returns import read_returns
from connector.smartconnect.wire.shipments import read_shipment, read_shipments

LEAST: dict[str, Any] = {"id": "S1", "status": "ACCEPTED", "lastUpdatedDateTime": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-06-09T14:00:00Z", 1_591_711_200_000),
        ("2020-06-09 14:00:00Z", 1_591_711_200_000),
        ("2020-06-09T14:00:00", 1_591_711_200_000),
        ("2020-06-09T19:30:00+05:30", 1_591_711_200_000),
        ("2020-06-09T14:00:00.123456Z", 1_591_711_200_123),
        ("1604923992000", 1_604_923_992_000),
        (1_612_933_142, 1_612_933_142_000),
        (Decimal("1.62E+12"), 1_620_000_000_000),
        ("", None),
        (None, None),
    ],
)
def test_times(value: object, expected: int | None) -> None:
    assert time_ms({"t": value}, "t") == expected


@pytest.mark.parametrize("value", ["SECRET", "nan", "2020-13-01", "1E+999999999", [1], {"x": 1}])
def test_what_is_no_time_is_named_and_not_shown(value: object) -> None:
    with pytest.raises(Unreadable, match=r"^t is") as raised:
        time_ms({"t": value}, "t")
    assert "SECRET" not in str(raised.value)


def test_numbers_and_text_may_stand_for_each_other() -> None:
    assert [integer({"n": value}, "n") for value in (3, "3", Decimal("3.0"), None, "")] == [3, 3, 3, None, None]
    assert [text({"t": value}, "t") for value in (3, True, None, Decimal("1.50"))] == ["3", "true", "", "1.50"]
    for value in ("3.5", "x", "NaN", "1E+999999999", [3]):
        with pytest.raises(Unreadable):
            integer({"n": value}, "n")


def test_what_no_topic_could_hold_is_unreadable() -> None:
    """Decided here: further on, an encoder would fail, and fail again whenever the record came back."""
    assert decimal({"n": "99999999999999.9999"}, "n") == Decimal("99999999999999.9999")
    assert integer({"n": 2**63 - 1}, "n") == 2**63 - 1
    for read, value in ((decimal, 10**14), (decimal, "1E+14"), (integer, 2**63), (time_ms, 10**20)):
        with pytest.raises(Unreadable):
            read({"n": value}, "n")


def test_half_of_a_surrogate_pair_is_replaced() -> None:
    read = from_json(lambda source: text(source, "name"))
    assert read(httpx.Response(200, content=rb'{"name": "Jos\u00e9 \ud83d"}')) == "Jos\u00e9 ?"


def test_a_time_that_is_asked_for() -> None:
    assert iso_time(1_591_711_200_001) == "2020-06-09T14:00:00.001Z"
    assert iso_time(None) == ""


def test_a_price_stays_what_amazon_wrote() -> None:
    body = b'{"value": 28.10, "huge": 12345678901234567890.12}'
    read = from_json(lambda source: (text(source, "value"), text(source, "huge")))
    assert read(httpx.Response(200, content=body)) == ("28.10", "12345678901234567890.12")


def test_an_answer_may_be_wrapped_in_a_payload() -> None:
    wrapped = httpx.Response(200, json={"payload": LEAST})
    assert from_json(read_shipment)(wrapped) == from_json(read_shipment)(httpx.Response(200, json=LEAST))


def test_the_least_a_shipment_may_say() -> None:
    shipment = read_shipment(LEAST)
    assert (shipment.shipment_id, shipment.status, shipment.created_at_ms) == ("S1", "ACCEPTED", 0)
    assert (shipment.line_items, shipment.packages, shipment.ship_to, shipment.ship_by_ms) == ((), (), None, None)
    for name in LEAST:
        with pytest.raises(Unreadable, match=name):
            read_shipment({key: value for key, value in LEAST.items() if key != name})


def test_measures_may_be_numbers_and_fields_unknown() -> None:
    sides = {side: {"value": 28, "dimensionUnit": "CM"} for side in ("length", "width")}
    sides["height"] = {"dimensionUnit": "CM"}
    recommended = {
        "dimensions": sides,
        "weight": {"value": "0.5", "weightUnit": "KG"},
        "lineItems": [{"lineItemId": "1"}],
    }
    source = {**LEAST, "newField": [1], "shippingInfo": {"recommendedPackages": [recommended], "newField": {}}}
    (package,) = read_shipment(source).recommended_packages
    assert package.length == package.width == Length(Decimal(28), "CM")
    assert package.height is None
    assert package.weight == Weight(Decimal("0.5"), "KG")
    assert package.line_item_ids == ("1",)


def test_new_values_of_an_enum_are_kept() -> None:
    assert read_shipment({**LEAST, "status": "ON_THE_MOON"}).status == "ON_THE_MOON"


def test_an_odd_greeting_does_not_hide_its_order() -> None:
    gift = {"giftMessage": {"format": "PLAIN_TEXT", "content": "Happy birthday!"}}
    line = {"shipmentLineItemId": "1", "merchantSku": "s", "numberOfUnits": 1, "giftAttributes": gift}
    (item,) = read_shipment({**LEAST, "lineItems": [line]}).line_items
    assert item.gift is not None
    assert item.gift.message == Document("PLAIN_TEXT", b"Happy birthday!")


def test_one_odd_item_does_not_hide_its_page() -> None:
    odd = {**LEAST, "id": "S2", "lineItems": "none"}
    page = read_shipments({"shipments": [LEAST, odd], "pagination": {"nextToken": "t"}})
    assert ([item.shipment_id for item in page.shipments], page.next_token) == (["S1"], "t")
    assert [item.object_id for item in page.unreadable] == ["S2"]
    returns = read_returns({"returns": [LEAST, {"id": "R2"}]})
    assert [item.return_id for item in returns.returns] == ["S1"]
    assert [item.object_id for item in returns.unreadable] == ["R2"]


@pytest.mark.parametrize("content", ["SGVsbG8=", "SGVsbG8", "SGVs\r\nbG8=\n"])
def test_a_document_is_decoded(content: str) -> None:
    assert read_document({"format": "PDF", "content": content}) == Document("PDF", b"Hello")


@pytest.mark.parametrize("body", [{}, {"document": {}}, {"document": {"content": "§"}}, {"document": {"content": "A"}}])
def test_an_invoice_that_is_none(body: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="content"):
        read_invoice(body)


@pytest.mark.parametrize(
    ("content", "content_type", "form"),
    [
        (b"^XA^FO50^XZ", "x.application/zpl", "ZPL"),
        (b"\n^XA^FO50^XZ", "binary/octet-stream", "ZPL"),
        (b"~DG", "x.application/zpl; charset=utf-8", "ZPL"),
        (b"%PDF-1.4", "text/plain", "PDF"),
        (b"\x89PNG\r\n\x1a\n..", "", "PNG"),
        (b"words", "Text/Plain;charset=utf-8", "PLAIN_TEXT"),
    ],
)
def test_what_kind_of_file_a_label_is(content: bytes, content_type: str, form: str) -> None:
    response = httpx.Response(200, content=content, headers={"content-type": content_type})
    assert read_label_file(response) == Document(form, content)


@pytest.mark.parametrize("content", [b"", b"<html>"])
def test_a_label_file_that_is_none(content: bytes) -> None:
    with pytest.raises(Unreadable, match="label file"):
        read_label_file(httpx.Response(200, content=content, headers={"content-type": "text/html"}))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"status": "FAILURE", "errorDetails": {"code": "c", "message": "m"}}, "FAILURE"),
        ({"errorDetails": {"code": "c", "message": "m"}}, "FAILURE"),
        ({"isErrored": True, "fileData": {"url": "u"}}, "FAILURE"),
        ({"isErrored": False, "fileData": {"url": "u"}}, "SUCCESS"),
        ({"fileData": {"url": "u"}}, "SUCCESS"),
        ({}, "FAILURE"),
    ],
)
def test_whether_there_is_a_label(given: dict[str, Any], status: str) -> None:
    (label,) = read_labels({"packageShipLabelList": [{"packageId": "P1", **given}]})
    assert (label.package_id, label.status) == ("P1", status)
    if "errorDetails" in given:
        assert (label.error_code, label.error_message) == ("c", "m")


def test_a_labels_url_is_not_shown() -> None:
    assert "SECRET" not in repr(PackageShipLabel(package_id="P1", url="https://b/l?X-Amz-Signature=SECRET"))
