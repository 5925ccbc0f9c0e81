"""What follows the packages, one call at a time: shipping options, invoice, labels. Judged by what is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.domain.orders import steps
from connector.domain.orders.commands import Fault, GenerateShipLabels, Pack
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.lifecycle import CLOSED, has_shipping_options, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import NOT_REQUIRED, Shipment, Status
from connector.domain.orders.facts.shipping_options import Offer
from connector.domain.orders.results import Make, Refuse
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.orders.steps import key_of, kind_of

MAX_LABELS = 50  # packageIds of generateShipLabels in the published model
THIRD_PARTY_CARRIER = "THIRD_PARTY_CARRIER"

Need = Make | Refuse | None
"""None: nothing is missing here."""


@dataclass(frozen=True, slots=True)
class ChosenOption:
    """`option_id` "": Amazon offers none."""

    option_id: str


def next_option(row: ShipmentRow, work: Work, packages: Sequence[Package], wanted: str, now_ms: int) -> Make | None:
    """Asked per package; a label that is there already needs none.

    Options expire, so they are asked for once more where their time has passed, where there were none, and where the
    one that is `wanted` ("": the recommended) is not among them.
    """
    if not has_shipping_options(row.program):
        return None
    for package in packages:
        call = steps.RetrieveShippingOptionsCall(package.package_id)
        if not _labelled(row, package) and must_ask(row.offer_for(package.package_id), wanted, work, call, now_ms):
            return Make(row.step(call))
    return None


def must_ask(
    offer: Offer | None, wanted: str, work: Work, call: steps.RetrieveShippingOptionsCall, now_ms: int
) -> bool:
    if offer is None or offer.refused or offer.is_over(now_ms):
        return True
    known = offer.option(wanted) is not None if wanted else bool(offer.options)
    return not known and key_of(call) not in work.settled


def next_invoice(row: ShipmentRow, facts: Shipment) -> Make | None:
    """An invoice that exists at Amazon is read, never generated again.

    Its state tells, not an invoice id: that of a package's former contents may still be there after an update.
    """
    if row.invoice is not None:
        return None
    made = reached(facts.status, Status.INVOICE_GENERATED)
    if facts.invoice_requirement == NOT_REQUIRED and facts.invoice_status != "AVAILABLE":
        made = False  # the state was reached without one; Amazon says whether it makes one all the same
    return Make(row.step(steps.RetrieveInvoiceCall() if made else steps.GenerateInvoiceCall()))


def next_label(
    row: ShipmentRow, facts: Shipment, action: GenerateShipLabels | Pack, packages: Sequence[Package]
) -> Need:
    """A label whose file is missing here though Amazon made it can only be had by making it once more."""
    missing = [package for package in packages if not row.has_label(package.package_id)]
    if not missing or facts.status in CLOSED:
        return None
    made = [package for package in missing if _labelled(row, package)]
    if made:
        return Make(row.step(_regenerate(row, action, made)))
    chosen = {
        package.package_id: choose_option(row.offer_for(package.package_id), action.shipping_option_id, action.courier)
        for package in missing
    }
    first = chosen[missing[0].package_id]
    if isinstance(first, Refuse):
        return first
    together = [package for package in missing if chosen[package.package_id] == first]
    call = steps.GenerateShipLabelsCall(
        package_ids=_ids(together)[:MAX_LABELS], shipping_option_id=first.option_id, courier=action.courier
    )
    return Make(row.step(call))


def next_reprint(row: ShipmentRow, work: Work, action: GenerateShipLabels, packages: Sequence[Package]) -> Need:
    """REGENERATE as the command asks, once for each package."""
    faults = tuple(
        Fault("regenerate", f"package {package.package_id} has no label yet; leave it out", may_be_outdated=True)
        for package in packages
        if not _labelled(row, package)
    )
    if faults:
        return Refuse(faults)
    todo = [package for package in packages if not _is_reprinted(work, package)]
    return Make(row.step(_regenerate(row, action, todo))) if todo else None


def _is_reprinted(work: Work, package: Package) -> bool:
    kind = kind_of(steps.RegenerateShipLabelsCall(()))
    done = [key.partition(":") for key in work.settled]
    return any(name == kind and package.package_id in ids.split(",") for name, _, ids in done)


def _regenerate(
    row: ShipmentRow, action: GenerateShipLabels | Pack, packages: Sequence[Package]
) -> steps.RegenerateShipLabelsCall:
    """On the terms of its first label; those of the same terms together."""
    terms = {package.package_id: _terms(row, action, package.package_id) for package in packages}
    first = terms[packages[0].package_id]
    together = [package for package in packages if terms[package.package_id] == first]
    option_id, courier = first
    return steps.RegenerateShipLabelsCall(_ids(together)[:MAX_LABELS], option_id, courier)


def _terms(row: ShipmentRow, action: GenerateShipLabels | Pack, package_id: str) -> tuple[str, Courier | None]:
    """Shipping option and courier: as the command says, or as the label that was made has it."""
    told, offer = row.tracking_of(package_id), row.offer_for(package_id)
    option_id = action.shipping_option_id or (told.shipping_option_id if told else "")
    if not option_id and offer is not None:
        chosen = choose_option(offer, "", action.courier)
        option_id = offer.chosen_id if isinstance(chosen, Refuse) else chosen.option_id
    option = offer.option(option_id) if offer else None
    if action.courier is not None or told is None or option is None or option.ship_by != THIRD_PARTY_CARRIER:
        return option_id, action.courier
    return option_id, Courier(told.carrier_name, told.tracking_id)


def courier_faults(row: ShipmentRow, courier: Courier | None, packages: Sequence[Package]) -> tuple[Fault, ...]:
    """Labels may have been made elsewhere, or earlier, for another carrier than the command's."""
    if courier is None:
        return ()
    return tuple(
        Fault(
            "courier",
            f"the label of package {tracking.package_id} is {tracking.carrier_name} {tracking.tracking_id} at Amazon;"
            " update the package to have it made anew",
        )
        for tracking in row.tracking
        if tracking.package_id in _ids(packages) and tracking.tracking_id != courier.tracking_id
    )


def choose_option(offer: Offer | None, wanted: str, courier: Courier | None) -> ChosenOption | Refuse:
    """`wanted` where the command names one, else the option fit for the courier, else as chosen or recommended."""
    if offer is None or not offer.options:
        return ChosenOption(wanted or (offer.chosen_id if offer else ""))
    ship_by = {option.option_id: option.ship_by for option in offer.options}
    chosen = wanted or offer.chosen_id
    if chosen not in ship_by:
        offered = ", ".join(ship_by)
        remedy = f"{chosen} is not offered for package {offer.package_id}; offered are {offered}"
        return Refuse((Fault("shipping_option_id", remedy),))
    carried = [option_id for option_id in ship_by if ship_by[option_id] == THIRD_PARTY_CARRIER]
    if courier and not wanted and carried and chosen not in carried:
        return ChosenOption(carried[0])
    if chosen in carried and courier is None:
        remedy = f"shipping option {chosen} is a third-party carrier's; give carrier_name and tracking_id"
        return Refuse((Fault("courier", remedy),))
    return ChosenOption(chosen)


def _labelled(row: ShipmentRow, package: Package) -> bool:
    """Package states are named as the shipment's are, so they rank alike."""
    shipment = row.facts.status if row.facts else ""
    return reached(shipment, Status.SHIPLABEL_GENERATED) or reached(package.status, Status.SHIPLABEL_GENERATED)


def _ids(packages: Iterable[Package]) -> tuple[str, ...]:
    return tuple(package.package_id for package in packages)
