"""Invoices and labels are in our own store before their call's outcome is told: Amazon's URLs expire, and a label can't
be read there again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import assert_never

from connector.agents.alerts import Alerts
from connector.agents.records.store import STORE
from connector.documents.formats import UnfitDocument
from connector.documents.store import DocumentStore, StoreUnavailable
from connector.domain.alerts import AlertKind, Severity
from connector.domain.orders.effects import UNFIT, LabelFailure, Labels, StepValue
from connector.domain.orders.facts.documents import (
    Document,
    DocumentKind,
    PackageShipLabel,
    ShipLabels,
    StoredDocument,
    Tracking,
)
from connector.domain.orders.facts.shipment import LineItem, Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.steps import RetrieveInvoiceCall, Step
from connector.domain.outcomes import Accepted, Answer, Outcome, Refused, Repeatable, Unavailable, Unknown
from connector.domain.unread import UnreadFact
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.smartconnect.label_hosts import NOT_ALLOWED
from connector.smartconnect.outcomes import classify, joined, words
from connector.smartconnect.steps import StepReport

WAITS_S = (0.5, 1.0, 2.0, 4.0)  # between tries to fetch; then a label is generated anew
LONGEST_WAIT_S = 30.0  # between tries to store
NO_LABEL = "Amazon made no label"

Fetch = Callable[[str], Awaitable[CallReport[Document]]]


class ShipmentDocuments:
    """`fetch(url)`: a label's file. While the store is away the documents wait here, and nothing is made at Amazon
    again."""

    def __init__(
        self, store: DocumentStore, fetch: Fetch, alerts: Alerts, *, waits_s: Sequence[float] = WAITS_S
    ) -> None:
        self._store = store
        self._fetch = fetch
        self._alerts = alerts
        self._waits_s = waits_s

    async def keep(self, merchant: Merchant, step: Step, report: StepReport) -> CallReport[StepValue]:
        """The report with what was stored in place of what came."""
        return CallReport(
            await self._kept(merchant, step, report.outcome), report.rate_limit, report.sent_at, report.latency_s
        )

    async def _kept(
        self,
        merchant: Merchant,
        step: Step,
        outcome: Outcome[Shipment] | Outcome[ShippingOptions] | Outcome[Document] | Outcome[ShipLabels] | Outcome[None],
    ) -> Outcome[StepValue]:
        if not isinstance(outcome, Accepted):
            return outcome
        match outcome.value:
            case Document() as document:
                return await self._invoice(merchant, step, outcome, document)
            case ShipLabels(labels, unread):
                kept = await asyncio.gather(*(self._label(merchant, step, label) for label in labels))
                texts = (label.error_text for label in labels)
                return Accepted(replace(outcome.answer, error_text=joined(texts)), _gathered(labels, kept, unread))
            case Shipment() as facts:
                lines = [self._gift_message(merchant, facts.shipment_id, line) for line in facts.line_items]
                return Accepted(outcome.answer, replace(facts, line_items=tuple(await asyncio.gather(*lines))))
            case ShippingOptions() | None as value:
                return Accepted(outcome.answer, value)
            case _:
                assert_never(outcome.value)

    async def _invoice(
        self, merchant: Merchant, step: Step, outcome: Accepted[Document], document: Document
    ) -> Outcome[StepValue]:
        """One that can't be used is read once, then it ends the command."""
        match await self._put(merchant, DocumentKind.INVOICE, step.shipment_id, "", document):
            case StoredDocument() as stored:
                return Accepted(outcome.answer, stored)
            case UnfitDocument(reason) if isinstance(step.call, RetrieveInvoiceCall):
                return Refused(replace(outcome.answer, code=UNFIT, message=reason))
            case UnfitDocument(reason):
                return Unknown(replace(outcome.answer, message=f"the invoice was not stored: {reason}"))

    async def _gift_message(self, merchant: Merchant, shipment_id: str, line: LineItem) -> LineItem:
        """It may be of any size and form, and a record may not: it names where it is kept."""
        if line.gift is None or line.gift.message is None or not line.gift.message.content:
            return line
        message = line.gift.message
        document = Document(message.format, message.content)
        match await self._put(merchant, DocumentKind.GIFT_MESSAGE, shipment_id, line.line_item_id, document):
            case StoredDocument(uri=uri, sha256=sha256):
                kept = replace(message, content=b"", uri=uri, sha256=sha256)
                return replace(line, gift=replace(line.gift, message=kept))
            case UnfitDocument():
                return replace(line, gift=replace(line.gift, message=replace(message, content=b"")))

    async def _label(
        self, merchant: Merchant, step: Step, label: PackageShipLabel
    ) -> StoredDocument | LabelFailure | None:
        """None: Amazon made it, and its file is not there."""
        package_id = label.package_id
        if label.status == "FAILURE":
            passing = isinstance(classify(Answer(http_status=400, code=label.error_code)), Repeatable)
            return LabelFailure(package_id, label.error_code, words(label.error_code) or NO_LABEL, passing)
        document = await self._file(label.url) if label.url else None
        if document is None:
            return None
        if isinstance(document, Refused):  # another label would be no nearer: that is for an operator to say
            return LabelFailure(package_id, document.answer.code, document.answer.message)
        match await self._put(merchant, DocumentKind.SHIP_LABEL, step.shipment_id, package_id, document):
            case StoredDocument() as stored:
                return stored
            case UnfitDocument(reason):
                return LabelFailure(package_id, UNFIT, reason)

    async def _file(self, url: str) -> Document | Refused | None:
        """Refused where the settings do not allow it; None where it is not there."""
        for wait_s in (*self._waits_s, None):
            match (await self._fetch(url)).outcome:
                case Accepted(_, document):
                    return document
                case Refused(Answer(code=code)) as refused if code == NOT_ALLOWED:
                    return refused
                case Unavailable() | Unknown() if wait_s is not None:
                    await asyncio.sleep(wait_s)
                case _:
                    break
        return None

    async def _put(
        self, merchant: Merchant, kind: DocumentKind, shipment_id: str, package_id: str, document: Document
    ) -> StoredDocument | UnfitDocument:
        """Waits for as long as the store is away: the call's outcome, and so the shipment, waits with it."""
        tries = 0
        while True:
            stored = await self._store.put(
                merchant.merchant_id, merchant.kms_key_arn, kind, shipment_id, package_id, document
            )
            if isinstance(stored, StoredDocument):
                self._alerts.end_alert(merchant.merchant_id, AlertKind.DOCUMENTS_NOT_STORED, STORE)
            if not isinstance(stored, StoreUnavailable):
                return stored
            wait_s = self._waits_s[tries] if tries < len(self._waits_s) else LONGEST_WAIT_S
            tries += 1
            if tries >= len(self._waits_s):
                store_is_away(self._alerts, merchant.merchant_id, stored.reason)
            await asyncio.sleep(wait_s)


def store_is_away(alerts: Alerts, merchant_id: str, reason: str) -> None:
    alerts.raise_alert(
        merchant_id,
        AlertKind.DOCUMENTS_NOT_STORED,
        Severity.CRITICAL,
        STORE,
        message=f"documents wait, because the document store can't be written: {reason}",
        remedy=f"see to the store that {STORE} names: its space, its rights, its credentials",
    )


def _gathered(
    labels: Sequence[PackageShipLabel],
    kept: Sequence[StoredDocument | LabelFailure | None],
    unread: tuple[UnreadFact, ...],
) -> Labels:
    return Labels(
        documents=tuple(one for one in kept if isinstance(one, StoredDocument)),
        tracking=tuple(_tracking(label) for label in labels if label.status != "FAILURE" and label.tracking_id),
        failures=tuple(one for one in kept if isinstance(one, LabelFailure)),
        unread=unread,
        without_file=tuple(label.package_id for label in labels if label.status != "FAILURE" and not label.url),
    )


def _tracking(label: PackageShipLabel) -> Tracking:
    return Tracking(
        label.package_id,
        label.carrier_name,
        label.tracking_id,
        label.shipping_option_id,
        label.pickup_window,
        label.time_slot,
        label.handover_location,
    )
