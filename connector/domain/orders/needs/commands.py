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
    courier_faults,
    must_ask,
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


def next_need(row: ShipmentRow, work: Work, facts: Shipment, now_ms: int) -> Plan:
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
            return _select(row, work, action, now_ms)
        case commands.GenerateInvoice():
            return next_invoice(row, facts) or Finish(documents=(row.invoice,) if row.invoice else ())
        case commands.GenerateShipLabels():
            return _label(row, work, action, facts, packages, now_ms=now_ms)
        case commands.Pack():
            return _pack(row, work, action, facts, now_ms)
        case commands.Ship():
            return next_handover(row, work, facts, packages) or Finish()
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


def _pack(row: ShipmentRow, work: Work, action: commands.Pack, facts: Shipment, now_ms: int) -> Plan:
    """Packages, options, invoice, labels: the order that Amazon's process-shipment guide gives."""
    packages = facts.live_packages
    return (
        next_packages(row, action, facts)
        or next_option(row, work, packages, action.shipping_option_id, now_ms)
        or (next_invoice(row, facts) if needs_invoice(row.program, facts) else None)
        or next_label(row, facts, action, packages)
        or _labelled(row, action, packages, row.documents)
    )


def _label(
    row: ShipmentRow,
    work: Work,
    action: commands.GenerateShipLabels,
    facts: Shipment,
    packages: Sequence[Package],
    *,
    now_ms: int,
) -> Plan:
    if action.regenerate and facts.status in CLOSED:
        return Refuse((Fault("action", f"the shipment is {facts.status}; Amazon makes no label any more"),))
    if action.regenerate:
        needed = next_reprint(row, work, action, packages)
    else:
        needed = next_option(row, work, packages, action.shipping_option_id, now_ms)
    needed = needed or next_label(row, facts, action, packages)
    ids = tuple(package.package_id for package in packages)
    return needed or _labelled(row, action, packages, row.labels_of(ids))


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
    offers = tuple(offer for offer in row.offers if offer.package_id in ids)
    return Finish(documents=documents, tracking=tracking, offers=offers, message=message)


def _select(row: ShipmentRow, work: Work, action: commands.SelectShippingOption, now_ms: int) -> Plan:
    """Options expire: those that are recommended are asked for anew, one that is not known is looked for once more."""
    offer, wanted = row.offer_for(action.package_id), action.shipping_option_id
    call = RetrieveShippingOptionsCall(action.package_id)
    is_new = key_of(call) in work.settled
    if offer is None or (not wanted and not is_new) or must_ask(offer, wanted, work, call, now_ms):
        return Make(row.step(call))
    wanted = wanted or offer.recommended_id or (offer.options[0].option_id if offer.options else "")
    if offer.options and offer.option(wanted) is None:
        offered = ", ".join(option.option_id for option in offer.options)
        remedy = f"{wanted} is not offered for package {offer.package_id}; offered are {offered}"
        return Refuse((Fault("shipping_option_id", remedy),))
    return Finish(choice=replace(offer, chosen_id=wanted))
