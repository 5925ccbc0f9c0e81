"""What a command needs next. Judged by what is, not by what was done.

So a sequence resumes where it stands: a step done elsewhere, or by a call whose answer was lost, is not made again.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from connector.domain.ids import stable_id
from connector.domain.orders import commands
from connector.domain.orders.checks.state import named_packages, requirement_faults
from connector.domain.orders.commands import Fault, OrderCommand
from connector.domain.orders.facts.documents import StoredDocument
from connector.domain.orders.facts.lifecycle import CLOSED, needs_invoice, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.needs.labels import (
    Need,
    choose_option,
    courier_faults,
    next_invoice,
    next_label,
    next_option,
    next_reprint,
)
from connector.domain.orders.needs.packages import next_handover, next_packages, next_status, next_update
from connector.domain.orders.results import Finish, Make, Plan, Refuse
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.orders.steps import (
    ConfirmShipmentCall,
    GetShipmentCall,
    RejectShipmentCall,
    RetrieveShippingOptionsCall,
    key_of,
)


def next_need(row: ShipmentRow, work: Work, facts: Shipment) -> Plan:
    """For a shipment that is known and not cancelled."""
    action = work.command.action
    if faults := requirement_faults(action, row.program, facts):
        return Refuse(faults)
    packages = named_packages(action, facts)
    match action:
        case commands.Confirm():
            return Finish() if reached(facts.status, Status.CONFIRMED) else Make(row.step(ConfirmShipmentCall()))
        case commands.Reject():
            return _reject(row, work.command, action, facts)
        case commands.CreatePackages():
            return next_packages(row, action, facts) or Finish()
        case commands.UpdatePackage():
            return next_update(row, action, facts) or Finish()
        case commands.SelectShippingOption():
            return _select(row, work, action)
        case commands.GenerateInvoice():
            return next_invoice(row, facts) or Finish(documents=(row.invoice,) if row.invoice else ())
        case commands.GenerateShipLabels():
            return _label(row, work, action, facts, packages)
        case commands.Pack():
            return _pack(row, action, facts)
        case commands.Ship():
            return next_handover(row, facts, packages) or Finish()
        case commands.UpdatePackageStatus():
            return next_status(row, work, action, facts, packages) or Finish()
        case commands.Refresh():
            return Finish() if work.read else Make(row.step(GetShipmentCall()))
        case commands.CreateManifest():
            raise ValueError("a manifest is of many shipments: see manifests.py")
        case _:
            assert_never(action)


def _reject(row: ShipmentRow, command: OrderCommand, action: commands.Reject, facts: Shipment) -> Make:
    call = RejectShipmentCall(
        reason=action.reason,
        reference_id=action.reference_id or stable_id(command.merchant_id, command.command_id, "reference"),
        line_item_ids=tuple(line.line_item_id for line in facts.line_items),
    )
    return Make(row.step(call))


def _pack(row: ShipmentRow, action: commands.Pack, facts: Shipment) -> Plan:
    packages = facts.packages
    return (
        next_packages(row, action, facts)
        or _options_and_labels(row, action, facts, packages, invoice=needs_invoice(row.program, facts))
        or _labelled(row, action, packages, row.documents)
    )


def _label(
    row: ShipmentRow, work: Work, action: commands.GenerateShipLabels, facts: Shipment, packages: Sequence[Package]
) -> Plan:
    if action.regenerate and facts.status in CLOSED:
        return Refuse((Fault("action", f"the shipment is {facts.status}; Amazon makes no label any more"),))
    if action.regenerate:
        needed = next_reprint(row, work, packages)
    else:
        needed = _options_and_labels(row, action, facts, packages, invoice=False)
    ids = tuple(package.package_id for package in packages)
    return needed or _labelled(row, action, packages, row.labels_of(ids))


def _options_and_labels(
    row: ShipmentRow,
    action: commands.GenerateShipLabels | commands.Pack,
    facts: Shipment,
    packages: Sequence[Package],
    *,
    invoice: bool,
) -> Need:
    """Options, invoice, labels: the order that Amazon's process-shipment guide gives."""
    return (
        next_option(row, packages)
        or (next_invoice(row, facts) if invoice else None)
        or next_label(row, facts, action, packages)
    )


def _labelled(
    row: ShipmentRow,
    action: commands.GenerateShipLabels | commands.Pack,
    packages: Sequence[Package],
    documents: tuple[StoredDocument, ...],
) -> Finish | Refuse:
    if faults := courier_faults(row, action.courier, packages):
        return Refuse(faults)
    ids = [package.package_id for package in packages]
    tracking = tuple(tracking for tracking in row.tracking if tracking.package_id in ids)
    bare = ", ".join(package_id for package_id in ids if not row.has_label(package_id))
    message = f"shipped already; Amazon gives no label of {bare} any more" if bare else ""
    return Finish(documents=documents, tracking=tracking, message=message)


def _select(row: ShipmentRow, work: Work, action: commands.SelectShippingOption) -> Plan:
    """Options expire: one that is not among those known is looked for once more."""
    offer = row.offer_for(action.package_id)
    call = RetrieveShippingOptionsCall(action.package_id)
    if offer is None:
        return Make(row.step(call))
    wanted = action.shipping_option_id or offer.chosen_id
    if wanted == offer.chosen_id or wanted in [option.option_id for option in offer.options]:
        return Finish(choice=replace(offer, chosen_id=wanted))
    if key_of(call) not in work.settled:
        return Make(row.step(call))
    chosen = choose_option(offer, action.shipping_option_id, courier=None)
    return chosen if isinstance(chosen, Refuse) else Finish(choice=replace(offer, chosen_id=wanted))
