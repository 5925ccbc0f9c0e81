"""What must hold of a shipment before a command can do anything: its state, and the packages that it names."""

from collections.abc import Iterator
from typing import assert_never

from connector.domain.orders import commands
from connector.domain.orders.commands import Action, Fault
from connector.domain.orders.facts.lifecycle import CLOSED, has_shipping_options, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Program, Shipment, Status

_REMEDIES = {
    Status.CONFIRMED: "confirm it first",
    Status.PACKAGE_CREATED: "create its packages first",
    Status.SHIPLABEL_GENERATED: "generate its labels first",
    Status.SHIPPED: "hand it over first",
}


def requirement_faults(action: Action, program: str, facts: Shipment) -> tuple[Fault, ...]:
    return tuple(_state_faults(action, facts)) or (
        *_package_faults(action, facts),
        *_program_faults(action, program),
    )


def named_packages(action: Action, facts: Shipment) -> tuple[Package, ...]:
    """All that are not cancelled where the action names none."""
    ids = [package_id for _, package_id in _named(action)]
    return tuple(package for package in facts.packages if package.package_id in ids) if ids else facts.live_packages


def _state_faults(action: Action, facts: Shipment) -> Iterator[Fault]:
    needed = _needed(action)
    if needed is not None and not reached(facts.status, needed):
        remedy = f"the shipment is {facts.status}, {needed} is needed; {_REMEDIES[needed]}"
        yield Fault("action", remedy, may_be_outdated=True)
    states = facts.rejectable_states  # None: Amazon does not say, so it is asked
    if isinstance(action, commands.Reject) and states is not None and facts.status not in states:
        allowed = ", ".join(states) or "no state"
        remedy = f"the shipment is {facts.status}; Amazon lets it be rejected in {allowed}"
        yield Fault("action", remedy, may_be_outdated=True)
    if facts.status in CLOSED and isinstance(action, commands.UpdatePackage):
        yield Fault("action", f"the shipment is {facts.status}; its packages can't be changed any more")
    if facts.status in CLOSED and isinstance(action, commands.SelectShippingOption):
        yield Fault("action", f"the shipment is {facts.status}; how it ships can't be chosen any more")


def _needed(action: Action) -> Status | None:
    """The state that a shipment must have reached; None where Amazon judges, or it does not matter."""
    match action:
        case commands.CreatePackages() | commands.Pack():
            return Status.CONFIRMED
        case (
            commands.UpdatePackage()
            | commands.SelectShippingOption()
            | commands.GenerateInvoice()
            | commands.GenerateShipLabels()
        ):
            return Status.PACKAGE_CREATED
        case commands.Ship():
            return Status.SHIPLABEL_GENERATED
        case commands.UpdatePackageStatus():
            return Status.SHIPPED if _is_delivery(action) else Status.SHIPLABEL_GENERATED
        case commands.Confirm() | commands.Reject() | commands.Refresh() | commands.CreateManifest():
            return None
        case _:
            assert_never(action)


def _named(action: Action) -> list[tuple[str, str]]:
    """Field and package id of each package that the action names as one that is there."""
    match action:
        case commands.GenerateShipLabels(package_ids=package_ids) | commands.Ship(package_ids):
            return [(f"package_ids[{index}]", package_id) for index, package_id in enumerate(package_ids)]
        case commands.SelectShippingOption(package_id) | commands.UpdatePackageStatus(package_id=package_id):
            return [("package_id", package_id)]
        case commands.UpdatePackage(package):
            return [("package.package_id", package.package_id)]
        case (
            commands.Confirm()
            | commands.Reject()
            | commands.CreatePackages()
            | commands.GenerateInvoice()
            | commands.Pack()
            | commands.Refresh()
            | commands.CreateManifest()
        ):
            return []
        case _:
            assert_never(action)


def _package_faults(action: Action, facts: Shipment) -> Iterator[Fault]:
    known, named = [package.package_id for package in facts.packages], _named(action)
    for field, package_id in named:
        if package_id not in known:
            remedy = f"{package_id} is not in the shipment; its packages are {', '.join(known) or 'none'}"
            yield Fault(field, remedy, may_be_outdated=True)
    if not facts.live_packages and not named and isinstance(action, commands.Ship | commands.GenerateShipLabels):
        yield Fault("package_ids", "Amazon names no package of the shipment; create its packages", may_be_outdated=True)


def _program_faults(action: Action, program: str) -> Iterator[Fault]:
    if isinstance(action, commands.SelectShippingOption) and not has_shipping_options(program):
        yield Fault("action", "Amazon chooses how to ship for Seller Flex; leave it out")
    carried = program in (Program.SELLER_FLEX, Program.EASY_SHIP)
    if isinstance(action, commands.UpdatePackageStatus) and _is_delivery(action) and carried:
        yield Fault("status", "delivery is reported by Amazon's carrier; only Self Ship reports its own")


def _is_delivery(report: commands.UpdatePackageStatus) -> bool:
    return bool(report.sub_status) or report.status == Status.DELIVERED
