"""Orders that are seen late, early or again: which of them are told, and which confirm themselves."""

from dataclasses import replace

import pytest
from msgspec import structs

from connector.domain.orders.arrivals import is_told_by_our_calls, needs_confirming, take_command
from connector.domain.orders.commands import CommandOutcome, Confirm, Pack, Reject
from connector.domain.orders.events import OrderEventType
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import Hint, Rules, ShipmentRow
from connector.domain.orders.steps import ConfirmShipmentCall
from tests.kit.orders.calls import REFUSED, ended, made, read
from tests.kit.orders.shipments import NOW, asked, command, known, packed, seen, shipment, step_of

ITSELF = Rules(auto_confirm=True)
DAY_MS = 86_400_000
MONTH_MS = 31 * DAY_MS


def test_an_order_that_came_while_it_was_only_observed_confirms_itself_later() -> None:
    observed = known(shipment())
    assert needs_confirming(observed, ITSELF)
    row = seen(observed, shipment(), rules=ITSELF).row
    assert isinstance(step_of(row).call, ConfirmShipmentCall)
    again = seen(row, shipment(), rules=ITSELF).row
    assert len(again.queue) == 1
    done = made(row, ConfirmShipmentCall).row
    assert not needs_confirming(done, ITSELF)


def test_one_whose_confirmation_amazon_refused_does_not_again() -> None:
    row = seen(None, shipment(), rules=ITSELF).row
    row = ended(row, REFUSED, kind=ConfirmShipmentCall).row
    change = read(row, shipment())
    assert [result.outcome for result in change.results] == [CommandOutcome.REFUSED]
    assert not needs_confirming(change.row, ITSELF)


def test_one_that_the_oms_rejects_does_not() -> None:
    row = take_command(known(shipment()), command(Reject("OUT_OF_STOCK")), NOW).row
    assert not needs_confirming(row, ITSELF)


def test_one_that_is_announced_before_it_is_accepted_confirms_itself_when_it_is() -> None:
    early = replace(ITSELF, announce_created=True)
    row = seen(None, shipment(Status.CREATED), rules=early).row
    assert row.received
    assert row.queue == ()
    row = seen(row, shipment(last_updated_at_ms=2000), rules=early).row
    assert [work.command.command_id for work in row.queue] == ["auto-confirm-S1"]


@pytest.mark.parametrize("sub_status", ["UNDELIVERABLE", "LOST", "DAMAGED"])
def test_what_asks_for_a_claim_or_a_return_has_an_event_of_its_own(sub_status: str) -> None:
    row = known(packed(Status.SHIPPED))
    gone = packed(Status.SHIPPED, sub_status=sub_status, reason="truck fire", last_updated_at_ms=2000)
    change = seen(row, gone)
    assert [(event.type, event.snapshot.reason) for event in change.orders] == [(sub_status, "truck fire")]
    assert seen(change.row, replace(gone, last_updated_at_ms=3000)).orders == ()
    on_its_way = seen(row, packed(Status.SHIPPED, sub_status="OUT_FOR_DELIVERY", last_updated_at_ms=2000))
    assert [event.type for event in on_its_way.orders] == [OrderEventType.ORDER_UPDATED]


def test_marks_of_haste_are_counted() -> None:
    assert shipment().urgency == 0
    assert shipment(priority="HIGH").urgency == 1
    assert shipment(priority="HIGH", channel_attributes=("PRIME", "FASTTRACK", "OTHER")).urgency == 3
    assert asked(known(shipment()), Reject("OUT_OF_STOCK")).results == ()


BEFORE, AFTER = NOW - 1, NOW + 1


def confirmed() -> ShipmentRow:
    """By our call, settled at NOW; Pack waits."""
    row = made(asked(known(shipment()), Confirm()).row, ConfirmShipmentCall).row
    return structs.replace(asked(row, Pack(), command_id="C2").row, called_at_ms=NOW)


ECHO = shipment(Status.CONFIRMED, last_updated_at_ms=NOW)
ECHOES = {"what our call made": (ECHO, AFTER), "asked for before its answer": (shipment(), BEFORE)}


@pytest.mark.parametrize("name", ECHOES)
def test_a_list_that_shows_what_our_call_has_told_is_no_news(name: str) -> None:
    facts, sent_at_ms = ECHOES[name]
    assert is_told_by_our_calls(confirmed(), facts, sent_at_ms=sent_at_ms, now_ms=AFTER)
    assert seen(confirmed(), facts, at_ms=sent_at_ms).orders == ()


NEWS = {
    "another status": (shipment(Status.PACKAGE_CREATED, last_updated_at_ms=NOW), AFTER),
    "another fact": (replace(ECHO, priority="HIGH"), AFTER),
    "a time that our call does not explain": (replace(ECHO, last_updated_at_ms=NOW + 1), AFTER),
    "a cancellation, asked for before": (shipment(Status.CANCELLED, last_updated_at_ms=NOW), BEFORE),
}


@pytest.mark.parametrize("name", NEWS)
def test_anything_else_is(name: str) -> None:
    facts, sent_at_ms = NEWS[name]
    assert not is_told_by_our_calls(confirmed(), facts, sent_at_ms=sent_at_ms, now_ms=AFTER)


ROWS = {
    "done": lambda row: structs.replace(row, queue=()),
    "in doubt": lambda row: structs.replace(row, in_doubt=True),
    "hinted at": lambda row: structs.replace(row, hint=Hint("", NOW)),
    "unknown": lambda row: structs.replace(row, facts=None),
    "of a clock that was set back": lambda row: structs.replace(row, acted_at_ms=NOW + 3_600_000, called_at_ms=0),
}


@pytest.mark.parametrize("name", ROWS)
def test_and_so_is_everything_of_a_shipment(name: str) -> None:
    """That has nothing more to do, or of which something is to be found out."""
    assert not is_told_by_our_calls(ROWS[name](confirmed()), ECHO, sent_at_ms=AFTER, now_ms=AFTER)
