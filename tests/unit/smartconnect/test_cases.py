"""What went wrong when it was tried: answers of Amazon's, and what is read of each."""

import json

import pytest

from connector.documents.formats import Format, UnfitDocument, recognise
from connector.domain.orders.facts.documents import Document
from connector.domain.outcomes import Accepted, Unavailable, Unknown
from connector.domain.returns.facts import Return
from connector.smartconnect.wire.notifications import read_notification
from connector.smartconnect.wire.shipments import ShipmentsPage
from tests.kit.amazon.case_answers import accepted_case, answer_body, ask_case
from tests.kit.amazon.client import ask, ask_batch, updates
from tests.kit.amazon.event_records import LARGEST_RECORD, published
from tests.kit.cases import read_case


def form_of(document: object) -> str:
    assert isinstance(document, Document)
    form = recognise(document)
    assert isinstance(form, Format), form
    return form.content_type


@pytest.mark.parametrize("name", ["success-with-errors", "list-without-list", "invoice-not-base64"])
def test_what_says_two_things_is_not_believed(name: str) -> None:
    assert isinstance(ask_case(name).outcome, Unknown)


def test_an_empty_page_is_one_with_an_empty_list() -> None:
    assert isinstance(ask("getShipments", b'{"shipments": []}').outcome, Accepted)


def test_what_is_no_base64_is_named_with_amazons_request_id() -> None:
    body = answer_body(read_case("amazon/invoice-not-base64"))
    answer = ask("retrieveInvoice", body, headers={"x-amzn-requestid": "req-1"}).outcome.answer
    assert "document.content" in answer.message
    assert answer.request_id == "req-1"


@pytest.mark.parametrize("name", ["level-without-number", "answer-for-another-sku"])
def test_an_item_that_settles_nothing(name: str) -> None:
    (outcome,) = ask_batch(updates(["SKU-1"]), answer_body(read_case(f"amazon/{name}")))
    assert isinstance(outcome, Unknown)


def test_a_gateways_page_is_not_amazons_refusal() -> None:
    assert isinstance(ask_case("html-400").outcome, Unavailable)


DATED = {"date": "Wed, 25 Nov 2026 10:00:00 GMT"}
HTML = {"content-type": "text/html", **DATED}
GATEWAYS = {"a 502": (502, HTML, b"<html>"), "a 403": (403, HTML, b"<html>"), "a success": (200, HTML, b"<html>")}


@pytest.mark.parametrize("page", GATEWAYS)
def test_a_gateways_clock_is_not_amazons(page: str) -> None:
    """Where the two differ, an alert of a wrong clock came and went with every page."""
    status, headers, body = GATEWAYS[page]
    assert ask("getShipments", body, status, headers=headers).answered_at_ms is None
    amazons = ask("getShipments", b'{"shipments":[]}', headers={"content-type": "application/json", **DATED})
    assert amazons.answered_at_ms == 1_795_600_800_000


def test_a_shell_item_hides_no_order_and_is_told() -> None:
    page = accepted_case("list-with-shell-item")
    assert isinstance(page, ShipmentsPage)
    assert [facts.shipment_id for facts in page.shipments] == ["S1"]
    assert page.unreadable == ()
    assert [fact.path for fact in page.unread] == ["shipments[0]"]


@pytest.mark.parametrize(
    ("name", "form"), [("invoice-without-format", "application/pdf"), ("invoice-png-said-pdf", "image/png")]
)
def test_an_invoice_is_what_its_bytes_are(name: str, form: str) -> None:
    assert form_of(accepted_case(name)) == form


def test_a_labels_file_is_what_its_bytes_are() -> None:
    zpl = answer_body(read_case("amazon/label-zpl-preamble"))
    assert form_of(Document("", zpl)) == "x.application/zpl"
    unfit = recognise(Document("", answer_body(read_case("amazon/label-gif"))))
    assert isinstance(unfit, UnfitDocument)
    assert "GIF" in unfit.reason


@pytest.mark.parametrize(
    ("name", "carrier", "has_file"),
    [("label-without-file", "Example Carrier", False), ("carrier-not-latin", "भारतीय डाक", True)],
)
def test_a_label_says_who_carries_it_with_or_without_a_file(name: str, carrier: str, has_file: bool) -> None:
    (label,) = accepted_case(name, ("P1",)).labels
    assert (label.status, label.carrier_name, label.tracking_id) == ("SUCCESS", carrier, "TRK-1")
    assert bool(label.url) is has_file


def test_a_return_that_tells_no_units_is_of_one() -> None:
    facts = accepted_case("return-without-units", ("R1",))
    assert isinstance(facts, Return)
    record = published(facts)
    assert (record["type"], record["quantity"], record["warnings"]) == ("RETURN_CREATED", 1, ["numberOfUnits"])


def test_gift_messages_of_a_megabyte_are_named_in_the_event_and_not_in_it() -> None:
    case = read_case("amazon/gift-messages-large")
    record = published(accepted_case("gift-messages-large"))
    messages = [line["gift"]["message"] for line in record["snapshot"]["line_items"]]
    assert len(messages) == 4
    assert all(message["uri"] and len(message["sha256"]) == 64 for message in messages)
    assert len(answer_body(case)) > LARGEST_RECORD > len(json.dumps(record, default=str))


def test_an_odd_time_of_the_event_hides_no_hint() -> None:
    told = read_notification(read_case("notifications/odd-event-time")["queue_message_body"])
    assert (told.merchant_id, told.shipment_id, told.status) == ("A2EXAMPLE", "S1", "ACCEPTED")


def test_a_notification_in_an_sns_envelope_is_taken() -> None:
    told = read_notification(read_case("notifications/in-sns-envelope")["queue_message_body"])
    assert (told.merchant_id, told.shipment_id, told.notification_id) == ("A2EXAMPLE", "S1", "n-1")
