"""What a command needs next: one call, nothing more, or a fault. Judged by what is, not by what was done.

So a sequence resumes where it stands: a step done elsewhere, or by a call whose answer was lost, is not made again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from connector.domain.orders.checks.state import named_packages, requirement_faults
from connector.domain.orders.commands import Action, Fault, OrderCommand
from connector.domain.orders.events import stable_id
from connector.domain.orders.facts.documents import StoredDocument, Tracking
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
from connector.domain.orders.row import Offer, ShipmentRow, Work
from connector.domain.orders.steps import Step, StepKind


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is missing. `choice`: a shipping option that the row is to keep as chosen."""

    documents: tuple[StoredDocument, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    message: str = ""
    choice: Offer | None = None


CommandNeed = Step | tuple[Fault, ...] | Done


def next_need(row: ShipmentRow, work: Work, facts: Shipment) -> CommandNeed:
    """For a shipment that is known and not cancelled."""
    command = work.command
    if faults := requirement_faults(command, row.program, facts):
        return faults
    packages = named_packages(command, facts)
    match command.action:
        case Action.CONFIRM:
            return Done() if reached(facts.status, Status.CONFIRMED) else row.step(StepKind.CONFIRM)
        case Action.REJECT:
            return _reject(row, command, facts)
        case Action.CREATE_PACKAGES:
            return next_packages(row, command, facts) or Done()
        case Action.UPDATE_PACKAGE:
            return next_update(row, command, facts) or Done()
        case Action.SELECT_SHIPPING_OPTION:
            return _select(row, work)
        case Action.GENERATE_INVOICE:
            return next_invoice(row, facts) or Done((row.invoice,) if row.invoice else ())
        case Action.GENERATE_SHIP_LABELS:
            return _label(row, work, facts, packages)
        case Action.PACK:
            return _pack(row, command, facts)
        case Action.SHIP:
            return next_handover(row, facts, packages) or Done()
        case Action.UPDATE_PACKAGE_STATUS:
            return next_status(row, work, facts, packages) or Done()
        case Action.REFRESH:
            return Done() if work.read else row.step(StepKind.READ)
        case Action.CREATE_MANIFEST:
            raise ValueError("a manifest is of many shipments: see manifests.py")
        case _:
            assert_never(command.action)


def _reject(row: ShipmentRow, command: OrderCommand, facts: Shipment) -> Step:
    return replace(
        row.step(StepKind.REJECT),
        reason=command.reason,
        reference_id=command.reference_id or stable_id(command.merchant_id, command.command_id, "reference"),
        line_item_ids=tuple(line.line_item_id for line in facts.line_items),
    )


def _pack(row: ShipmentRow, command: OrderCommand, facts: Shipment) -> CommandNeed:
    needed = next_packages(row, command, facts)
    if needed is None:
        needed = _options_and_labels(row, command, facts, facts.packages, invoice=needs_invoice(row.program, facts))
    return needed or _labelled(row, command, facts.packages, row.documents)


def _label(row: ShipmentRow, work: Work, facts: Shipment, packages: Sequence[Package]) -> CommandNeed:
    command = work.command
    if command.regenerate and facts.status in CLOSED:
        return (Fault("action", f"the shipment is {facts.status}; Amazon makes no label any more"),)
    if command.regenerate:
        needed = next_reprint(row, work, packages)
    else:
        needed = _options_and_labels(row, command, facts, packages, invoice=False)
    ids = tuple(package.package_id for package in packages)
    return needed or _labelled(row, command, packages, row.labels_of(ids))


def _options_and_labels(
    row: ShipmentRow, command: OrderCommand, facts: Shipment, packages: Sequence[Package], *, invoice: bool
) -> Need:
    """Options, invoice, labels: the order that Amazon's process-shipment guide gives."""
    needed = next_option(row, packages)
    if needed is None and invoice:
        needed = next_invoice(row, facts)
    return needed or next_label(row, facts, command, packages)


def _labelled(
    row: ShipmentRow, command: OrderCommand, packages: Sequence[Package], documents: tuple[StoredDocument, ...]
) -> CommandNeed:
    if faults := courier_faults(row, command.courier, packages):
        return faults
    ids = [package.package_id for package in packages]
    tracking = tuple(tracking for tracking in row.tracking if tracking.package_id in ids)
    bare = ", ".join(package_id for package_id in ids if not row.has_label(package_id))
    return Done(documents, tracking, f"shipped already; Amazon gives no label of {bare} any more" if bare else "")


def _select(row: ShipmentRow, work: Work) -> CommandNeed:
    """Options expire: one that is not among those known is looked for once more."""
    command, offer = work.command, row.offer_for(work.command.package_id)
    step = replace(row.step(StepKind.SHIPPING_OPTIONS), package_id=command.package_id)
    if offer is None:
        return step
    wanted = command.shipping_option_id or offer.chosen_id
    if wanted == offer.chosen_id or wanted in [option.option_id for option in offer.options]:
        return Done(choice=replace(offer, chosen_id=wanted))
    if step.key not in work.settled:
        return step
    fault = choose_option(offer, command)
    return (fault,) if isinstance(fault, Fault) else Done(choice=replace(offer, chosen_id=wanted))
