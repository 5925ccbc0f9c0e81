"""The queue of a shipment's commands: the head's next call, or how it ends, one command after the other (G4, G5)."""

from dataclasses import dataclass, replace
from typing import assert_never

from msgspec import structs

from connector.domain.orders.announcements import cancelled_by
from connector.domain.orders.commands import CommandOutcome, GenerateShipLabels, OrderCommand, Pack, Refresh, Reject
from connector.domain.orders.events import CancelledBy
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.facts.shipping_options import Offer
from connector.domain.orders.needs.commands import next_need
from connector.domain.orders.results import NO_CODE, Finish, Make, Plan, Refuse, result_of
from connector.domain.orders.row import Change, ShipmentRow, StepRefusal, StepTrouble, Work, with_result
from connector.domain.orders.steps import (
    CreatePackagesCall,
    GenerateInvoiceCall,
    GetShipmentCall,
    RetrieveInvoiceCall,
    Step,
    StepCall,
    key_of,
    request_key,
)
from connector.domain.quarantine import OVERDUE_MS

PENDING, AVAILABLE = "PENDING", "AVAILABLE"  # shipmentRequirements.invoice.status
READING = key_of(GetShipmentCall())
_JUDGED = "judged"

EXPIRED = Finish(
    outcome=CommandOutcome.EXPIRED,
    code="EXPIRED",
    message="not begun when it expired; send a new command if it is still wanted",
)


def plan_next_call(row: ShipmentRow, now_ms: int) -> Step | None:
    """None: nothing to call, or the head has ended by time alone.

    A hint goes first: what changed at Amazon may be a cancellation.
    """
    plan = judge(row, now_ms)
    match plan:
        case Finish() | Refuse():
            return None
        case Make() | None if row.hint is not None:
            return row.step(GetShipmentCall())
        case Make(step):
            return step
        case None:
            return None
        case _:
            assert_never(plan)


def has_ended(row: ShipmentRow, now_ms: int) -> bool:
    """The head of the queue needs no call any more, so `advance` ends it."""
    return isinstance(judge(row, now_ms), Finish | Refuse)


def earliest_ms(row: ShipmentRow, step: Step) -> int | None:
    """From when on, by Amazon's clock, it takes the step (Shipment.earliestPackDateTime); None: at any time."""
    is_packing = isinstance(step.call, CreatePackagesCall)
    return row.facts.earliest_pack_at_ms if row.facts is not None and is_packing else None


def is_too_early(row: ShipmentRow, now_ms: int) -> bool:
    """The head of the queue waits for Amazon to take its packages."""
    step = plan_next_call(row, now_ms)
    early_ms = None if step is None else earliest_ms(row, step)
    return early_ms is not None and early_ms > now_ms


def doubted(row: ShipmentRow) -> ShipmentRow:
    """A row as recovered: the call for its head may have been made, by a worker that could not tell."""
    return structs.replace(row, in_doubt=True) if row.queue and not row.in_doubt else row


def ends_at_ms(row: ShipmentRow, now_ms: int) -> int | None:
    """When time alone may end the head of the queue next, None where it never does."""
    if row.head is None:
        return None
    times = [row.head.command.expires_at_ms]
    if row.head.invoice_waits:
        times.append(row.head.taken_at_ms + OVERDUE_MS)
    if row.trouble is not None and row.is_parked:
        times.append(row.trouble.trouble.overdue_at_ms(row.head.taken_at_ms))
    return min((at_ms for at_ms in times if at_ms is not None and at_ms > now_ms), default=None)


@dataclass(frozen=True, slots=True)
class _Judged:
    """`until_ms`: from then on time alone may bring another plan; None: it never does."""

    plan: Plan
    from_ms: int
    until_ms: int | None


def judge(row: ShipmentRow, now_ms: int) -> Plan | None:
    """For the head of the queue, None where there is none. It is asked several times between two changes of a row, so
    the row remembers it."""
    known: _Judged | None = row.__dict__.get(_JUDGED)
    if known is not None and known.from_ms <= now_ms and (known.until_ms is None or now_ms < known.until_ms):
        return known.plan
    if row.head is None:
        return None
    plan = _judge(row, row.head, now_ms)
    row.__dict__[_JUDGED] = _Judged(plan, now_ms, _until_ms(row, row.head, now_ms))
    return plan


def _until_ms(row: ShipmentRow, work: Work, now_ms: int) -> int | None:
    """The next of all times that a plan is judged by, whether it brings another one or not."""
    times = [work.command.expires_at_ms, work.taken_at_ms + OVERDUE_MS, *(offer.ends_at_ms for offer in row.offers)]
    if row.trouble is not None:
        times.append(row.trouble.trouble.overdue_at_ms(work.taken_at_ms))
    return min((at_ms for at_ms in times if at_ms is not None and at_ms > now_ms), default=None)


def _judge(row: ShipmentRow, work: Work, now_ms: int) -> Plan:
    plan, trouble = _plan(row, work, now_ms), row.trouble
    if not isinstance(plan, Make) or trouble is None:
        return plan
    failing = trouble.trouble
    if not work.command.is_expired(now_ms) and not failing.is_overdue(work.taken_at_ms, now_ms):
        return plan
    refusal = StepRefusal(trouble.key, failing.code or NO_CODE, failing.message, failing.request_id)
    return refused_by_amazon(row, work.command, refusal)


def _plan(row: ShipmentRow, work: Work, now_ms: int) -> Plan:
    command, facts = work.command, row.facts
    if facts is not None and facts.status == Status.CANCELLED and not isinstance(command.action, Refresh):
        return _cancelled(command, facts)
    if row.in_doubt:
        return Make(row.step(GetShipmentCall()))
    expired = command.is_expired(now_ms) and not work.begun and row.trouble is None
    if facts is None:
        return EXPIRED if expired else Make(row.step(GetShipmentCall()))
    plan = next_need(row, work, facts, now_ms)
    match plan:
        case Finish():
            return plan
        case Make() | Refuse() if expired:
            return EXPIRED
        case Make(step) if work.refusal is not None and work.refusal.key == request_key(step.call):
            awaited = is_awaited(step.call, facts) or (work.invoice_waits and facts.invoice_status == AVAILABLE)
            return plan if awaited and not _is_late(work, now_ms) else refused_by_amazon(row, command, work.refusal)
        case Make() if command.is_expired(now_ms) and work.is_stuck:
            return _stopped(row, work)
        case Make():
            return plan
        case Refuse(faults):
            if not work.read and any(fault.may_be_outdated for fault in faults):
                return Make(row.step(GetShipmentCall()))
            return plan
        case _:
            assert_never(plan)


def is_awaited(call: StepCall, facts: Shipment) -> bool:
    """Amazon says that it is still making the invoice: not there yet is not a refusal."""
    return isinstance(call, GenerateInvoiceCall | RetrieveInvoiceCall) and facts.invoice_status == PENDING


def _is_late(work: Work, now_ms: int) -> bool:
    return work.command.is_expired(now_ms) or now_ms >= work.taken_at_ms + OVERDUE_MS


def _stopped(row: ShipmentRow, work: Work) -> Finish:
    """With what there is: an expiry ends every step, also of a command that was begun."""
    done = ", ".join(dict.fromkeys(work.settled)) or "none"
    return Finish(
        outcome=CommandOutcome.EXPIRED,
        code="EXPIRED",
        message=f"begun, but not done when it expired; steps done: {done}",
        documents=row.documents,
        tracking=row.tracking,
        offers=row.offers,
    )


def advance(row: ShipmentRow, now_ms: int) -> Change:
    """Ends what needs no call: done already, refused by our own rules, expired, cancelled, parked for too long."""
    change = Change(row)
    while (plan := judge(change.row, now_ms)) is not None:
        match plan:
            case Make():
                break
            case Finish() | Refuse():
                change = change.followed_by(end_head(change.row, plan, now_ms))
            case _:
                assert_never(plan)
    row = change.row
    if row.trouble is not None and not _is_needed(row, row.trouble, now_ms):
        return replace(change, row=structs.replace(row, trouble=None, not_before_ms=0))
    return change


def _is_needed(row: ShipmentRow, trouble: StepTrouble, now_ms: int) -> bool:
    """Somebody still waits for the call that fails. A list may have shown what a reading was wanted for."""
    if trouble.key != READING:
        return row.head is not None
    step = plan_next_call(row, now_ms)
    return step is not None and isinstance(step.call, GetShipmentCall)


def end_head(row: ShipmentRow, end: Finish | Refuse, now_ms: int) -> Change:
    """The row itself where no command waits."""
    if row.head is None:
        return Change(row)
    result = result_of(row.head.command, end, now_ms)
    failing = row.trouble if row.trouble is not None and row.trouble.key == READING else None
    choice = end.choice if isinstance(end, Finish) else None
    row = structs.replace(
        row if choice is None else _with_choice(row, choice),
        queue=row.queue[1:],
        done=with_result(row.done, result),
        turn=row.turn + 1,
        in_doubt=False,
        trouble=failing,
        not_before_ms=row.not_before_ms if failing else 0,
    )
    return Change(row, results=(result,))


def refused_by_amazon(row: ShipmentRow, command: OrderCommand, refusal: StepRefusal) -> Finish:
    """In Amazon's words; the documents that were had before it are not lost."""
    packed = isinstance(command.action, Pack | GenerateShipLabels)
    return Finish(
        outcome=CommandOutcome.REFUSED,
        code=refusal.code,
        message=refusal.message,
        request_id=refusal.request_id,
        documents=row.documents if packed else (),
        tracking=row.tracking if packed else (),
        offers=row.offers if packed else (),
    )


def _cancelled(command: OrderCommand, facts: Shipment) -> Finish:
    who = cancelled_by(facts)
    if isinstance(command.action, Reject) and who is CancelledBy.SELLER:
        return Finish()
    return Finish(
        outcome=CommandOutcome.CANCELLED,
        code="CANCELLED",
        message=f"the shipment was cancelled ({who}); nothing more is done for it",
    )


def _with_choice(row: ShipmentRow, choice: Offer) -> ShipmentRow:
    offers = tuple(choice if offer.package_id == choice.package_id else offer for offer in row.offers)
    return structs.replace(row, offers=offers)
