"""What went wrong when it was tried: readings of shipments, and what is told of each."""

import json
from dataclasses import replace

from connector.domain.orders.commands import CommandOutcome, Reject
from connector.domain.orders.events import CancelledBy, OrderEventType
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.row import Change, ShipmentRow
from connector.domain.orders.steps import GetShipmentCall, RejectShipmentCall
from connector.domain.outcomes import Accepted
from tests.kit.amazon.case_answers import accepted_case
from tests.kit.amazon.client import ask
from tests.kit.cases import read_case
from tests.kit.orders.calls import LOST, ended, read
from tests.kit.orders.shipments import NOW, asked, seen, step_of


def facts_of(name: str, **changes: object) -> Shipment:
    facts: Shipment = accepted_case(name, changes=changes)
    return facts


def updated(before: Shipment, after: Shipment) -> Change:
    row = seen(None, before).row
    return seen(row, after, at_ms=NOW + 1)


def test_an_odd_side_fact_hides_no_order_and_is_named() -> None:
    change = seen(None, facts_of("side-fact-unreadable"))
    (event,) = change.orders
    assert (event.type, event.warnings) == (OrderEventType.ORDER_RECEIVED, ("earliestPackDateTime",))
    assert (event.snapshot.earliest_pack_at_ms, len(event.snapshot.line_items)) == (None, 1)
    assert [fact.raw for fact in change.unread] == ['"Fri Jan 12 00:00:00 GMT 2024"']
    assert change.row.hint is None
    later = facts_of("side-fact-unreadable", reason="changed", lastUpdatedDateTime="2026-03-02T10:00:00Z")
    (updated,) = (again := seen(change.row, later, at_ms=NOW + 1)).orders
    assert updated.warnings == event.warnings
    assert again.unread == (), "it is news once"


def test_a_fact_that_was_changed_elsewhere_is_told() -> None:
    before = facts_of("changed-elsewhere", earliestPackDateTime=None, lastUpdatedDateTime="2026-03-02T09:57:00Z")
    after = facts_of("changed-elsewhere")
    (event,) = updated(before, after).orders
    assert (event.type, event.changed) == (OrderEventType.ORDER_UPDATED, ("earliest_pack_at",))
    assert event.snapshot.earliest_pack_at_ms is not None


def test_one_unit_that_is_cancelled_is_told_and_the_order_goes_on() -> None:
    after = facts_of("one-line-cancelled")
    lines = tuple(replace(line, cancellations=()) for line in after.line_items)
    change = updated(replace(after, line_items=lines), after)
    (event,) = change.orders
    assert (event.type, event.status, event.changed) == (OrderEventType.ORDER_UPDATED, "CONFIRMED", ("cancellations",))
    assert [(item.line_item_id, item.sku, item.quantity) for item in event.cancelled_items] == [("L1", "SKU-1", 1)]
    assert event.snapshot.line_items[0].cancellations[0].quantity == 1
    assert change.cancellations == ()


def test_states_that_amazon_leaves_out_forbid_nothing() -> None:
    row = asked(seen(None, facts_of("reject-without-states")).row, Reject("OUT_OF_STOCK")).row
    assert isinstance(step_of(row).call, RejectShipmentCall)


def test_a_reject_whose_answer_was_lost_is_done_and_the_sellers() -> None:
    *_, last = read_case("timelines/reject-answer-lost")["steps"]
    outcome = ask("getShipment", json.dumps(last["body"]).encode(), about=["S1"]).outcome
    assert isinstance(outcome, Accepted)
    cancelled = outcome.value
    row: ShipmentRow = seen(None, replace(cancelled, status=Status.ACCEPTED, last_updated_at_ms=1)).row
    row = asked(row, Reject("OUT_OF_STOCK")).row
    row = ended(row, LOST, kind=RejectShipmentCall).row
    assert isinstance(step_of(row, NOW + 60_000).call, GetShipmentCall)
    change = read(row, cancelled, at_ms=NOW + 60_000)
    assert [result.outcome for result in change.results] == [CommandOutcome.DONE]
    (event,) = change.cancellations
    assert (event.cancelled_by, event.reason) == (CancelledBy.SELLER, "OUT_OF_STOCK")
