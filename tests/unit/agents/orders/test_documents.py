"""Invoices and labels on their way into our store."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

import connector.agents.orders.documents as orders_documents
from connector.agents.alerts import Alerts
from connector.agents.orders.documents import ShipmentDocuments
from connector.documents.store import DocumentStore
from connector.domain.orders.effects import LabelFailure, Labels
from connector.domain.orders.facts.documents import Document, DocumentKind, PackageShipLabel, ShipLabels, StoredDocument
from connector.domain.orders.steps import (
    GenerateInvoiceCall,
    GenerateShipLabelsCall,
    RetrieveInvoiceCall,
    Step,
    StepCall,
)
from connector.domain.outcomes import Accepted, Answer, Outcome, Refused, Unavailable, Unknown
from connector.kafka.topics import ALERTS
from connector.smartconnect.caller import CallReport
from connector.smartconnect.wire.documents import read_labels
from connector.smartconnect.wire.source import Source
from tests.kit.cases import read_case
from tests.kit.memory import MemoryTopics
from tests.kit.orders.agents import merchant
from tests.kit.orders.documents import Files, Place

OK = Answer(http_status=200, request_id="r-1")
PDF = Document("PDF", b"%PDF-1.7 an invoice")
ZPL = Document("ZPL", b"^XA^XZ")
NO_PDF = Document("PDF", b"<html>")
LOST: Outcome[Document] = Unavailable(Answer())
EXPIRED: Outcome[Document] = Refused(Answer(http_status=403))


LABELS = GenerateShipLabelsCall(package_ids=("P1", "P2"))


def step(call: StepCall) -> Step:
    return Step(merchant_id="M1", shipment_id="S1", call=call)


def alerts(topics: MemoryTopics | None = None) -> Alerts:
    return Alerts((topics or MemoryTopics()).outbox(), 1, lambda: 0)


async def kept(call: StepCall, value: Any, *, failures: int = 0, files: Files | None = None) -> Outcome[Any]:
    store = DocumentStore(Place(failures))
    documents = ShipmentDocuments(store, (files or Files()).fetch, alerts(), waits_s=(0, 0))
    report = CallReport(Accepted(OK, value), rate_limit=3.0, sent_at=1.0, latency_s=0.5)
    stored = await documents.keep(merchant(), step(call), report)
    assert (stored.rate_limit, stored.sent_at, stored.latency_s) == (3.0, 1.0, 0.5)
    return stored.outcome


async def labels_kept(*labels: PackageShipLabel, failures: int = 0, files: Files) -> Labels:
    outcome = await kept(LABELS, ShipLabels(labels), failures=failures, files=files)
    assert isinstance(outcome, Accepted)
    assert isinstance(outcome.value, Labels)
    return outcome.value


async def test_an_invoice_is_stored_before_it_is_told() -> None:
    outcome = await kept(GenerateInvoiceCall(), PDF, failures=2)
    assert isinstance(outcome, Accepted)
    assert isinstance(outcome.value, StoredDocument)
    assert outcome.value.kind is DocumentKind.INVOICE


async def test_what_can_not_be_stored_waits_with_its_bytes_at_hand_and_one_alert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """timelines/document-store-down: nothing is made or fetched again."""
    monkeypatch.setattr(orders_documents, "LONGEST_WAIT_S", 0.001)
    topics = MemoryTopics()
    standing = alerts(topics)
    telling = asyncio.create_task(standing.run())
    files = Files(u1=[Accepted(OK, ZPL)])
    documents = ShipmentDocuments(DocumentStore(Place(failures=60)), files.fetch, standing, waits_s=(0, 0))
    label = PackageShipLabel(package_id="P1", url="u1", status="SUCCESS", tracking_id="TRK-1")
    report = CallReport(Accepted(OK, ShipLabels((label,))))
    outcome = (await documents.keep(merchant(), step(GenerateShipLabelsCall(package_ids=("P1",))), report)).outcome
    assert isinstance(outcome, Accepted)
    assert isinstance(outcome.value, Labels)
    assert [document.package_id for document in outcome.value.documents] == ["P1"]
    raised, ended = await topics.wait_for(ALERTS, 2)
    assert (raised["kind"], raised["ended_at"], raised["alert_id"]) == ("DOCUMENTS_NOT_STORED", None, ended["alert_id"])
    assert ended["ended_at"] is not None
    assert "CONNECTOR_DOCUMENTS__URL" in raised["remedy"]
    telling.cancel()


async def test_an_invoice_that_is_none_ends_the_command_when_it_was_read_again() -> None:
    assert isinstance(await kept(GenerateInvoiceCall(), NO_PDF), Unknown)
    outcome = await kept(RetrieveInvoiceCall(), NO_PDF)
    assert isinstance(outcome, Refused)
    assert outcome.answer.code == "UNFIT_DOCUMENT"


async def test_labels_are_fetched_and_stored_with_their_tracking() -> None:
    files = Files(u1=[LOST, Accepted(OK, ZPL)], u2=[Accepted(OK, ZPL)])
    labels = await labels_kept(
        PackageShipLabel(package_id="P1", url="u1", status="SUCCESS", carrier_name="ATS", tracking_id="T1"),
        PackageShipLabel(package_id="P2", url="u2", tracking_id="T2"),
        failures=1,
        files=files,
    )
    assert [(one.kind, one.package_id) for one in labels.documents] == [("SHIP_LABEL", "P1"), ("SHIP_LABEL", "P2")]
    assert [(one.package_id, one.carrier_name, one.tracking_id) for one in labels.tracking] == [
        ("P1", "ATS", "T1"),
        ("P2", "", "T2"),
    ]
    assert labels.failures == ()


@pytest.mark.parametrize("fetched", [[EXPIRED], [LOST] * 3])
async def test_a_label_whose_file_is_lost_is_in_none_of_the_three(fetched: list[Outcome[Document]]) -> None:
    files = Files(u1=fetched, u2=[Accepted(OK, ZPL)])
    labels = await labels_kept(
        PackageShipLabel(package_id="P1", url="u1", tracking_id="T1"),
        PackageShipLabel(package_id="P2", url="u2", tracking_id="T2"),
        files=files,
    )
    assert [one.package_id for one in labels.documents] == ["P2"]
    assert [one.package_id for one in labels.tracking] == ["P1", "P2"], "tracking is kept before the file"
    assert (labels.failures, labels.without_file) == ((), ())


async def test_a_label_that_amazon_did_not_make_or_that_is_none_is_a_failure() -> None:
    refused = PackageShipLabel(package_id="P1", status="FAILURE", error_code="E1", error_text="no carrier")
    labels = await labels_kept(
        refused, PackageShipLabel(package_id="P2", url="u2"), files=Files(u2=[Accepted(OK, NO_PDF)])
    )
    assert labels.failures[0] == LabelFailure("P1", "E1", "Amazon made no label"), "in our words, not Amazon's"
    assert (labels.failures[1].package_id, labels.failures[1].code) == ("P2", "UNFIT_DOCUMENT")
    assert labels.documents == ()


async def test_a_label_whose_url_is_not_allowed_is_a_failure_that_names_the_setting() -> None:
    """Made again it would be no nearer: nothing is regenerated."""
    why = Refused(Answer(code="LABEL_URL_NOT_ALLOWED", message="see CONNECTOR_SMARTCONNECT__LABEL_HOSTS"))
    labels = await labels_kept(PackageShipLabel(package_id="P1", url="u1", tracking_id="T1"), files=Files(u1=[why]))
    assert labels.failures == (LabelFailure("P1", why.answer.code, why.answer.message),)
    assert [one.tracking_id for one in labels.tracking] == ["T1"]


async def test_a_label_without_a_file_is_told_with_its_tracking() -> None:
    """amazon/label-without-file."""
    given = read_labels(Source(read_case("amazon/label-without-file")["body"])).labels
    labels = await labels_kept(*given, files=Files())
    assert labels.without_file == ("P1",)
    assert [(one.package_id, one.carrier_name, one.tracking_id) for one in labels.tracking] == [
        ("P1", "Example Carrier", "TRK-1")
    ]
    assert (labels.documents, labels.failures) == ((), ())


async def test_a_passing_failure_is_told_from_one_for_good() -> None:
    """amazon/label-failure-transient."""
    given = read_labels(Source(read_case("amazon/label-failure-transient")["body"])).labels
    labels = await labels_kept(*given, replace(given[0], package_id="P2", error_code="InvalidInput"), files=Files())
    assert [(one.package_id, one.passing) for one in labels.failures] == [("P1", True), ("P2", False)]


async def test_a_failed_call_stays_what_it_is() -> None:
    documents = ShipmentDocuments(DocumentStore(Place()), Files().fetch, alerts())
    report: CallReport[Document] = CallReport(Unavailable(Answer()))
    assert (await documents.keep(merchant(), step(GenerateInvoiceCall()), report)).outcome is report.outcome
