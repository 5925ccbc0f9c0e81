"""A shipment whose call fails strangely: tried some times, parked, answered in Amazon's words, freed."""

from dataclasses import replace

import pytest
from msgspec import structs

from connector.domain.alerts import AlertKind
from connector.domain.orders.alerts import alerts_told, standing_alert
from connector.domain.orders.arrivals import freed, take_hint
from connector.domain.orders.commands import CommandOutcome, Confirm, GenerateInvoice, Refresh
from connector.domain.orders.effects import StepValue
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.next_step import advance, ends_at_ms, plan_next_call
from connector.domain.orders.row import Change, ShipmentRow
from connector.domain.orders.steps import ConfirmShipmentCall, GetShipmentCall, RetrieveInvoiceCall
from connector.domain.outcomes import Answer, Conflict, Forbidden, Outcome, Unknown
from connector.domain.quarantine import OVERDUE_MS, SLOW_BEAT_MS, SLOWEST_BEAT_MS, SPREAD, TRIES
from tests.kit.orders.calls import ended, made, read
from tests.kit.orders.packing_calls import INVOICE
from tests.kit.orders.shipments import (
    MERCHANT,
    NOW,
    SHIPMENT,
    asked,
    known,
    only_result,
    packed,
    seen,
    shipment,
    step_of,
)

SAID = Answer(http_status=403, code="Forbidden", message="Access to the resource is denied", request_id="r-9")
FORBIDDEN: Outcome[StepValue] = Forbidden(SAID)
UNREADABLE: Outcome[StepValue] = Unknown(
    Answer(http_status=200, message="document.content: no base64", request_id="r-8")
)
LATER = NOW + 3_600_000


def failed(row: ShipmentRow, outcome: Outcome[StepValue], times: int = TRIES) -> ShipmentRow:
    """The planned calls, each as early as it may be made."""
    for _ in range(times):
        at_ms = max(NOW, row.not_before_ms)
        row = ended(row, outcome, at_ms=at_ms).row
    return row


def test_it_is_tried_some_times_then_at_a_slow_beat() -> None:
    row, waits = asked(None, Refresh()).row, []
    for _ in range(TRIES + 6):
        at_ms = max(NOW, row.not_before_ms)
        row = ended(row, FORBIDDEN, kind=GetShipmentCall, at_ms=at_ms).row
        waits.append(row.not_before_ms - at_ms)
    assert waits[: TRIES - 1] == [1000, 2000, 4000, 8000]
    assert SLOW_BEAT_MS <= waits[TRIES - 1] <= SLOW_BEAT_MS * (1 + SPREAD)
    assert waits == sorted(waits)
    assert waits[-1] == SLOWEST_BEAT_MS


@pytest.mark.parametrize("outcome", [FORBIDDEN, UNREADABLE, Conflict(Answer(http_status=409, code="Conflict"))])
def test_a_reading_that_fails_strangely_has_one_alert_until_it_goes_well(outcome: Outcome[StepValue]) -> None:
    row = failed(asked(None, Refresh()).row, outcome, TRIES - 1)
    assert standing_alert(row) is None
    parked = failed(row, outcome, 1)
    (raised,) = alerts_told(row, parked, NOW)
    assert (raised.kind, raised.subject, raised.ended_at_ms) == (AlertKind.SHIPMENT_PARKED, SHIPMENT, None)
    again = failed(parked, outcome, 2)
    assert list(alerts_told(parked, again, NOW)) == []
    well = read(again, shipment(), at_ms=again.not_before_ms).row
    (over,) = alerts_told(again, well, LATER)
    assert (over.alert_id, over.ended_at_ms) == (raised.alert_id, LATER)
    assert well.not_before_ms == 0


def test_a_parked_command_ends_when_it_expires_in_amazons_words() -> None:
    row = failed(asked(None, Refresh(), expires_at_ms=LATER).row, FORBIDDEN)
    assert advance(row, LATER - 1).results == ()
    assert ends_at_ms(row, NOW) == LATER
    end = advance(row, LATER)
    result = only_result(end)
    assert (result.outcome, result.code, result.request_id) == (CommandOutcome.REFUSED, "Forbidden", "r-9")
    assert result.message == SAID.message
    assert standing_alert(end.row) is None, "nothing is asked any more"
    assert plan_next_call(end.row, LATER) is None


def test_without_an_expiry_it_ends_when_a_day_has_passed() -> None:
    row = failed(asked(None, Refresh()).row, FORBIDDEN)
    due_ms = ends_at_ms(row, NOW)
    assert due_ms == NOW + OVERDUE_MS
    assert advance(row, due_ms - 1).results == ()
    assert only_result(advance(row, due_ms)).outcome is CommandOutcome.REFUSED


def test_a_command_that_came_later_has_a_day_of_its_own() -> None:
    row = failed(asked(None, Refresh()).row, FORBIDDEN)
    halfway_ms = NOW + OVERDUE_MS // 2
    second = structs.replace(
        row.queue[0], command=replace(row.queue[0].command, command_id="C2"), taken_at_ms=halfway_ms
    )
    end = advance(structs.replace(row, queue=(*row.queue, second)), NOW + OVERDUE_MS)
    assert [result.command_id for result in end.results] == ["C1"]
    assert end.row.not_before_ms == row.not_before_ms, "the reading is no sooner for the next command"
    assert ends_at_ms(end.row, NOW + OVERDUE_MS) == halfway_ms + OVERDUE_MS


def test_not_parked_yet_it_is_refused_in_amazons_words_when_it_expires() -> None:
    row = failed(asked(None, Refresh(), expires_at_ms=LATER).row, FORBIDDEN, 2)
    assert only_result(advance(row, LATER)).code == "Forbidden"


def test_what_is_done_already_is_done_though_it_is_parked() -> None:
    row = failed(asked(known(shipment()), Confirm(), expires_at_ms=LATER).row, FORBIDDEN)
    assert row.facts is not None
    confirmed = structs.replace(row, facts=replace(row.facts, status=Status.CONFIRMED))
    assert only_result(advance(confirmed, LATER)).outcome is CommandOutcome.DONE


def test_a_forbidden_step_was_not_made_so_nothing_is_read_before_it_is_tried_again() -> None:
    row = failed(asked(known(shipment()), Confirm()).row, FORBIDDEN, 1)
    assert isinstance(step_of(row).call, ConfirmShipmentCall)


def test_a_step_of_which_nobody_knows_is_tried_again_only_after_a_reading() -> None:
    row = failed(asked(known(shipment()), Confirm()).row, UNREADABLE, 1)
    assert isinstance(step_of(row).call, GetShipmentCall)
    row = read(row, shipment(), at_ms=row.not_before_ms).row
    assert isinstance(step_of(row).call, ConfirmShipmentCall)


def test_readings_in_between_do_not_make_it_forget_the_failures() -> None:
    row, calls = asked(known(shipment()), Confirm(), expires_at_ms=LATER).row, 0
    at_ms = NOW
    while at_ms < LATER:
        reading = isinstance(step_of(row, at_ms).call, GetShipmentCall)
        row = (read(row, shipment(), at_ms=at_ms) if reading else ended(row, UNREADABLE, at_ms=at_ms)).row
        calls += 1
        at_ms = max(at_ms + 100, row.not_before_ms)
    assert calls <= 20, "no key is called more than 20 times in an hour"
    assert row.is_parked
    assert only_result(advance(row, LATER)).outcome is CommandOutcome.REFUSED


def test_an_invoice_that_can_not_be_read_parks_and_names_what_could_not() -> None:
    facts = packed(Status.INVOICE_GENERATED)
    row = asked(known(facts), GenerateInvoice(), expires_at_ms=LATER).row
    assert isinstance(step_of(row).call, RetrieveInvoiceCall)
    row = failed(row, UNREADABLE)
    assert row.is_parked
    result = only_result(advance(row, LATER))
    assert (result.outcome, result.request_id) == (CommandOutcome.REFUSED, "r-8")
    assert "document.content" in result.message
    assert result.code, "a refusal has a code"


def test_an_operator_frees_it_and_it_goes_on() -> None:
    row = failed(asked(known(packed(Status.INVOICE_GENERATED)), GenerateInvoice()).row, UNREADABLE, TRIES + 2)
    sooner = freed(row)
    assert step_of(sooner).not_before_ms == 0
    assert standing_alert(sooner) == standing_alert(row), "it stands until it goes well"
    assert failed(sooner, UNREADABLE, 1).not_before_ms - NOW >= SLOW_BEAT_MS
    end = made(sooner, RetrieveInvoiceCall, INVOICE)
    assert only_result(end).outcome is CommandOutcome.DONE
    assert standing_alert(end.row) is None
    assert freed(known(shipment())) == known(shipment())


def test_a_list_that_shows_what_the_reading_was_for_frees_the_shipment() -> None:
    hinted = take_hint(known(shipment()), MERCHANT, SHIPMENT, Status.CONFIRMED, NOW)
    assert hinted is not None
    row = failed(asked(hinted, GenerateInvoice()).row, FORBIDDEN)
    assert row.is_parked
    listed = seen(row, packed(Status.PACKAGE_CREATED, last_updated_at_ms=2000), at_ms=NOW + 60_000)
    assert standing_alert(listed.row) is None
    assert step_of(listed.row).not_before_ms == 0


def test_a_hint_alone_is_given_up_after_a_day() -> None:
    row = take_hint(None, MERCHANT, SHIPMENT, Status.ACCEPTED, NOW)
    assert row is not None
    change, readings = Change(row), 0
    while change.row.hint is not None:
        at_ms = max(NOW, change.row.not_before_ms)
        change = ended(change.row, FORBIDDEN, kind=GetShipmentCall, at_ms=at_ms)
        readings += 1
    assert at_ms - NOW <= OVERDUE_MS + SLOWEST_BEAT_MS
    assert readings < 70
    assert standing_alert(change.row) is None
    assert change.row.forgettable_since_ms == at_ms
