"""What is next for a command: a call to make, or its end; and the one final answer that its end makes (G5)."""

from dataclasses import dataclass

from connector.domain.ids import stable_id
from connector.domain.orders.commands import CommandOutcome, CommandResult, Fault, OrderCommand, describe
from connector.domain.orders.facts.documents import StoredDocument, Tracking
from connector.domain.orders.facts.shipping_options import Offer
from connector.domain.orders.steps import Step

INVALID_COMMAND = "INVALID_COMMAND"
NO_CODE = "PARKED"  # of a refusal for which Amazon gave none


@dataclass(frozen=True, slots=True)
class Make:
    """The command needs this call."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Nothing is missing, or nothing more can be done. `choice`: a shipping option for the row to keep as chosen."""

    outcome: CommandOutcome = CommandOutcome.DONE
    code: str = ""
    message: str = ""
    request_id: str = ""
    documents: tuple[StoredDocument, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    offers: tuple[Offer, ...] = ()
    choice: Offer | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Our own rules forbid it: no call is made."""

    faults: tuple[Fault, ...]


Plan = Make | Finish | Refuse


def result_of(command: OrderCommand, end: Finish | Refuse, now_ms: int) -> CommandResult:
    """Its id is made of the command's, so a repeat is recognisable."""
    if isinstance(end, Refuse):
        end = Finish(outcome=CommandOutcome.REFUSED, code=INVALID_COMMAND, message=describe(end.faults))
    return CommandResult(
        result_id=stable_id(command.merchant_id, command.command_id, "result"),
        command_id=command.command_id,
        merchant_id=command.merchant_id,
        shipment_id=command.shipment_id,
        action=command.action_name,
        outcome=end.outcome,
        settled_at_ms=now_ms,
        code=end.code,
        message=end.message,
        request_id=end.request_id,
        documents=end.documents,
        tracking=end.tracking,
        shipping_options=(end.choice,) if end.choice else end.offers,
    )
