"""What an accepted step made of the shipment, known without reading it again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from msgspec import structs

from connector.domain.orders import steps
from connector.domain.orders.arrivals import without_packing
from connector.domain.orders.facts.cancellations import rejected
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument, Tracking
from connector.domain.orders.facts.lifecycle import rank, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import PackageStatus, Shipment, Status
from connector.domain.orders.facts.shipping_options import Offer, ShippingOptions
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import StepCall
from connector.domain.unread import UnreadFact

MOST_OPTIONS = 20  # of one package, in its row and in events
UNFIT = "UNFIT_DOCUMENT"


@dataclass(frozen=True, slots=True)
class LabelFailure:
    """Amazon made no label; or it did, and the file is none that can be used (`code` UNFIT).

    `passing`: by its code Amazon may make one soon.
    """

    package_id: str
    code: str
    message: str
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Labels:
    """What a label call brought. `tracking`: of all labels that Amazon made. `without_file`: Amazon made them, and has
    no file of them. A package in neither documents, failures nor those has a label at Amazon whose file was lost."""

    documents: tuple[StoredDocument, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    failures: tuple[LabelFailure, ...] = ()
    unread: tuple[UnreadFact, ...] = ()
    without_file: tuple[str, ...] = ()

    def made_of(self, package_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Those of them of which Amazon made a label, whether its file can be used or not."""
        failed = [failure.package_id for failure in self.failures if failure.code != UNFIT]
        return tuple(package_id for package_id in package_ids if package_id not in failed)


StepValue = Shipment | ShippingOptions | StoredDocument | Labels | None


LabelCall = steps.GenerateShipLabelsCall | steps.RegenerateShipLabelsCall


def apply_to_row(row: ShipmentRow, call: StepCall, value: StepValue, now_ms: int) -> ShipmentRow:
    """Options, documents and tracking, which no reading tells."""
    match value:
        case ShippingOptions() if isinstance(call, steps.RetrieveShippingOptionsCall):
            offer = _offer(call.package_id, value, row.offer_for(call.package_id), now_ms)
            others = tuple(known for known in row.offers if known.package_id != offer.package_id)
            return structs.replace(row, offers=(*others, offer))
        case StoredDocument():
            return structs.replace(row, documents=_with(row.documents, (value,)))
        case Labels() if isinstance(call, LabelCall):
            return _with_labels(row, call, value)
        case Labels():
            return row
        case Shipment() | ShippingOptions() | None:
            return without_packing(row) if isinstance(call, steps.UpdatePackageCall) else row
        case _:
            assert_never(value)


def apply_to_facts(facts: Shipment, call: StepCall, value: StepValue, now_ms: int) -> Shipment:
    match call:
        case steps.ConfirmShipmentCall():
            return _forward(facts, Status.CONFIRMED)
        case steps.RejectShipmentCall():
            return facts if facts.status == Status.CANCELLED else rejected(facts, call.reason, now_ms)
        case steps.CreatePackagesCall(packages):
            return facts if reached(facts.status, Status.PACKAGE_CREATED) else _packed(facts, packages)
        case steps.UpdatePackageCall(package):
            return _packed(facts, (_updated(known, package) for known in facts.packages))
        case steps.UpdatePackageStatusCall():
            return _reported(facts, call)
        case steps.RetrieveShippingOptionsCall():
            offered = isinstance(value, ShippingOptions) and value.options
            return _packages_forward(facts, Status.PICKUP_SLOT_RETRIEVED) if offered else facts
        case steps.GenerateInvoiceCall():
            return _packages_forward(facts, Status.INVOICE_GENERATED)
        case steps.GenerateShipLabelsCall(package_ids=package_ids) | steps.RegenerateShipLabelsCall(package_ids):
            return _labelled(facts, package_ids, value) if isinstance(value, Labels) else facts
        case steps.GetShipmentCall() | steps.RetrieveInvoiceCall():
            return facts
        case _:
            assert_never(call)


def _forward(facts: Shipment, status: Status) -> Shipment:
    return facts if reached(facts.status, status) else replace(facts, status=status)


def _packages_forward(facts: Shipment, status: Status) -> Shipment:
    """All packages go along, as Amazon has it; package states are named as the shipment's are."""
    if reached(facts.status, status):
        return facts
    packages = tuple(_package_forward(package, status) for package in facts.packages)
    return replace(facts, status=status, packages=packages)


def _package_forward(package: Package, status: str) -> Package:
    return package if rank(package.status) >= rank(status) else replace(package, status=status)


def _settled_packages(facts: Shipment, package_ids: Sequence[str], status: Status) -> Shipment:
    """The shipment follows once all of its packages are there."""
    packages = tuple(
        _package_forward(package, status) if package.package_id in package_ids else package
        for package in facts.packages
    )
    facts = replace(facts, packages=packages)
    there = all(reached(package.status, status) for package in packages)
    return _forward(facts, status) if there else facts


def _labelled(facts: Shipment, package_ids: tuple[str, ...], labels: Labels) -> Shipment:
    return _settled_packages(facts, labels.made_of(package_ids), Status.SHIPLABEL_GENERATED)


def _packed(facts: Shipment, packages: Iterable[Package]) -> Shipment:
    created = tuple(replace(package, status=PackageStatus.CREATED) for package in packages)
    return replace(facts, status=Status.PACKAGE_CREATED, packages=created)


def _updated(known: Package, package: Package) -> Package:
    return package if package.package_id == known.package_id else known


def _reported(facts: Shipment, report: steps.UpdatePackageStatusCall) -> Shipment:
    if report.sub_status:
        facts = replace(facts, sub_status=report.sub_status, reason=report.reason or facts.reason)
    return _settled_packages(facts, [report.package_id], Status(report.status))


def _offer(package_id: str, found: ShippingOptions, known: Offer | None, now_ms: int) -> Offer:
    """What Amazon recommends is on offer, listed or not, and chosen unless the OMS chose another."""
    recommended = found.recommended
    options = (recommended, *found.options) if recommended else found.options
    each = {option.option_id: option for option in reversed(options)}
    first = options[0].option_id if options else ""
    selected = known.chosen_id if known and known.chosen_id != known.recommended_id else ""
    return Offer(
        package_id=package_id,
        options=tuple(each[option_id] for option_id in dict.fromkeys(option.option_id for option in options))[
            :MOST_OPTIONS
        ],
        recommended_id=recommended.option_id if recommended else "",
        chosen_id=selected or first,
        asked_at_ms=now_ms,
    )


def _with_labels(row: ShipmentRow, call: LabelCall, labels: Labels) -> ShipmentRow:
    """A label that was made once more takes the place of the former, had or not."""
    made = labels.made_of(call.package_ids) if isinstance(call, steps.RegenerateShipLabelsCall) else ()
    kept = tuple(one for one in row.documents if one.kind is not DocumentKind.SHIP_LABEL or one.package_id not in made)
    told = [one.package_id for one in labels.tracking]
    others_told = tuple(one for one in row.tracking if one.package_id not in told)
    bare = labels.without_file if call.courier is not None else ()
    return structs.replace(
        row,
        documents=_with(kept, labels.documents),
        tracking=(*others_told, *labels.tracking),
        without_file=(*(one for one in row.without_file if one not in call.package_ids), *bare),
    )


def _with(known: tuple[StoredDocument, ...], more: tuple[StoredDocument, ...]) -> tuple[StoredDocument, ...]:
    """The later document of a kind and package takes the place of the earlier."""
    places = [(document.kind, document.package_id) for document in more]
    return (*(document for document in known if (document.kind, document.package_id) not in places), *more)
