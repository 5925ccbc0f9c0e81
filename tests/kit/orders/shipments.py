"""Shipments, rows and commands to start tests from."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from connector.domain.orders.arrivals import take_command, take_hint, take_listed
from connector.domain.orders.commands import Action, CommandOutcome, CommandResult, OrderCommand
from connector.domain.orders.events import Via
from connector.domain.orders.facts.packages import Length, Package, PackageItem, RecommendedPackage, Weight
from connector.domain.orders.facts.shipment import INDIA, LineItem, Program, Shipment, Status
from connector.domain.orders.next_step import plan_next_call
from connector.domain.orders.row import Change, Rules, ShipmentRow
from connector.domain.orders.steps import Step, StepCall

C = TypeVar("C", bound=StepCall)

MERCHANT = "M1"
SHIPMENT = "S1"
NOW = 1_000_000
RULES = Rules()
CHANNELS = {
    Program.SELLER_FLEX: ("FBA", "MARKETPLACE"),
    Program.EASY_SHIP: ("MFN", "MARKETPLACE"),
    Program.SELF_SHIP: ("MFN", "SELF"),
}
LINES = (LineItem(line_item_id="L1", sku="A", quantity=2), LineItem(line_item_id="L2", sku="B", quantity=1))


def cm(value: int | str) -> Length:
    return Length(Decimal(value), "CM")


def grams(value: int | str) -> Weight:
    return Weight(Decimal(value), "G")


RECOMMENDED = RecommendedPackage(
    line_item_ids=("L1", "L2"), length=cm(30), width=cm(20), height=cm(10), weight=grams(500)
)


def package(package_id: str = "P1", **changes: Any) -> Package:
    whole = Package(
        package_id=package_id,
        length=cm(30),
        width=cm(20),
        height=cm(10),
        weight=grams(500),
        items=(PackageItem(line_item_id="L1", quantity=2), PackageItem(line_item_id="L2", quantity=1)),
    )
    return replace(whole, **changes)


def shipment(status: str = Status.ACCEPTED, program: Program = Program.SELF_SHIP, **changes: Any) -> Shipment:
    channel, shipping_type = CHANNELS[program]
    made = Shipment(
        shipment_id=SHIPMENT,
        location_id="LOC",
        marketplace_id=INDIA,
        channel_name=channel,
        shipping_type=shipping_type,
        status=status,
        created_at_ms=1,
        last_updated_at_ms=1000,
        line_items=LINES,
        order_id="O1",
        rejectable_states=(Status.ACCEPTED, Status.CONFIRMED),
        recommended_packages=(RECOMMENDED,),
        ship_by_ms=5_000_000,
    )
    return replace(made, **changes)


def packed(status: str, program: Program = Program.SELF_SHIP, **changes: Any) -> Shipment:
    package_status = "CREATED" if status == Status.PACKAGE_CREATED else status
    return shipment(status, program, **{"packages": (package(status=package_status),)} | changes)


def known(facts: Shipment, rules: Rules = RULES) -> ShipmentRow:
    """A row that has read the facts and said so."""
    return seen(None, facts, rules=rules).row


def seen(
    row: ShipmentRow | None, facts: Shipment, *, at_ms: int = NOW, took_ms: int = 0, rules: Rules = RULES
) -> Change:
    now_ms = at_ms + took_ms
    return take_listed(row, facts, Via.POLL, rules, merchant_id=MERCHANT, sent_at_ms=at_ms, now_ms=now_ms)


def later(facts: Shipment, status: str = "", **changes: object) -> Shipment:
    made = replace(facts, last_updated_at_ms=facts.last_updated_at_ms + 1000, **changes)  # type: ignore[arg-type]  # any field
    return replace(made, status=status or facts.status)


def hint(row: ShipmentRow | None, status: str, *, at_ms: int = NOW, changed_at_ms: int = 0) -> ShipmentRow | None:
    return take_hint(row, MERCHANT, SHIPMENT, status, at_ms, changed_at_ms=changed_at_ms)


def command(action: Action, command_id: str = "C1", **envelope: Any) -> OrderCommand:
    return OrderCommand(command_id=command_id, merchant_id=MERCHANT, shipment_id=SHIPMENT, action=action, **envelope)


def asked(row: ShipmentRow | None, action: Action, **envelope: Any) -> Change:
    return take_command(row, command(action, **envelope), NOW)


def step_of(row: ShipmentRow, now_ms: int = NOW) -> Step:
    step = plan_next_call(row, now_ms)
    assert step is not None
    return step


def call_of(step: Step, kind: type[C]) -> C:
    assert isinstance(step.call, kind)
    return step.call


def only_result(change: Change) -> CommandResult:
    (result,) = change.results
    return result


def refusal_of(change: Change) -> str:
    result = only_result(change)
    assert (result.outcome, result.code) == (CommandOutcome.REFUSED, "INVALID_COMMAND")
    assert plan_next_call(change.row, NOW) is None, "no call is made for a refused command"
    return result.message
