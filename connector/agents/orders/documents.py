"""Invoices and labels are in our own store before their call's outcome is told: Amazon's URLs expire, and a label can't
be read there again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import assert_never

from connector.documents.formats import UnfitDocument
from connector.documents.store import DocumentStore, StoreUnavailable
from connector.domain.orders.effects import LabelFailure, Labels, StepValue
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
from connector.domain.outcomes import Accepted, Outcome, Refused, Unavailable, Unknown
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from connector.smartconnect.steps import StepReport

WAITS_S = (0.5, 1.0, 2.0, 4.0)  # between tries to fetch and to store; then a label is generated anew
UNFIT = "UNFIT_DOCUMENT"

Fetch = Callable[[str], Awaitable[CallReport[Document]]]


class ShipmentDocuments:
    """`fetch(url)`: a label's file."""

    def __init__(self, store: DocumentStore, fetch: Fetch, waits_s: Sequence[float] = WAITS_S) -> None:
        self._store = store
        self._fetch = fetch
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
                return Accepted(outcome.answer, replace(_gathered(kept), unread=unread))
            case Shipment() as facts:
                return await self._gift_messages(merchant, outcome, facts)
            case ShippingOptions() | None as value:
                return Accepted(outcome.answer, value)
            case _:
                assert_never(outcome.value)

    async def _invoice(
        self, merchant: Merchant, step: Step, outcome: Accepted[Document], document: Document
    ) -> Outcome[StepValue]:
        """One that could not be stored is read again; one that never will be ends the command."""
        match await self._put(merchant, DocumentKind.INVOICE, step.shipment_id, "", document):
            case StoredDocument() as stored:
                return Accepted(outcome.answer, stored)
            case UnfitDocument(reason) if isinstance(step.call, RetrieveInvoiceCall):
                return Refused(replace(outcome.answer, code=UNFIT, message=reason))
            case UnfitDocument(reason) | StoreUnavailable(reason):
                return Unknown(replace(outcome.answer, message=f"the invoice was not stored: {reason}"))

    async def _gift_messages(
        self, merchant: Merchant, outcome: Accepted[Shipment], facts: Shipment
    ) -> Outcome[StepValue]:
        """They may be of any size, and a record may not: it names where they are kept."""
        shipment_id, lines = facts.shipment_id, facts.line_items
        kept = await asyncio.gather(*(self._gift_message(merchant, shipment_id, line) for line in lines))
        for one in kept:
            if isinstance(one, UnfitDocument | StoreUnavailable):
                return Unknown(replace(outcome.answer, message=f"a gift message was not stored: {one.reason}"))
        stored = tuple(one for one in kept if isinstance(one, LineItem))
        return Accepted(outcome.answer, replace(facts, line_items=stored))

    async def _gift_message(
        self, merchant: Merchant, shipment_id: str, line: LineItem
    ) -> LineItem | UnfitDocument | StoreUnavailable:
        if line.gift is None or line.gift.message is None or not line.gift.message.content:
            return line
        message = line.gift.message
        document = Document(message.format, message.content)
        match await self._put(merchant, DocumentKind.GIFT_MESSAGE, shipment_id, line.line_item_id, document):
            case StoredDocument(uri=uri, sha256=sha256):
                kept = replace(message, content=b"", uri=uri, sha256=sha256)
                return replace(line, gift=replace(line.gift, message=kept))
            case UnfitDocument() | StoreUnavailable() as failed:
                return failed

    async def _label(
        self, merchant: Merchant, step: Step, label: PackageShipLabel
    ) -> tuple[StoredDocument, Tracking] | LabelFailure | None:
        """None: Amazon made it, and it was lost on the way."""
        package_id = label.package_id
        if label.status == "FAILURE":
            return LabelFailure(package_id, label.error_code, label.error_message)
        document = await self._file(label.url)
        if document is None:
            return None
        match await self._put(merchant, DocumentKind.SHIP_LABEL, step.shipment_id, package_id, document):
            case StoredDocument() as stored:
                return stored, Tracking(package_id, label.carrier_name, label.tracking_id)
            case UnfitDocument(reason):
                return LabelFailure(package_id, UNFIT, reason)
            case StoreUnavailable():
                return None

    async def _file(self, url: str) -> Document | None:
        for wait_s in (*self._waits_s, None):
            match (await self._fetch(url)).outcome:
                case Accepted(_, document):
                    return document
                case Unavailable() | Unknown() if wait_s is not None:
                    await asyncio.sleep(wait_s)
                case _:
                    break
        return None

    async def _put(
        self, merchant: Merchant, kind: DocumentKind, shipment_id: str, package_id: str, document: Document
    ) -> StoredDocument | UnfitDocument | StoreUnavailable:
        put = self._store.put
        stored = await put(merchant.merchant_id, merchant.kms_key_arn, kind, shipment_id, package_id, document)
        for wait_s in self._waits_s:
            if not isinstance(stored, StoreUnavailable):
                break
            await asyncio.sleep(wait_s)
            stored = await put(merchant.merchant_id, merchant.kms_key_arn, kind, shipment_id, package_id, document)
        return stored


def _gathered(kept: Sequence[tuple[StoredDocument, Tracking] | LabelFailure | None]) -> Labels:
    had = [one for one in kept if isinstance(one, tuple)]
    return Labels(
        documents=tuple(stored for stored, _ in had),
        tracking=tuple(tracking for _, tracking in had),
        failures=tuple(one for one in kept if isinstance(one, LabelFailure)),
    )
