"""What must hold of a shipment before a command can do anything: its state, and the packages that it names."""

from collections.abc import Iterator

from connector.domain.orders.commands import Action, Fault, OrderCommand
from connector.domain.orders.facts.lifecycle import CLOSED, has_shipping_options, needs_invoice, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Program, Shipment, Status

_NEEDED = {
    Action.CREATE_PACKAGES: Status.CONFIRMED,
    Action.PACK: Status.CONFIRMED,
    Action.UPDATE_PACKAGE: Status.PACKAGE_CREATED,
    Action.SELECT_SHIPPING_OPTION: Status.PACKAGE_CREATED,
    Action.GENERATE_INVOICE: Status.PACKAGE_CREATED,
    Action.GENERATE_SHIP_LABELS: Status.PACKAGE_CREATED,
    Action.SHIP: Status.SHIPLABEL_GENERATED,
    Action.UPDATE_PACKAGE_STATUS: Status.SHIPLABEL_GENERATED,
}
_REMEDIES = {
    Status.CONFIRMED: "confirm it first",
    Status.PACKAGE_CREATED: "create its packages first",
    Status.SHIPLABEL_GENERATED: "generate its labels first",
    Status.SHIPPED: "hand it over first",
}
_TOO_LATE = {
    Action.UPDATE_PACKAGE: "its packages can't be changed any more",
    Action.SELECT_SHIPPING_OPTION: "how it ships can't be chosen any more",
}


def requirement_faults(command: OrderCommand, program: str, facts: Shipment) -> tuple[Fault, ...]:
    return tuple(_state_faults(command, facts)) or (
        *_package_faults(command, facts),
        *_program_faults(command, program, facts),
    )


def named_packages(command: OrderCommand, facts: Shipment) -> tuple[Package, ...]:
    """All where the command names none."""
    ids = command.package_ids or ((command.package_id,) if command.package_id else ())
    return tuple(package for package in facts.packages if not ids or package.package_id in ids)


def _state_faults(command: OrderCommand, facts: Shipment) -> Iterator[Fault]:
    needed = _NEEDED.get(command.action)
    if command.action is Action.UPDATE_PACKAGE_STATUS and _is_delivery(command):
        needed = Status.SHIPPED
    if needed is not None and not reached(facts.status, needed):
        remedy = f"the shipment is {facts.status}, {needed} is needed; {_REMEDIES[needed]}"
        yield Fault("action", remedy, may_be_outdated=True)
    if command.action is Action.REJECT and facts.status not in facts.rejectable_states:
        allowed = ", ".join(facts.rejectable_states) or "no state"
        remedy = f"the shipment is {facts.status}; Amazon lets it be rejected in {allowed}"
        yield Fault("action", remedy, may_be_outdated=True)
    if command.action in _TOO_LATE and facts.status in CLOSED:
        yield Fault("action", f"the shipment is {facts.status}; {_TOO_LATE[command.action]}")


def _package_faults(command: OrderCommand, facts: Shipment) -> Iterator[Fault]:
    known = [package.package_id for package in facts.packages]
    named = [(f"package_ids[{index}]", package_id) for index, package_id in enumerate(command.package_ids)]
    if command.package_id:
        named.append(("package_id", command.package_id))
    if command.action is Action.UPDATE_PACKAGE:
        named += [("package.package_id", package.package_id) for package in command.packages]
    for field, package_id in named:
        if package_id not in known:
            remedy = f"{package_id} is not in the shipment; its packages are {', '.join(known) or 'none'}"
            yield Fault(field, remedy, may_be_outdated=True)
    if not known and not command.package_ids and command.action in (Action.SHIP, Action.GENERATE_SHIP_LABELS):
        yield Fault("package_ids", "Amazon names no package of the shipment; create its packages", may_be_outdated=True)


def _program_faults(command: OrderCommand, program: str, facts: Shipment) -> Iterator[Fault]:
    match command.action:
        case Action.SELECT_SHIPPING_OPTION if not has_shipping_options(program):
            yield Fault("action", "Amazon chooses how to ship for Seller Flex; leave it out")
        case Action.GENERATE_INVOICE if not needs_invoice(program, facts):
            yield Fault("action", "Amazon makes no invoice for this shipment; leave it out")
        case Action.UPDATE_PACKAGE_STATUS if _is_delivery(command) and program in (
            Program.SELLER_FLEX,
            Program.EASY_SHIP,
        ):
            yield Fault("status", "delivery is reported by Amazon's carrier; only Self Ship reports its own")
        case _:
            pass


def _is_delivery(command: OrderCommand) -> bool:
    return bool(command.sub_status) or command.status == Status.DELIVERED
