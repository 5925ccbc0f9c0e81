"""The queue of a shipment's commands: the head's next call, or how it ends, one command after the other (G4, G5)."""

from dataclasses import replace

from connector.domain.orders.announcements import cancelled_by
from connector.domain.orders.commands import Action, CommandOutcome, CommandResult
from connector.domain.orders.events import CancelledBy
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.needs.commands import Done, next_need
from connector.domain.orders.results import done, refused, result_of
from connector.domain.orders.row import MAX_KEPT_RESULTS, Change, Offer, ShipmentRow, StepRefusal, Work
from connector.domain.orders.steps import Step, StepKind


def judge(row: ShipmentRow, work: Work, now_ms: int) -> Step | tuple[CommandResult, Offer | None]:
    """The head's next call, or its end (and a shipping option chosen by it)."""
    command, facts = work.command, row.facts
    if facts is not None and facts.status == Status.CANCELLED and command.action is not Action.REFRESH:
        return _cancelled(work, facts, now_ms), None
    if row.in_doubt:
        return row.step(StepKind.READ)
    expired = command.is_expired(now_ms) and not work.begun
    if facts is None:
        return (_expired(work, now_ms), None) if expired else row.step(StepKind.READ)
    need = next_need(row, work, facts)
    match need:
        case Done(documents, tracking, message, choice):
            return done(command, now_ms, documents, tracking, message), choice
        case _ if expired:
            return _expired(work, now_ms), None
        case Step():
            if work.refusal is None or work.refusal.key != need.key:
                return need
            return refuse(work, work.refusal, row, now_ms), None
        case faults:
            if not work.read and any(fault.may_be_outdated for fault in faults):
                return row.step(StepKind.READ)
            return refused(command, faults, now_ms), None


def advance(row: ShipmentRow, now_ms: int) -> Change:
    """Ends what needs no call: done already, refused by our own rules, expired, cancelled."""
    results: tuple[CommandResult, ...] = ()
    while row.head is not None:
        verdict = judge(row, row.head, now_ms)
        if isinstance(verdict, Step):
            break
        result, choice = verdict
        row = end_head(_with_choice(row, choice), result)
        results = (*results, result)
    return Change(row, results=results)


def end_head(row: ShipmentRow, result: CommandResult) -> ShipmentRow:
    return replace(
        row,
        queue=row.queue[1:],
        done=(*row.done, result)[-MAX_KEPT_RESULTS:],
        turn=row.turn + 1,
        in_doubt=False,
        not_before_ms=0,
    )


def refuse(work: Work, refusal: StepRefusal, row: ShipmentRow, now_ms: int) -> CommandResult:
    """Amazon's no; the documents that were had before it are not lost."""
    packed = work.command.action in (Action.PACK, Action.GENERATE_SHIP_LABELS)
    return result_of(
        work.command,
        CommandOutcome.REFUSED,
        now_ms,
        code=refusal.code,
        message=refusal.message,
        request_id=refusal.request_id,
        documents=row.documents if packed else (),
        tracking=row.tracking if packed else (),
    )


def _cancelled(work: Work, facts: Shipment, now_ms: int) -> CommandResult:
    who = cancelled_by(facts)
    if work.command.action is Action.REJECT and who is CancelledBy.SELLER:
        return done(work.command, now_ms)
    return result_of(
        work.command,
        CommandOutcome.CANCELLED,
        now_ms,
        code="CANCELLED",
        message=f"the shipment was cancelled ({who}); nothing more is done for it",
    )


def _expired(work: Work, now_ms: int) -> CommandResult:
    message = "not begun when it expired; send a new command if it is still wanted"
    return result_of(work.command, CommandOutcome.EXPIRED, now_ms, code="EXPIRED", message=message)


def _with_choice(row: ShipmentRow, choice: Offer | None) -> ShipmentRow:
    if choice is None:
        return row
    offers = tuple(choice if offer.package_id == choice.package_id else offer for offer in row.offers)
    return replace(row, offers=offers)
