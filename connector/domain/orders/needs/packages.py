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
from connector.domain.orders.commands import CreatePackages, Fault, Pack, UpdatePackage, UpdatePackageStatus
from connector.domain.orders.facts.lifecycle import reached
from connector.domain.orders.facts.packages import Package, PackageItem
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.needs.labels import Need
from connector.domain.orders.results import Make, Refuse
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.orders.steps import CreatePackagesCall, UpdatePackageCall, UpdatePackageStatusCall, key_of


def next_packages(row: ShipmentRow, action: CreatePackages | Pack, facts: Shipment) -> Need:
    if reached(facts.status, Status.PACKAGE_CREATED):
        if not action.packages or not facts.packages or _is_as_asked(complete(action.packages, facts), facts.packages):
            return None
        there = ", ".join(package.package_id for package in facts.packages)
        remedy = f"the shipment is packed otherwise, as {there}; update its packages instead"
        return Refuse((Fault("packages", remedy),))
    packages = complete(action.packages, facts)
    faults = tuple(shipment_faults(packages, facts))
    if faults:
        return Refuse(faults)
    return Make(row.step(CreatePackagesCall(packages)))


def next_update(row: ShipmentRow, action: UpdatePackage, facts: Shipment) -> Need:
    """What the command leaves out stays as it is at Amazon."""
    given = action.package
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
    faults = (
        *package_faults("package", wanted, facts),
        *unit_faults("package.items", packages, facts, may_be_fewer=True),
    )
    return Refuse(faults) if faults else Make(row.step(UpdatePackageCall(replace(wanted, status=""))))


def next_handover(row: ShipmentRow, work: Work, facts: Shipment, packages: Sequence[Package]) -> Make | None:
    for package in packages:
        call = UpdatePackageStatusCall(package_id=package.package_id, status=Status.SHIPPED)
        if not _is_at(package, Status.SHIPPED, facts) and key_of(call) not in work.settled:
            return Make(row.step(call))
    return None


def next_status(
    row: ShipmentRow, work: Work, action: UpdatePackageStatus, facts: Shipment, packages: Sequence[Package]
) -> Make | None:
    """A sub-status shows at the shipment only, so of several packages nobody can read whose it is: it is sent again."""
    if not action.sub_status:
        packages = [package for package in packages if not _is_at(package, Status(action.status), facts)]
    elif work.doubts + work.conflicts and len(facts.packages) == 1 and facts.sub_status == action.sub_status:
        return None
    for package in packages:
        call = UpdatePackageStatusCall(
            package_id=package.package_id, status=action.status, sub_status=action.sub_status, reason=action.reason
        )
        if key_of(call) not in work.settled:
            return Make(row.step(call))
    return None


def _is_at(package: Package, goal: Status, facts: Shipment) -> bool:
    """As the package says; as the shipment does where Amazon shows no state of the package."""
    return reached(package.status or facts.status, goal)


def _is_as_asked(asked: Sequence[Package], there: Sequence[Package]) -> bool:
    """By ids and contents: Amazon may write measures in other units."""
    return {package.package_id: _contents(package.items) for package in asked} == {
        package.package_id: _contents(package.items) for package in there
    }


def _contents(items: Sequence[PackageItem]) -> dict[str, int]:
    return {item.line_item_id: item.quantity for item in items}
