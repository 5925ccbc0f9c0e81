"""Calls and their outcomes, one after the other."""

from connector.domain.orders.arrivals import take_command
from connector.domain.orders.commands import OrderCommand
from connector.domain.orders.effects import StepValue
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import Change, ShipmentRow
from connector.domain.orders.settlement import settle_step
from connector.domain.orders.steps import GetShipmentCall, StepCall
from connector.domain.outcomes import Accepted, Answer, Conflict, Outcome, Refused, Unavailable
from tests.kit.orders.shipments import NOW, RULES, refusal_of, step_of

OK = Answer(http_status=200)
NO = Answer(http_status=400, code="InvalidInput", message="Invalid workflow state", request_id="r-1")
LOST: Outcome[StepValue] = Unavailable(Answer())
BUSY: Outcome[StepValue] = Conflict(Answer(http_status=409, code="DuplicateRequest", message="in progress"))
REFUSED: Outcome[StepValue] = Refused(NO)


def ended(
    row: ShipmentRow, outcome: Outcome[StepValue], *, kind: type[StepCall] | None = None, at_ms: int = NOW
) -> Change:
    """The planned call is made and comes to `outcome`; `kind`: what it must be."""
    step = step_of(row, at_ms)
    assert kind in (None, type(step.call))
    return settle_step(row, step, outcome, RULES, sent_at_ms=at_ms, now_ms=at_ms)


def made(row: ShipmentRow, kind: type[StepCall], value: StepValue = None, *, at_ms: int = NOW) -> Change:
    return ended(row, Accepted(OK, value), kind=kind, at_ms=at_ms)


def read(row: ShipmentRow, facts: Shipment, *, at_ms: int = NOW) -> Change:
    return made(row, GetShipmentCall, facts, at_ms=at_ms)


def refuse_after_reading(row: ShipmentRow, command: OrderCommand) -> str:
    """Read once, as known: nothing else is called."""
    assert row.facts is not None
    change = take_command(row, command, NOW)
    assert change.results == ()
    return refusal_of(read(change.row, row.facts))
