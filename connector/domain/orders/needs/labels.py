"""What follows the packages, one call at a time: shipping options, invoice, labels. Judged by what is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.domain.orders import steps
from connector.domain.orders.commands import Fault, GenerateShipLabels, Pack
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.lifecycle import CLOSED, has_shipping_options, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.results import Make, Refuse
from connector.domain.orders.row import Offer, ShipmentRow, Work
from connector.domain.orders.steps import key_of

MAX_LABELS = 50  # packageIds of generateShipLabels in the published model
THIRD_PARTY_CARRIER = "THIRD_PARTY_CARRIER"

Need = Make | Refuse | None
"""None: nothing is missing here."""


@dataclass(frozen=True, slots=True)
class ChosenOption:
    """`option_id` "": Amazon offers none."""

    option_id: str


def next_option(row: ShipmentRow, packages: Sequence[Package]) -> Make | None:
    """Asked per package, once; a label that is there already needs none."""
    if not has_shipping_options(row.program):
        return None
    for package in packages:
        if row.offer_for(package.package_id) is None and not _labelled(row, package):
            return Make(row.step(steps.RetrieveShippingOptionsCall(package.package_id)))
    return None


def next_invoice(row: ShipmentRow, facts: Shipment) -> Make | None:
    """An invoice that exists at Amazon is read, never generated again.

    Its state tells, not an invoice id: that of a package's former contents may still be there after an update.
    """
    if row.invoice is not None:
        return None
    made = reached(facts.status, Status.INVOICE_GENERATED)
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
        return Make(row.step(steps.RegenerateShipLabelsCall(_ids(made)[:MAX_LABELS])))
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


def next_reprint(row: ShipmentRow, work: Work, packages: Sequence[Package]) -> Need:
    """REGENERATE as the command asks, once for each package."""
    faults = tuple(
        Fault("regenerate", f"package {package.package_id} has no label yet; leave it out", may_be_outdated=True)
        for package in packages
        if not _labelled(row, package)
    )
    if faults:
        return Refuse(faults)
    for start in range(0, len(packages), MAX_LABELS):
        call = steps.RegenerateShipLabelsCall(_ids(packages[start : start + MAX_LABELS]))
        if key_of(call) not in work.settled:
            return Make(row.step(call))
    return None


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
        return ChosenOption(wanted)
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
