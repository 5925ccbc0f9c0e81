"""What is wrong with a command whatever its shipment is: found before anything is read or called."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from connector.domain.orders import commands
from connector.domain.orders.checks.packing import form_faults, package_form_faults
from connector.domain.orders.commands import Action, Fault, OrderCommand
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.shipment import PackageStatus

REJECT_REASONS = ("OUT_OF_STOCK", "CUSTOMER_REQUESTED")
SUB_STATUSES = ("OUT_FOR_DELIVERY", "DELIVERED", "NOT_DELIVERED", "UNDELIVERABLE")
LONGEST_REASON = 128  # PackageDeliveryStatus.reason in the published model
DELIVERY_STATUSES = tuple(status for status in PackageStatus if status is not PackageStatus.CANCELLED)


def command_faults(command: OrderCommand) -> tuple[Fault, ...]:
    faults = tuple(_action_faults(command.action))
    is_named = command.shipment_id or isinstance(command.action, commands.CreateManifest)
    return faults if is_named else (Fault("shipment_id", "is empty; name the shipment"), *faults)


def _action_faults(action: Action) -> Iterator[Fault]:
    match action:
        case commands.Reject(reason):
            if reason not in REJECT_REASONS:
                yield Fault("reason", f"it is none of {', '.join(REJECT_REASONS)}")
        case commands.CreatePackages(packages):
            if not packages:
                yield Fault("packages", "is empty; give at least one package, or use Pack")
            yield from form_faults(packages)
        case commands.UpdatePackage(package):
            yield from package_form_faults("package", package)
        case commands.Pack():
            yield from form_faults(action.packages)
            yield from _courier_faults(action.courier)
        case commands.SelectShippingOption(package_id):
            yield from _package_id_faults(package_id)
        case commands.UpdatePackageStatus():
            yield from _package_id_faults(action.package_id)
            yield from _status_faults(action)
        case commands.GenerateShipLabels():
            yield from _package_ids_faults(action.package_ids)
            yield from _courier_faults(action.courier)
        case commands.Ship(package_ids):
            yield from _package_ids_faults(package_ids)
        case commands.Confirm() | commands.GenerateInvoice() | commands.Refresh() | commands.CreateManifest():
            pass
        case _:
            assert_never(action)


def _package_id_faults(package_id: str) -> Iterator[Fault]:
    if not package_id:
        yield Fault("package_id", "is empty; name the package")


def _package_ids_faults(package_ids: Sequence[str]) -> Iterator[Fault]:
    for index, package_id in enumerate(package_ids):
        if not package_id:
            yield Fault(f"package_ids[{index}]", "is empty; name the package, or give no package_ids for all")
        elif package_id in package_ids[:index]:
            yield Fault(f"package_ids[{index}]", f"{package_id} is given twice; name each package once")


def _courier_faults(courier: Courier | None) -> Iterator[Fault]:
    if courier is not None:
        for name in ("carrier_name", "tracking_id"):
            if not getattr(courier, name):
                yield Fault(f"courier.{name}", "is empty; give the carrier's, or leave the courier out")


def _status_faults(action: commands.UpdatePackageStatus) -> Iterator[Fault]:
    if action.status not in DELIVERY_STATUSES:
        yield Fault("status", f"it is none of {', '.join(DELIVERY_STATUSES)}")
    if action.sub_status and action.sub_status not in SUB_STATUSES:
        yield Fault("sub_status", f"it is none of {', '.join(SUB_STATUSES)}")
    if len(action.reason) > LONGEST_REASON:
        yield Fault("reason", f"has {len(action.reason)} characters; shorten it to {LONGEST_REASON}")
