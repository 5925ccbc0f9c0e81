"""What is wrong with a command whatever its shipment is: found before anything is read or called."""

from collections.abc import Iterator, Sequence

from connector.domain.orders.checks.packing import form_faults, package_form_faults
from connector.domain.orders.commands import Action, Fault, OrderCommand
from connector.domain.orders.facts.shipment import PackageStatus

REJECT_REASONS = ("OUT_OF_STOCK", "CUSTOMER_REQUESTED")
SUB_STATUSES = ("OUT_FOR_DELIVERY", "DELIVERED", "NOT_DELIVERED", "UNDELIVERABLE")
LONGEST_REASON = 128  # PackageDeliveryStatus.reason in the published model
DELIVERY_STATUSES = tuple(status for status in PackageStatus if status is not PackageStatus.CANCELLED)


def command_faults(command: OrderCommand) -> tuple[Fault, ...]:
    return tuple(_faults(command))


def _faults(command: OrderCommand) -> Iterator[Fault]:
    if not command.shipment_id and command.action is not Action.CREATE_MANIFEST:
        yield Fault("shipment_id", "is empty; name the shipment")
    match command.action:
        case Action.REJECT:
            if command.reason not in REJECT_REASONS:
                yield Fault("reason", f"{command.reason!r} is none of {', '.join(REJECT_REASONS)}")
        case Action.CREATE_PACKAGES:
            if not command.packages:
                yield Fault("packages", "is empty; give at least one package, or use Pack")
            yield from form_faults(command.packages)
        case Action.UPDATE_PACKAGE:
            if len(command.packages) != 1:
                yield Fault("package", f"exactly one is needed, {len(command.packages)} are given")
            for package in command.packages:
                yield from package_form_faults("package", package)
        case Action.PACK:
            yield from form_faults(command.packages)
            yield from _courier_faults(command)
        case Action.SELECT_SHIPPING_OPTION:
            yield from _package_id_faults(command)
        case Action.UPDATE_PACKAGE_STATUS:
            yield from _package_id_faults(command)
            yield from _status_faults(command)
        case Action.GENERATE_SHIP_LABELS:
            yield from _package_ids_faults(command.package_ids)
            yield from _courier_faults(command)
        case Action.SHIP:
            yield from _package_ids_faults(command.package_ids)
        case Action.CONFIRM | Action.GENERATE_INVOICE | Action.REFRESH | Action.CREATE_MANIFEST:
            pass


def _package_id_faults(command: OrderCommand) -> Iterator[Fault]:
    if not command.package_id:
        yield Fault("package_id", "is empty; name the package")


def _package_ids_faults(package_ids: Sequence[str]) -> Iterator[Fault]:
    for index, package_id in enumerate(package_ids):
        if not package_id:
            yield Fault(f"package_ids[{index}]", "is empty; name the package, or give no package_ids for all")
        elif package_id in package_ids[:index]:
            yield Fault(f"package_ids[{index}]", f"{package_id} is given twice; name each package once")


def _courier_faults(command: OrderCommand) -> Iterator[Fault]:
    if command.courier is not None:
        for name in ("carrier_name", "tracking_id"):
            if not getattr(command.courier, name):
                yield Fault(f"courier.{name}", "is empty; give the carrier's, or leave the courier out")


def _status_faults(command: OrderCommand) -> Iterator[Fault]:
    if command.status not in DELIVERY_STATUSES:
        yield Fault("status", f"{command.status!r} is none of {', '.join(DELIVERY_STATUSES)}")
    if command.sub_status and command.sub_status not in SUB_STATUSES:
        yield Fault("sub_status", f"{command.sub_status!r} is none of {', '.join(SUB_STATUSES)}")
    if len(command.reason) > LONGEST_REASON:
        yield Fault("reason", f"has {len(command.reason)} characters; shorten it to {LONGEST_REASON}")
