"""The workflows of the requirement page, each as the signs that show it at work, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.domain.rehearsal.evidence import Evidence, Thing, ThingKind

CARRIED = ("SELLER_FLEX", "EASY_SHIP")
PROGRAMS = (*CARRIED, "SELF_SHIP")


@dataclass(frozen=True, slots=True)
class WorkflowStep:
    """`is_read`: the record of the sign must also have been read by a consumer group of the OMS."""

    sign: str
    missing: str
    is_read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """`page`: what the requirement page calls it. `programs`: where it exists."""

    name: str
    page: str
    kind: ThingKind
    steps: tuple[WorkflowStep, ...]
    programs: tuple[str, ...] = PROGRAMS


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowVerdict:
    """`missing` "": it was seen at work, with `example` (an id). Else what was missing of the thing that came nearest,
    which is the example, "" where there was none."""

    workflow: Workflow
    program: str
    missing: str
    example: str

    @property
    def is_seen(self) -> bool:
        return not self.missing


def _read(sign: str) -> WorkflowStep:
    return WorkflowStep(
        sign, "no consumer group has committed an offset past {place}: does the OMS read it?", is_read=True
    )


def _commanded(action: str, *, effect: str = "", told: tuple[str, ...] = ()) -> tuple[WorkflowStep, ...]:
    """The OMS commands it, it is done at Amazon, and the OMS reads the result."""
    done = f"done:{action}"
    return (
        _TOLD,
        WorkflowStep(f"asked:{action}", f"no command {action} came for it"),
        WorkflowStep(done, f"its command {action} has not ended DONE"),
        *((WorkflowStep(f"effect:{effect}", f"Amazon was not asked for it: no effect {effect}"),) if effect else ()),
        *(WorkflowStep(f"document:{kind}", f"no result has a document {kind}") for kind in told),
        _read(done),
    )


_TOLD = WorkflowStep("told", "no order was raised: that needs stock above zero of a SKU at a location of this program")
_STOCK = "the OMS has written no update of stock {0} for a location of this program"


def _stock(sign: str, words: str) -> tuple[WorkflowStep, ...]:
    return (
        WorkflowStep(f"written:{sign}", _STOCK.format(words)),
        WorkflowStep(f"accepted:{sign}", "its result is not ACCEPTED"),
        WorkflowStep(f"amazon:{sign}", "Amazon does not show that quantity"),
        _read(f"accepted:{sign}"),
    )


def _told(sign: str, missing: str, *before: WorkflowStep) -> tuple[WorkflowStep, ...]:
    """Amazon does it, and the OMS reads the event."""
    return (*before, WorkflowStep(sign, missing), _read(sign))


_NO_RETURN = WorkflowStep("event:RETURN_CREATED", "no order was shipped, so none came back")

_INVENTORY = Workflow(name="inventory update", page="Inventory Sync", kind="stock", steps=_stock("stock", "above zero"))
_ZERO = Workflow(name="zero stock", page="Inventory Sync", kind="stock", steps=_stock("zero", "zero"))
SPLIT = Workflow(
    name="order split over locations",
    page="Routing & Splitting",
    kind="shipments",
    steps=_told("split", "no order needed the stock of two locations: give one SKU stock at two of them", _TOLD),
    programs=("SELF_SHIP",),
)
CONFIRM_BY_OMS = Workflow(
    name="confirm",
    page="Forward Order Acknowledgement",
    kind="shipments",
    steps=_commanded("Confirm", effect="confirmed"),
)
AUTO_CONFIRM = Workflow(
    name="confirm (auto_confirm)",
    page="Forward Order Acknowledgement",
    kind="shipments",
    steps=_told("event:ORDER_CONFIRMED", "the connector has not confirmed it", _TOLD),
)
CANCELLED_EARLY = Workflow(
    name="cancelled by the customer before the confirmation",
    page="Forward Order Customer Cancellation",
    kind="shipments",
    steps=_told("cancelled:before", "none was cancelled before its confirmation yet", _TOLD),
)
WORKFLOWS = (
    _INVENTORY,
    _ZERO,
    Workflow(name="order received", page="Forward Orders Sync", kind="shipments", steps=(_TOLD, _read("told"))),
    SPLIT,
    CONFIRM_BY_OMS,
    AUTO_CONFIRM,
    Workflow(
        name="packages",
        page="Shipment",
        kind="shipments",
        steps=_commanded("CreatePackages", effect="packages_created"),
    ),
    Workflow(
        name="shipping options",
        page="Shipment",
        kind="shipments",
        steps=_told("event:SHIPPING_OPTIONS_RETRIEVED", "send Pack, SelectShippingOption or GenerateShipLabels", _TOLD),
        programs=("EASY_SHIP",),
    ),
    Workflow(
        name="invoice",
        page="Invoicing",
        kind="shipments",
        steps=_commanded("GenerateInvoice", effect="invoice_generated", told=("INVOICE",)),
    ),
    Workflow(
        name="ship label",
        page="Invoicing",
        kind="shipments",
        steps=_commanded("GenerateShipLabels", effect="labels_generated", told=("SHIP_LABEL",)),
    ),
    Workflow(
        name="manifest", page="Manifest", kind="shipments", steps=_commanded("CreateManifest", told=("MANIFEST",))
    ),
    Workflow(
        name="handover",
        page="Handover",
        kind="shipments",
        steps=(*_commanded("Ship", effect="package_shipped"), _read("event:SHIPPED")),
        programs=("SELF_SHIP",),
    ),
    Workflow(
        name="handover to Amazon's carrier",
        page="Handover",
        kind="shipments",
        steps=_told("event:SHIPPED", "no label was made for it, so no carrier could scan it", _TOLD),
        programs=CARRIED,
    ),
    Workflow(
        name="order changed by Amazon",
        page="Forward order update",
        kind="shipments",
        steps=_told("event:ORDER_UPDATED", "Amazon has changed nothing of it yet", _TOLD),
    ),
    CANCELLED_EARLY,
    Workflow(
        name="cancelled by the customer after the confirmation",
        page="Forward Order Customer Cancellation",
        kind="shipments",
        steps=_told("cancelled:after", "none was cancelled after its confirmation yet", _TOLD),
    ),
    Workflow(
        name="reject",
        page="Forward Order Seller Cancellation",
        kind="shipments",
        steps=(*_commanded("Reject", effect="rejected"), *_told("cancelled:seller", "its cancellation is not told")),
    ),
    Workflow(
        name="replacement",
        page="Replacement/Exchange Order Sync",
        kind="shipments",
        steps=(WorkflowStep("replacement", "no order was shipped, so none was replaced"), _read("told")),
    ),
    Workflow(
        name="return announced",
        page="Return Order Sync",
        kind="returns",
        steps=(_NO_RETURN, _read("event:RETURN_CREATED")),
    ),
    Workflow(
        name="return processed",
        page="Return processed notification updates",
        kind="returns",
        steps=_told("event:RETURN_PROCESSED", "it is on its way back", _NO_RETURN),
    ),
    Workflow(
        name="return cancelled",
        page="Return Order Cancellation",
        kind="returns",
        steps=_told("event:RETURN_CANCELLED", "none was cancelled yet", _NO_RETURN),
    ),
)


def judged(workflow: Workflow, program: str, evidence: Evidence) -> WorkflowVerdict:
    """By the thing of this program that came nearest to showing the workflow."""
    nearest, missing, example = -1, workflow.steps[0].missing, ""
    for thing_id, thing in evidence.of(workflow.kind).items():
        if thing.program != program:
            continue
        seen = _steps_seen(workflow, thing, evidence)
        if seen == len(workflow.steps):
            return WorkflowVerdict(workflow=workflow, program=program, missing="", example=thing_id)
        if seen > nearest:
            nearest, missing, example = seen, _lacks(workflow.steps[seen], thing), thing_id
    return WorkflowVerdict(workflow=workflow, program=program, missing=missing, example=example)


def verdicts(
    evidence: Evidence, programs: Sequence[str], applies: Callable[[Workflow, str], bool]
) -> list[WorkflowVerdict]:
    """Of each program, every workflow that there is in it and that `applies(workflow, program)` to the merchant."""
    return [
        judged(workflow, program, evidence)
        for program in programs
        for workflow in WORKFLOWS
        if program in workflow.programs and applies(workflow, program)
    ]


def _steps_seen(workflow: Workflow, thing: Thing, evidence: Evidence) -> int:
    """How many, up to the first that was not."""
    for number, step in enumerate(workflow.steps):
        if step.sign not in thing.signs or (step.is_read and not evidence.is_read(thing.signs[step.sign])):
            return number
    return len(workflow.steps)


def _lacks(step: WorkflowStep, thing: Thing) -> str:
    """Of a sign that was seen nothing is said any more: what it lacks is a reader."""
    place, said = thing.signs.get(step.sign), thing.said.get(step.sign)
    text = step.missing.replace("{place}", "/".join(map(str, place)) if place else "its record")
    return f"{text}: {said}" if said and step.sign not in thing.signs else text
