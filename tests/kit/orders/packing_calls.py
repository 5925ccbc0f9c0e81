"""What Amazon answers to a packing's calls, and all of a queue's calls made."""

from connector.domain.orders import steps
from connector.domain.orders.effects import Labels, StepValue
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument, Tracking
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.facts.shipping_options import ShippingOption, ShippingOptions
from connector.domain.orders.next_step import plan_next_call
from connector.domain.orders.row import Change
from connector.domain.orders.steps import Step, StepCall
from tests.kit.orders.calls import made
from tests.kit.orders.shipments import NOW, packed

INVOICE = StoredDocument(kind=DocumentKind.INVOICE, uri="file:///i", sha256="i", content_type="application/pdf")
RECOMMENDED = ShippingOption(option_id="BEST==", ship_by="MARKETPLACE")
OPTIONS = ShippingOptions(
    (ShippingOption(option_id="COURIER==", ship_by="THIRD_PARTY_CARRIER"), RECOMMENDED), RECOMMENDED
)
GERMANY = "A1PA6795UKMFR9"


def label(package_id: str, content: str = "label") -> StoredDocument:
    return StoredDocument(
        kind=DocumentKind.SHIP_LABEL,
        uri=f"file:///{content}",
        sha256=content,
        content_type="application/pdf",
        package_id=package_id,
    )


def labels(*package_ids: str) -> Labels:
    return Labels(
        documents=tuple(label(one) for one in package_ids),
        tracking=tuple(Tracking(one, "ATS", f"T-{one}") for one in package_ids),
    )


def answer_to(call: StepCall) -> StepValue:
    """What an accepted call brings; a reading brings nothing here."""
    match call:
        case steps.RetrieveShippingOptionsCall():
            return OPTIONS
        case steps.GenerateInvoiceCall() | steps.RetrieveInvoiceCall():
            return INVOICE
        case steps.GenerateShipLabelsCall(package_ids=package_ids) | steps.RegenerateShipLabelsCall(package_ids):
            return labels(*package_ids)
        case _:
            return None


def run(change: Change) -> tuple[list[Step], Change]:
    """All of a queue's calls, each accepted."""
    steps: list[Step] = []
    while (step := plan_next_call(change.row, NOW)) is not None:
        steps.append(step)
        change = change.followed_by(made(change.row, type(step.call), answer_to(step.call)))
    return steps, change


def kinds(change: Change) -> list[type[StepCall]]:
    return [type(step.call) for step in run(change)[0]]


LABELLED = packed(Status.SHIPLABEL_GENERATED)
READY = packed(Status.PICKUP_SLOT_RETRIEVED, invoice_requirement="NOT_REQUIRED")
