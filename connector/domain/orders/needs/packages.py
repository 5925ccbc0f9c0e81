"""createPackages, updatePackage and the reports of a package's way: which of them a command still needs."""

from collections.abc import Sequence
from dataclasses import replace

from connector.domain.orders.checks.packing import (
    complete,
    package_faults,
    shipment_faults,
    unit_faults,
    with_compliance,
)
from connector.domain.orders.commands import Fault, OrderCommand
from connector.domain.orders.facts.lifecycle import reached
from connector.domain.orders.facts.packages import Package, PackageItem
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.needs.labels import Need
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.orders.steps import StepKind


def next_packages(row: ShipmentRow, command: OrderCommand, facts: Shipment) -> Need:
    if reached(facts.status, Status.PACKAGE_CREATED):
        if command.packages and facts.packages and not _is_as_asked(complete(command.packages, facts), facts.packages):
            there = ", ".join(package.package_id for package in facts.packages)
            return (Fault("packages", f"the shipment is packed otherwise, as {there}; update its packages instead"),)
        return None
    packages = complete(command.packages, facts)
    return tuple(shipment_faults(packages, facts)) or replace(row.step(StepKind.CREATE_PACKAGES), packages=packages)


def next_update(row: ShipmentRow, command: OrderCommand, facts: Shipment) -> Need:
    """What the command leaves out stays as it is at Amazon."""
    (given,) = command.packages
    known = next(package for package in facts.packages if package.package_id == given.package_id)
    wanted = with_compliance(
        replace(
            given,
            length=given.length or known.length,
            width=given.width or known.width,
            height=given.height or known.height,
            weight=given.weight or known.weight,
            items=given.items or known.items,
            hazmat_labels=given.hazmat_labels or known.hazmat_labels,
            handling=given.handling or known.handling,
            status=known.status,
        ),
        facts,
    )
    if wanted == known:
        return None
    packages = [wanted if package.package_id == wanted.package_id else package for package in facts.packages]
    faults = (*package_faults("package", wanted, facts), *unit_faults("package.items", packages, facts))
    return faults or replace(
        row.step(StepKind.UPDATE_PACKAGE), package_id=wanted.package_id, packages=(replace(wanted, status=""),)
    )


def next_handover(row: ShipmentRow, facts: Shipment, packages: Sequence[Package]) -> Need:
    if reached(facts.status, Status.SHIPPED):
        return None
    for package in packages:
        if not reached(package.status, Status.SHIPPED):
            step = row.step(StepKind.UPDATE_PACKAGE_STATUS)
            return replace(step, package_id=package.package_id, status=Status.SHIPPED)
    return None


def next_status(row: ShipmentRow, work: Work, facts: Shipment, packages: Sequence[Package]) -> Need:
    """A sub-status shows at the shipment only, so of several packages nobody can read whose it is: it is sent again."""
    command = work.command
    if not command.sub_status:
        if reached(facts.status, Status(command.status)):
            return None
        packages = [package for package in packages if not reached(package.status, Status(command.status))]
    elif work.doubts + work.conflicts and len(facts.packages) == 1 and facts.sub_status == command.sub_status:
        return None
    for package in packages:
        step = replace(
            row.step(StepKind.UPDATE_PACKAGE_STATUS),
            package_id=package.package_id,
            status=command.status,
            sub_status=command.sub_status,
            reason=command.reason,
        )
        if step.key not in work.settled:
            return step
    return None


def _is_as_asked(asked: Sequence[Package], there: Sequence[Package]) -> bool:
    """By ids and contents: Amazon may write measures in other units."""
    return {package.package_id: _contents(package.items) for package in asked} == {
        package.package_id: _contents(package.items) for package in there
    }


def _contents(items: Sequence[PackageItem]) -> dict[str, int]:
    return {item.line_item_id: item.quantity for item in items}
