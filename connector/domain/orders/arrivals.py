"""What comes in for a shipment, into its row: commands of the OMS, hints, and facts that Amazon tells.

Facts are adopted wherever the shipment stands, never backwards, each thing said once.
"""

from dataclasses import replace

from msgspec import structs

from connector.domain.orders.alerts import measures_alert
from connector.domain.orders.announcements import (
    Sight,
    cancellation_event,
    cancelled_by,
    is_announced,
    may_be_forgotten,
    order_events,
    state_events,
)
from connector.domain.orders.checks.form import command_faults
from connector.domain.orders.checks.queue import queue_fault
from connector.domain.orders.commands import Confirm, OrderCommand, Reject
from connector.domain.orders.events import CancelledBy, Via
from connector.domain.orders.facts.cancellations import rejected
from connector.domain.orders.facts.documents import DocumentKind
from connector.domain.orders.facts.lifecycle import CLOSED, may_go_back, program_of, rank
from connector.domain.orders.facts.shipment import LABEL_CANCELED, Shipment, Status
from connector.domain.orders.next_step import advance
from connector.domain.orders.results import Finish, Refuse, result_of
from connector.domain.orders.row import Change, Hint, Rules, ShipmentRow, Work, with_result

MAX_READINGS = 6  # Amazon's reads may lag its notifications; by then it is some 30 s
FIRST_REREAD_MS = 500
LONGEST_REREAD_MS = 60_000


def take_command(row: ShipmentRow | None, command: OrderCommand, now_ms: int) -> Change:
    """Queued, unless it is seen again (its result is published again) or can't be meant (refused at once).

    A shipment that is not known yet is read first.
    """
    row = row or ShipmentRow(merchant_id=command.merchant_id, shipment_id=command.shipment_id)
    known = next((result for result in row.done if result.command_id == command.command_id), None)
    if known is not None:
        return Change(row, results=(known,))
    if any(work.command.command_id == command.command_id for work in row.queue):
        return Change(row)
    if faults := command_faults(command):
        return _refuse(row, command, Refuse(faults), now_ms)
    if (full := queue_fault(row, command)) is not None:
        return _refuse(row, command, full, now_ms)
    # A first in the queue starts a turn: a reading under way is none that was made for it
    turn = row.turn if row.queue else row.turn + 1
    return advance(
        structs.replace(row, queue=(*row.queue, Work(command=command, taken_at_ms=now_ms)), turn=turn), now_ms
    )


def _refuse(row: ShipmentRow, command: OrderCommand, end: Finish | Refuse, now_ms: int) -> Change:
    result = result_of(command, end, now_ms)
    nobody = row.facts is None and not row.queue and row.hint is None
    return Change(
        structs.replace(
            row,
            done=with_result(row.done, result),
            final_at_ms=row.final_at_ms or (now_ms if nobody else None),
        ),
        results=(result,),
    )


def freed(row: ShipmentRow) -> ShipmentRow:
    """An operator says that the cause is mended: the next call need not wait. Its failures are forgotten only when it
    goes well."""
    return structs.replace(row, not_before_ms=0) if row.trouble is not None else row


def take_hint(
    row: ShipmentRow | None, merchant_id: str, shipment_id: str, status: str, now_ms: int, *, changed_at_ms: int = 0
) -> ShipmentRow | None:
    """The row with a reading asked for; None where the status (of Amazon's time `changed_at_ms`) is known already.

    `status` "": something changed, nobody knows what.
    """
    row = row or ShipmentRow(merchant_id=merchant_id, shipment_id=shipment_id)
    if row.hint is not None and rank(row.hint.status) >= rank(status):
        # To be read already, until at least that is seen. Of what nobody knows no answer shows that: a reading that is
        # under way may have been made before it
        return None if status else structs.replace(row, hint=replace(row.hint, at_ms=now_ms))
    if status and row.facts is not None and _is_known(row, row.facts, status, changed_at_ms):
        return None
    return structs.replace(row, hint=Hint(status, now_ms), final_at_ms=row.final_at_ms if row.facts else None)


def take_listed(
    row: ShipmentRow | None,
    facts: Shipment,
    via: Via,
    rules: Rules,
    *,
    merchant_id: str,
    sent_at_ms: int,
    now_ms: int,
) -> Change:
    """A shipment as a list shows it, asked for at `sent_at_ms`. The same row, unchanged, where it says nothing new."""
    before = row or ShipmentRow(merchant_id=merchant_id, shipment_id=facts.shipment_id)
    # An act that lies ahead was dated by a clock that has been set back since: until then no list would say anything
    fresh = sent_at_ms > before.acted_at_ms or before.acted_at_ms > now_ms
    change = adopt_facts(before, facts, via, rules, sent_at_ms=sent_at_ms, now_ms=now_ms, fresh=fresh)
    change = change.followed_by(advance(change.row, now_ms))
    return Change(row) if row is not None and change.row == row else change


def is_told_by_our_calls(row: ShipmentRow, facts: Shipment, *, sent_at_ms: int, now_ms: int) -> bool:
    """A list, asked for at `sent_at_ms`, shows a shipment that our calls take further, and nothing that they have not
    told: it was asked for before the last of them was settled, or it shows what that one made, with Amazon's time of
    it. That time is adopted by what a list shows once the commands are done."""
    known = row.facts
    if known is None or row.hint is not None or row.in_doubt or row.trouble is not None or row.head is None:
        return False
    if sent_at_ms <= row.acted_at_ms <= now_ms:
        return facts.status != Status.CANCELLED
    if facts.status != known.status or not known.last_updated_at_ms <= facts.last_updated_at_ms <= row.called_at_ms:
        return False
    return replace(facts, last_updated_at_ms=known.last_updated_at_ms) == known


def adopt_facts(
    row: ShipmentRow, facts: Shipment, via: Via, rules: Rules, *, sent_at_ms: int, now_ms: int, fresh: bool
) -> Change:
    """`fresh`: asked for after our last own act, so that it shows it; what is not says nothing but a cancellation."""
    if not fresh and facts.status != Status.CANCELLED:
        return Change(row)
    row = _heed_hint(row, facts, sent_at_ms, now_ms)
    if row.facts is not None and is_outdated(row, row.facts, facts):
        return Change(row)
    return move_facts(row, facts, Sight(via, facts.last_updated_at_ms), rules, now_ms)


def move_facts(row: ShipmentRow, facts: Shipment, sight: Sight, rules: Rules, now_ms: int) -> Change:
    """The row with new facts, and what they tell."""
    known = row.facts
    facts = _with_known_packages(known, _with_our_reject(row, facts))
    row = structs.replace(
        row,
        facts=facts,
        program=program_of(facts, rules.program),
        original_shipment_id=facts.original_shipment.shipment_id
        if facts.original_shipment
        else row.original_shipment_id,
        final_at_ms=_final_at_ms(row, facts, now_ms),
    )
    if known is not None and rank(facts.status) < rank(known.status) and may_go_back(known.status, facts.status):
        row = structs.replace(without_packing(row), repacked=row.repacked + 1)
    if known is not None and facts.sub_status == LABEL_CANCELED != known.sub_status:
        row = without_labels(row)
    unread = facts.unread if known is None or known.unread != facts.unread else ()
    if not row.received and not is_announced(facts, rules):
        return Change(row, unread=unread)
    if not row.received and may_be_forgotten(facts, rules, now_ms):
        row = structs.replace(row, received=True)
        orders = state_events(row, facts, sight, "")
    elif not row.received:
        row = _received(row, facts, rules)
        orders = order_events(None, facts, row, sight)
    else:
        orders = order_events(known, facts, row, sight)
    row = confirm_by_itself(row, rules, now_ms)
    alerts = tuple(measures_alert(event, now_ms) for event in orders if event.differing_measures)
    before = known.status if known else ""
    if facts.status != Status.CANCELLED or before == Status.CANCELLED:
        return Change(row, orders, unread=unread, alerts=alerts)
    return Change(row, orders, (cancellation_event(before, facts, row, sight),), unread=unread, alerts=alerts)


def without_labels(row: ShipmentRow) -> ShipmentRow:
    """Amazon cancelled them: neither the carrier nor a manifest takes them any more."""
    others = tuple(document for document in row.documents if document.kind is not DocumentKind.SHIP_LABEL)
    return structs.replace(row, documents=others, tracking=(), without_file=())


def without_packing(row: ShipmentRow) -> ShipmentRow:
    """A package was changed: options, invoice and labels are void (process-shipment guide)."""
    return structs.replace(row, offers=(), documents=(), tracking=(), without_file=())


def reread_wait_ms(failures: int) -> int:
    """Before a further look, after so many that were in vain."""
    return int(min(FIRST_REREAD_MS * 2 ** min(failures, 10), LONGEST_REREAD_MS))


def unseen(row: ShipmentRow, hint: Hint, now_ms: int) -> ShipmentRow:
    """A reading did not show what the hint said: read again, some times."""
    if hint.readings + 1 >= MAX_READINGS:
        return structs.replace(row, hint=None)
    later_ms = now_ms + reread_wait_ms(hint.readings)
    return structs.replace(row, hint=replace(hint, readings=hint.readings + 1), not_before_ms=later_ms)


def _with_our_reject(row: ShipmentRow, facts: Shipment) -> Shipment:
    """Amazon does not always say who cancelled: where a Reject of ours may have been made, it was."""
    action = row.head.command.action if row.head and (row.head.begun or row.in_doubt) else None
    if facts.status != Status.CANCELLED or cancelled_by(facts) is not CancelledBy.UNKNOWN:
        return facts
    return rejected(facts, action.reason, facts.last_updated_at_ms) if isinstance(action, Reject) else facts


def _with_known_packages(known: Shipment | None, facts: Shipment) -> Shipment:
    """Amazon need not say how far a package is: then it is as far as is known, unless the shipment went back."""
    if known is None or rank(facts.status) < rank(known.status) or all(one.status for one in facts.packages):
        return facts
    before = {package.package_id: package.status for package in known.packages}
    return replace(
        facts,
        packages=tuple(
            package if package.status else replace(package, status=before.get(package.package_id, ""))
            for package in facts.packages
        ),
    )


def _received(row: ShipmentRow, facts: Shipment, rules: Rules) -> ShipmentRow:
    return structs.replace(row, received=True, allocations=rules.allocate(facts))


def needs_confirming(row: ShipmentRow, rules: Rules) -> bool:
    """Its location confirms by itself, and neither the OMS nor we have said anything yet: an order that came while the
    merchant was only observed, too."""
    if not rules.auto_confirm or not row.received or row.facts is None or row.facts.status != Status.ACCEPTED:
        return False
    asked = any(isinstance(work.command.action, Confirm | Reject) for work in row.queue)
    rejected = any(result.action == Reject.__name__ for result in row.done)
    return not asked and not rejected and all(result.command_id != _auto_confirm_id(row) for result in row.done)


def confirm_by_itself(row: ShipmentRow, rules: Rules, now_ms: int) -> ShipmentRow:
    """The row itself where that is not to be."""
    if not needs_confirming(row, rules):
        return row
    confirm = OrderCommand(
        command_id=_auto_confirm_id(row),
        merchant_id=row.merchant_id,
        shipment_id=row.shipment_id,
        action=Confirm(),
        issued_at_ms=now_ms,
    )
    return structs.replace(row, queue=(*row.queue, Work(command=confirm, taken_at_ms=now_ms)))


def _auto_confirm_id(row: ShipmentRow) -> str:
    return f"auto-confirm-{row.shipment_id}"


def _final_at_ms(row: ShipmentRow, facts: Shipment, now_ms: int) -> int | None:
    if facts.status not in CLOSED:
        return None
    return row.final_at_ms if row.facts and row.facts.status == facts.status else now_ms


def _is_known(row: ShipmentRow, facts: Shipment, status: str, changed_at_ms: int) -> bool:
    if may_go_back(facts.status, status) and facts.status != status:
        behind = rank(status) < rank(facts.status)
        return behind and changed_at_ms <= max(facts.last_updated_at_ms, row.called_at_ms)
    return facts.status == status or -1 < rank(status) < rank(facts.status)


def is_outdated(row: ShipmentRow, known: Shipment, facts: Shipment) -> bool:
    """Facts of Amazon's that are not adopted: they are older than what is known, or a copy that lags."""
    if facts.last_updated_at_ms < known.last_updated_at_ms or known.status == Status.CANCELLED != facts.status:
        return True
    if rank(facts.status) >= rank(known.status) or rank(facts.status) < 0:
        return False
    if row.in_doubt and row.head is not None and row.head.refusal is not None:
        return False  # Amazon refused the next step and shows why: an earlier one was never done, whatever it answered
    # Back by a package update, after our last call; else a copy of Amazon's that lags
    return not may_go_back(known.status, facts.status) or facts.last_updated_at_ms < row.called_at_ms


def _heed_hint(row: ShipmentRow, facts: Shipment, sent_at_ms: int, now_ms: int) -> ShipmentRow:
    hint = row.hint
    # A hint that lies ahead was dated by a clock that has been set back since: until then no reading would be the last
    if hint is None or sent_at_ms < hint.at_ms <= now_ms:
        return row
    if rank(facts.status) >= rank(hint.status) or may_go_back(facts.status, hint.status):
        return structs.replace(row, hint=None)
    return unseen(row, hint, now_ms)
