"""The one final answer to a command (G5). Its id is made of the command's, so a repeat is recognisable."""

from connector.domain.orders.commands import CommandOutcome, CommandResult, Fault, OrderCommand, describe
from connector.domain.orders.events import stable_id
from connector.domain.orders.facts.documents import StoredDocument, Tracking

INVALID_COMMAND = "INVALID_COMMAND"


def result_of(
    command: OrderCommand,
    outcome: CommandOutcome,
    now_ms: int,
    *,
    code: str = "",
    message: str = "",
    request_id: str = "",
    documents: tuple[StoredDocument, ...] = (),
    tracking: tuple[Tracking, ...] = (),
) -> CommandResult:
    return CommandResult(
        result_id=stable_id(command.merchant_id, command.command_id, "result"),
        command_id=command.command_id,
        merchant_id=command.merchant_id,
        shipment_id=command.shipment_id,
        action=command.action,
        outcome=outcome,
        settled_at_ms=now_ms,
        code=code,
        message=message,
        request_id=request_id,
        documents=documents,
        tracking=tracking,
    )


def refused(command: OrderCommand, faults: tuple[Fault, ...], now_ms: int) -> CommandResult:
    """No call was made."""
    return result_of(command, CommandOutcome.REFUSED, now_ms, code=INVALID_COMMAND, message=describe(faults))


def done(
    command: OrderCommand,
    now_ms: int,
    documents: tuple[StoredDocument, ...] = (),
    tracking: tuple[Tracking, ...] = (),
    message: str = "",
) -> CommandResult:
    return result_of(command, CommandOutcome.DONE, now_ms, message=message, documents=documents, tracking=tracking)
