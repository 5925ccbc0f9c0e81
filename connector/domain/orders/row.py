"""What the shipments table holds of one shipment, and what one change of it publishes."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from connector.domain.alerts import Alert
from connector.domain.orders.allocation import Allocation
from connector.domain.orders.commands import CommandResult, OrderCommand
from connector.domain.orders.events import CancellationEvent, OrderEvent
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument, Tracking
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import Offer
from connector.domain.orders.steps import Step, StepCall
from connector.domain.quarantine import Trouble
from connector.domain.unread import UnreadFact

MAX_KEPT_RESULTS = 100
MAX_KEPT_BYTES = 200_000  # of results, as JSON: the row must stay below a record's 900 kB


@dataclass(frozen=True, slots=True)
class StepRefusal:
    """Amazon's no to a step, kept while the shipment is read: it may be refused because it is done already, or because
    the shipment has changed. `key`: what was asked for."""

    key: str
    code: str
    message: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class StepTrouble:
    """A step that fails strangely. It stands until the step is answered, or nothing needs it any more."""

    key: str
    trouble: Trouble


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A command in the queue since `taken_at_ms`, and how far it got.

    `settled`: keys of the steps that Amazon accepted. `read`: the shipment was read since the command's turn came.
    `doubts`: calls so far of which nobody knows what they did; `conflicts`: those that Amazon answered with 409.
    `relabels`: label calls in a row that Amazon accepted, whose file was not had. `invoice_waits`: how often the
    invoice was not there yet. `reoffered`: shipping options were asked for anew, since Amazon refused a label.
    """

    command: OrderCommand
    taken_at_ms: int = 0
    settled: tuple[str, ...] = ()
    read: bool = False
    doubts: int = 0
    conflicts: int = 0
    relabels: int = 0
    invoice_waits: int = 0
    reoffered: bool = False
    refusal: StepRefusal | None = None

    @property
    def begun(self) -> bool:
        return bool(self.settled or self.refusal or self.is_stuck)

    @property
    def is_stuck(self) -> bool:
        """Its last call did not bring it further."""
        return bool(self.doubts or self.conflicts or self.relabels or self.invoice_waits)


@dataclass(frozen=True, slots=True)
class Hint:
    """Somebody said that the shipment changed, and to what: it is to be read, by a call sent after `at_ms`.

    `readings`: how often that was done without seeing it.
    """

    status: str
    at_ms: int
    readings: int = 0


class ShipmentRow(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`facts`: the last reading, carried on by what our own calls did.

    The last of these was made at `called_at_ms`, by Amazon's clock where it told that, and settled at `acted_at_ms`.

    `turn` counts settled calls and ended commands. `in_doubt`: the head's last call may have been made, so read first.
    `repacked`: how often a package update sent the shipment back; `offers`, `documents` and `tracking` are those of
    the present packages; `without_file`: those packages whose label the courier prints, not Amazon.
    `trouble`: its next call fails strangely, so the shipment is parked after some tries.
    `final_at_ms`: since when nothing more is expected. Its `__dict__` is no part of it: what was judged of it.
    """

    merchant_id: str
    shipment_id: str
    facts: Shipment | None = None
    program: str = ""
    original_shipment_id: str = ""
    received: bool = False
    repacked: int = 0
    allocations: tuple[Allocation, ...] = ()
    hint: Hint | None = None
    queue: tuple[Work, ...] = ()
    done: tuple[CommandResult, ...] = ()
    turn: int = 0
    in_doubt: bool = False
    not_before_ms: int = 0
    called_at_ms: int = 0
    acted_at_ms: int = 0
    offers: tuple[Offer, ...] = ()
    documents: tuple[StoredDocument, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    without_file: tuple[str, ...] = ()
    trouble: StepTrouble | None = None
    final_at_ms: int | None = None

    @property
    def head(self) -> Work | None:
        return self.queue[0] if self.queue else None

    @property
    def is_parked(self) -> bool:
        return self.trouble is not None and self.trouble.trouble.is_parked

    def offer_for(self, package_id: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.package_id == package_id), None)

    @property
    def invoice(self) -> StoredDocument | None:
        return next((document for document in self.documents if document.kind is DocumentKind.INVOICE), None)

    def has_label(self, package_id: str) -> bool:
        return package_id in self.without_file or any(
            document.kind is DocumentKind.SHIP_LABEL and document.package_id == package_id
            for document in self.documents
        )

    def tracking_of(self, package_id: str) -> Tracking | None:
        return next((one for one in self.tracking if one.package_id == package_id), None)

    def labels_of(self, package_ids: tuple[str, ...]) -> tuple[StoredDocument, ...]:
        return tuple(
            document
            for document in self.documents
            if document.kind is DocumentKind.SHIP_LABEL and document.package_id in package_ids
        )

    def step(self, call: StepCall) -> Step:
        """A step of the head's, or of nobody's where the queue is empty."""
        return Step(
            merchant_id=self.merchant_id,
            shipment_id=self.shipment_id,
            call=call,
            turn=self.turn,
            command_id=self.head.command.command_id if self.head else "",
            in_doubt=self.in_doubt,
            not_before_ms=self.not_before_ms,
            ship_by_ms=(self.facts.ship_by_ms or 0) if self.facts else 0,
        )

    def with_head(self, work: Work) -> "ShipmentRow":
        return msgspec.structs.replace(self, queue=(work, *self.queue[1:]))

    @property
    def forgettable_since_ms(self) -> int | None:
        """Since when nothing more is expected or asked of the shipment, None before that."""
        return None if self.queue else self.final_at_ms


def with_result(done: tuple[CommandResult, ...], result: CommandResult) -> tuple[CommandResult, ...]:
    """The latest results, as many as fit."""
    kept = (*done, result)[-MAX_KEPT_RESULTS:]
    size = 0
    for count, one in enumerate(reversed(kept)):
        size += len(msgspec.json.encode(one))
        if count and size > MAX_KEPT_BYTES:
            return kept[-count:]
    return kept


def allocate_nothing(_: Shipment) -> tuple[Allocation, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Rules:
    """A location's settings. `program` is what it is configured as; `announce_created` does not wait for ACCEPTED;
    `kept_ms`: for how long a row is kept after nothing more is expected, None for ever."""

    program: str = ""
    auto_confirm: bool = False
    announce_created: bool = False
    allocate: Callable[[Shipment], tuple[Allocation, ...]] = allocate_nothing
    kept_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The row after something happened, and what to publish of it, in this order.

    `unread`: what of new facts could not be read, where that is news. `alerts`: what is told once, and stands nowhere.
    """

    row: ShipmentRow
    orders: tuple[OrderEvent, ...] = ()
    cancellations: tuple[CancellationEvent, ...] = ()
    results: tuple[CommandResult, ...] = ()
    unread: tuple[UnreadFact, ...] = ()
    alerts: tuple[Alert, ...] = ()

    def followed_by(self, later: "Change") -> "Change":
        return Change(
            later.row,
            self.orders + later.orders,
            self.cancellations + later.cancellations,
            self.results + later.results,
            self.unread + later.unread,
            self.alerts + later.alerts,
        )
