"""What became of a step: the row after it, and what to publish.

Only a matched turn counts. What may have been done is read first: done is adopted, not done is repeated (G1).
"""

import re
from dataclasses import replace
from typing import assert_never

from msgspec import structs

from connector.domain import outcomes
from connector.domain.orders import steps
from connector.domain.orders.announcements import Sight
from connector.domain.orders.arrivals import adopt_facts, move_facts, reread_wait_ms, unseen
from connector.domain.orders.effects import LabelCall, Labels, StepValue, apply_to_facts, apply_to_row
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.needs.label_files import settle_labels
from connector.domain.orders.next_step import advance, end_head, is_awaited, refused_by_amazon
from connector.domain.orders.row import Change, Rules, ShipmentRow, StepRefusal, StepTrouble, Work
from connector.domain.orders.steps import Step, is_repeatable, key_of, request_key
from connector.domain.quarantine import SLOW_BEAT_MS, troubled, wait_ms

ALREADY = re.compile(r"\balready\b", re.IGNORECASE)
FIRST_INVOICE_WAIT_MS = 30_000
MAX_CONFLICTS = 8  # "in progress" ends some day; by then it is a minute and more


def needs_settling(step: Step, outcome: outcomes.Outcome[StepValue]) -> bool:
    """False: nothing happened at Amazon, or the step is harmless to repeat, so the lane makes the same call again."""
    return outcomes.is_final(outcome) or (outcomes.may_have_applied(outcome) and not is_repeatable(step.call))


def settle_step(
    row: ShipmentRow,
    step: Step,
    outcome: outcomes.Outcome[StepValue],
    rules: Rules,
    *,
    sent_at_ms: int,
    now_ms: int,
) -> Change:
    """The row itself where the outcome is late, foreign, or only the lane's to repeat."""
    if step.turn != row.turn or not needs_settling(step, outcome) or not _is_ours(row, step):
        return Change(row)
    match outcome:
        case outcomes.Accepted(_, value):
            change = _accepted(row, step, value, rules, sent_at_ms, now_ms)
        case outcomes.Refused(answer):
            change = _refused(_answered(row, step), step, answer, rules, sent_at_ms, now_ms)
        case outcomes.Conflict(answer):
            reading = isinstance(step.call, steps.GetShipmentCall)
            change = _strange(row, step, outcome, now_ms) if reading else _conflict(row, step, answer, now_ms)
        case outcomes.Forbidden() | outcomes.Unknown():
            change = _strange(row, step, outcome, now_ms)
        case outcomes.Throttled() | outcomes.Unavailable() | outcomes.Unauthorized():
            change = _in_doubt(row, now_ms)
        case _:
            assert_never(outcome)
    row = change.row
    if row.turn == step.turn:
        change = replace(change, row=structs.replace(row, turn=row.turn + 1))
    return change.followed_by(advance(change.row, now_ms))


def _is_ours(row: ShipmentRow, step: Step) -> bool:
    """Anything but a reading is of the head command."""
    if isinstance(step.call, steps.GetShipmentCall):
        return True
    return row.head is not None and row.head.command.command_id == step.command_id


def _accepted(row: ShipmentRow, step: Step, value: StepValue, rules: Rules, sent_at_ms: int, now_ms: int) -> Change:
    before = row.trouble
    row = structs.replace(_answered(row, step), not_before_ms=0)
    if isinstance(value, Shipment):
        return _read(row, value, rules, sent_at_ms, now_ms)
    if row.facts is None or row.head is None:
        return Change(row)
    facts = apply_to_facts(row.facts, step.call, value, now_ms)
    settled = (*row.head.settled, *_settled(step.call, value))
    work = structs.replace(row.head, settled=settled, doubts=0, conflicts=0, invoice_waits=0, refusal=None)
    row = structs.replace(row.with_head(work), in_doubt=False, called_at_ms=sent_at_ms, acted_at_ms=now_ms)
    row = apply_to_row(row, step.call, value, now_ms)
    change = move_facts(row, facts, Sight(Via.COMMAND, now_ms), rules, now_ms)
    if isinstance(value, Labels) and isinstance(step.call, LabelCall):
        return change.followed_by(settle_labels(change.row, step.call, value, before, now_ms))
    return change


def _settled(call: steps.StepCall, value: StepValue) -> tuple[str, ...]:
    """The call's key. Of a label call, that of the packages whose labels Amazon made."""
    if not isinstance(value, Labels) or not isinstance(call, LabelCall):
        return (key_of(call),)
    made = value.made_of(call.package_ids)
    return (key_of(structs.replace(call, package_ids=made)),) if made else ()


def _read(row: ShipmentRow, facts: Shipment, rules: Rules, sent_at_ms: int, now_ms: int) -> Change:
    via = Via.NOTIFICATION if row.hint else Via.COMMAND
    change = adopt_facts(row, facts, via, rules, sent_at_ms=sent_at_ms, now_ms=now_ms, fresh=True)
    row = structs.replace(change.row, in_doubt=False)
    if row.head is not None:
        row = row.with_head(structs.replace(row.head, read=True))
    return replace(change, row=row)


def _refused(
    row: ShipmentRow, step: Step, answer: outcomes.Answer, rules: Rules, sent_at_ms: int, now_ms: int
) -> Change:
    """It may be refused because it is done already: read. A refused reading leaves nothing to wait for."""
    if not isinstance(step.call, steps.GetShipmentCall):
        if _is_done_already(row, step, answer):
            return _accepted(row, step, None, rules, sent_at_ms, now_ms)
        refusal = _refusal(step, answer)
        if isinstance(step.call, steps.GenerateShipLabelsCall) and row.head and not row.head.reoffered:
            return Change(_reoffered(row, row.head, step.call, refusal))
        if row.head and row.facts:
            waits = row.head.invoice_waits + 1 if is_awaited(step.call, row.facts) else 0
            row = row.with_head(structs.replace(row.head, invoice_waits=waits))
            row = structs.replace(row, not_before_ms=now_ms + invoice_wait_ms(waits) if waits else row.not_before_ms)
        return Change(_doubt(row, refusal=refusal))
    if row.head is not None:
        return end_head(row, refused_by_amazon(row, row.head.command, _refusal(step, answer)), now_ms)
    return Change(_unread(row, now_ms))


def _unread(row: ShipmentRow, now_ms: int) -> ShipmentRow:
    """A reading for a hint alone brought nothing: it is made again some times."""
    if row.hint is not None:
        row = unseen(row, row.hint, now_ms)
    if row.hint is None and row.facts is None:
        row = structs.replace(row, final_at_ms=now_ms)
    return row


def _strange(row: ShipmentRow, step: Step, outcome: outcomes.Strange | outcomes.Conflict, now_ms: int) -> Change:
    """Some tries, then a slow beat. What nobody waits for but a hint is given up after a day: the lists show it too."""
    key, known = key_of(step.call), row.trouble
    before = known.trouble if known is not None and known.key == key else None
    trouble = troubled(before, outcome.answer, now_ms)
    if row.head is None and trouble.is_overdue(0, now_ms):
        return Change(structs.replace(row, hint=None, final_at_ms=row.final_at_ms if row.facts else now_ms))
    if outcomes.may_have_applied(outcome) and not is_repeatable(step.call) and row.head is not None:
        row = _doubt(row.with_head(structs.replace(row.head, doubts=row.head.doubts + 1)), refusal=None)
    return Change(structs.replace(row, trouble=StepTrouble(key, trouble), not_before_ms=now_ms + wait_ms(trouble)))


def _answered(row: ShipmentRow, step: Step) -> ShipmentRow:
    """Amazon answered the step, one way or the other: what was strange about it is over."""
    return structs.replace(row, trouble=None) if row.trouble and row.trouble.key == key_of(step.call) else row


def _is_done_already(row: ShipmentRow, step: Step, answer: outcomes.Answer) -> bool:
    """A report that is refused as made already, of a package whose state no reading shows."""
    if not isinstance(step.call, steps.UpdatePackageStatusCall) or row.facts is None:
        return False
    package_id = step.call.package_id
    shown = any(package.status for package in row.facts.packages if package.package_id == package_id)
    return not shown and ALREADY.search(answer.error_text) is not None


def _reoffered(row: ShipmentRow, work: Work, call: steps.GenerateShipLabelsCall, refusal: StepRefusal) -> ShipmentRow:
    """Shipping options expire, and Amazon does not say that this is why: they are asked for anew, once."""
    if not call.shipping_option_id:
        return _doubt(row, refusal=refusal)
    offers = tuple(
        replace(offer, refused=True) if offer.package_id in call.package_ids else offer for offer in row.offers
    )
    return _doubt(structs.replace(row.with_head(structs.replace(work, reoffered=True)), offers=offers), refusal=None)


def _conflict(row: ShipmentRow, step: Step, answer: outcomes.Answer, now_ms: int) -> Change:
    if row.head is None:
        return Change(row)
    conflicts = row.head.conflicts + 1
    refusal = _refusal(step, answer) if conflicts >= MAX_CONFLICTS else None
    row = _doubt(row, refusal=refusal)
    if row.head is not None:
        row = row.with_head(structs.replace(row.head, conflicts=conflicts))
    return Change(structs.replace(row, not_before_ms=now_ms + reread_wait_ms(conflicts)))


def invoice_wait_ms(waits: int) -> int:
    """Before an invoice that Amazon is still making is asked for once more."""
    return min(FIRST_INVOICE_WAIT_MS << min(waits - 1, 8), SLOW_BEAT_MS)


def _refusal(step: Step, answer: outcomes.Answer) -> StepRefusal:
    return StepRefusal(request_key(step.call), answer.code, answer.message, answer.request_id)


def _in_doubt(row: ShipmentRow, now_ms: int) -> Change:
    """The reading waits: what Amazon has not done yet, it may still be doing."""
    if row.head is None:
        return Change(row)
    doubts = row.head.doubts + 1
    row = _doubt(row.with_head(structs.replace(row.head, doubts=doubts)), refusal=None)
    return Change(structs.replace(row, not_before_ms=now_ms + reread_wait_ms(doubts)))


def _doubt(row: ShipmentRow, refusal: StepRefusal | None) -> ShipmentRow:
    if row.head is None:
        return row
    return structs.replace(row.with_head(structs.replace(row.head, refusal=refusal)), in_doubt=True)
