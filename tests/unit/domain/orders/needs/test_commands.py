"""Commands, one after the other: what is called, what is adopted, how each ends (G4, G5, effects once)."""

from dataclasses import replace
from typing import get_args

import pytest
from msgspec import structs

from connector.domain.orders.commands import CommandOutcome, Confirm, Pack, Refresh, Reject, Ship
from connector.domain.orders.effects import StepValue
from connector.domain.orders.events import CancelledBy, OrderEventType, Via
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.shipment import INDIA, Program, Status
from connector.domain.orders.next_step import advance, doubted, has_ended, plan_next_call
from connector.domain.orders.row import Change
from connector.domain.orders.settlement import MAX_CONFLICTS, needs_settling, settle_step
from connector.domain.orders.steps import (
    ConfirmShipmentCall,
    CreatePackagesCall,
    GenerateInvoiceCall,
    GenerateShipLabelsCall,
    GetShipmentCall,
    RejectShipmentCall,
    RetrieveInvoiceCall,
    RetrieveShippingOptionsCall,
    Step,
    StepCall,
)
from connector.domain.outcomes import Accepted, Outcome, Throttled, Unauthorized, Unavailable, Unknown
from tests.kit.orders.calls import BUSY, LOST, OK, REFUSED, ended, made, read
from tests.kit.orders.packing_calls import GERMANY, INVOICE, kinds, label, run
from tests.kit.orders.samples import filled
from tests.kit.orders.shipments import (
    NOW,
    RULES,
    asked,
    call_of,
    known,
    only_result,
    package,
    packed,
    seen,
    shipment,
    step_of,
)

PACKING = CreatePackagesCall, RetrieveShippingOptionsCall, GenerateInvoiceCall, GenerateShipLabelsCall


@pytest.mark.parametrize(
    ("program", "marketplace", "calls"),
    [
        (Program.SELF_SHIP, GERMANY, [*PACKING]),
        (Program.EASY_SHIP, INDIA, [*PACKING]),
        (Program.EASY_SHIP, GERMANY, [PACKING[0], PACKING[1], PACKING[3]]),
        (Program.SELLER_FLEX, GERMANY, [PACKING[0], PACKING[2], PACKING[3]]),
    ],
)
def test_pack_is_the_programs_whole_sequence(program: Program, marketplace: str, calls: list[type[StepCall]]) -> None:
    steps, change = run(asked(known(shipment(Status.CONFIRMED, program, marketplace_id=marketplace)), Pack()))
    assert [type(step.call) for step in steps] == calls
    assert call_of(steps[-1], GenerateShipLabelsCall).shipping_option_id == (
        "" if program is Program.SELLER_FLEX else "BEST=="
    )
    result = only_result(change)
    assert result.outcome is CommandOutcome.DONE
    invoices = [INVOICE] if GenerateInvoiceCall in calls else []
    assert result.documents == (*invoices, label("S1-1"))
    assert result.tracking == (Tracking("S1-1", "ATS", "T-S1-1"),)
    assert [event.observed_via for event in change.orders] == [Via.COMMAND] * len(calls)


def test_no_invoice_is_made_where_amazon_requires_none() -> None:
    facts = shipment(Status.CONFIRMED, invoice_requirement="NOT_REQUIRED")
    assert GenerateInvoiceCall not in kinds(asked(known(facts), Pack()))


def test_pack_goes_on_where_the_shipment_stands() -> None:
    assert kinds(asked(known(packed(Status.INVOICE_GENERATED)), Pack())) == [
        RetrieveShippingOptionsCall,
        RetrieveInvoiceCall,
        GenerateShipLabelsCall,
    ]


def test_commands_run_in_order_one_at_a_time() -> None:
    change = asked(known(shipment()), Confirm())
    change = change.followed_by(asked(change.row, Pack(), command_id="C2"))
    change = change.followed_by(asked(change.row, Ship(), command_id="C3"))
    steps, change = run(change)
    assert [step.command_id for step in steps] == ["C1", "C2", "C2", "C2", "C2", "C3"]
    assert [(result.command_id, result.outcome) for result in change.results] == [
        ("C1", CommandOutcome.DONE),
        ("C2", CommandOutcome.DONE),
        ("C3", CommandOutcome.DONE),
    ]
    assert change.orders[-1].type is OrderEventType.SHIPPED


def test_a_command_for_an_unknown_shipment_reads_it_first() -> None:
    row = asked(None, Confirm()).row
    assert isinstance(step_of(row).call, GetShipmentCall)
    assert isinstance(step_of(read(row, shipment()).row).call, ConfirmShipmentCall)


def test_a_command_for_a_shipment_that_amazon_does_not_know_is_refused_in_amazons_words() -> None:
    result = only_result(ended(asked(None, Confirm()).row, REFUSED, kind=GetShipmentCall))
    assert (result.outcome, result.code, result.message) == (
        CommandOutcome.REFUSED,
        "InvalidInput",
        "Invalid workflow state",
    )


def test_what_was_done_elsewhere_is_done() -> None:
    change = asked(known(shipment(Status.CONFIRMED)), Confirm())
    assert only_result(change).outcome is CommandOutcome.DONE
    assert plan_next_call(change.row, NOW) is None


def test_a_command_seen_again_is_not_run_again() -> None:
    change = asked(known(shipment()), Confirm())
    assert asked(change.row, Confirm()) == Change(change.row)
    done = made(change.row, ConfirmShipmentCall)
    again = asked(structs.replace(done.row, facts=shipment()), Confirm())
    assert again.results == done.results
    assert plan_next_call(again.row, NOW) is None


def test_a_call_in_doubt_is_settled_by_reading() -> None:
    row = ended(asked(known(shipment()), Confirm()).row, LOST, kind=ConfirmShipmentCall).row
    step = step_of(row)
    assert (type(step.call), step.in_doubt, step.not_before_ms) == (GetShipmentCall, True, NOW + 1000)
    adopted = read(row, replace(shipment(Status.CONFIRMED), last_updated_at_ms=2000))
    assert only_result(adopted).outcome is CommandOutcome.DONE
    assert [event.type for event in adopted.orders] == [OrderEventType.ORDER_CONFIRMED]
    assert isinstance(step_of(read(row, shipment()).row).call, ConfirmShipmentCall)


def test_a_409_is_neither_success_nor_failure_until_it_stays() -> None:
    row = asked(known(shipment()), Confirm()).row
    for _ in range(MAX_CONFLICTS):
        row = ended(row, BUSY, kind=ConfirmShipmentCall).row
        assert isinstance(step_of(row).call, GetShipmentCall)
        change = read(row, shipment())
        row = change.row
    result = only_result(change)
    assert (result.outcome, result.code, result.message) == (CommandOutcome.REFUSED, "DuplicateRequest", "in progress")


def test_a_refusal_is_amazons_unless_the_step_is_done_already() -> None:
    row = ended(asked(known(shipment()), Confirm()).row, REFUSED, kind=ConfirmShipmentCall).row
    refused = only_result(read(row, shipment()))
    assert (refused.outcome, refused.code, refused.message, refused.request_id) == (
        CommandOutcome.REFUSED,
        "InvalidInput",
        "Invalid workflow state",
        "r-1",
    )
    assert only_result(read(row, shipment(Status.CONFIRMED))).outcome is CommandOutcome.DONE


def test_a_step_that_amazon_accepted_and_never_did_is_made_again() -> None:
    row = asked(known(shipment(Status.CONFIRMED)), Pack()).row
    row = made(row, CreatePackagesCall).row
    row = ended(row, REFUSED, kind=RetrieveShippingOptionsCall).row
    row = read(row, shipment(Status.CONFIRMED)).row
    assert isinstance(step_of(made(row, CreatePackagesCall).row).call, RetrieveShippingOptionsCall)
    row = ended(row, LOST, kind=CreatePackagesCall).row
    there = read(row, packed(Status.PACKAGE_CREATED, packages=(package("S1-1"),), last_updated_at_ms=2000))
    assert isinstance(step_of(there.row).call, RetrieveShippingOptionsCall), "the former refusal is settled"


UNKNOWN: Outcome[StepValue] = Unknown(OK)
REPEATED: list[Outcome[StepValue]] = [Throttled(OK), Unauthorized(OK), Unavailable(OK, sent=False)]


@pytest.mark.parametrize("outcome", REPEATED)
def test_a_call_that_did_nothing_is_the_lanes_to_repeat(outcome: Outcome[StepValue]) -> None:
    row = asked(known(shipment()), Confirm()).row
    assert not needs_settling(step_of(row), outcome)
    assert ended(row, outcome).row is row


STEPS = [Step(merchant_id="M1", shipment_id="S1", call=filled(kind)) for kind in get_args(StepCall)]


def test_only_what_is_harmless_to_ask_again_is_repeated_when_its_answer_was_lost() -> None:
    repeated = {type(step.call) for step in STEPS if not needs_settling(step, LOST)}
    assert repeated == {GetShipmentCall, RetrieveShippingOptionsCall, RetrieveInvoiceCall}


def test_what_nobody_can_read_is_settled_and_not_asked_again_at_once() -> None:
    assert all(needs_settling(step, UNKNOWN) for step in STEPS)


@pytest.mark.parametrize("outcome", [Accepted(OK, None), REFUSED, BUSY, LOST])
def test_an_outcome_of_another_turn_changes_nothing(outcome: Outcome[StepValue]) -> None:
    row = asked(known(shipment()), Confirm()).row
    late = replace(step_of(row), turn=row.turn - 1)
    assert settle_step(row, late, outcome, RULES, sent_at_ms=NOW, now_ms=NOW) == Change(row)


def test_a_recovered_command_is_read_first() -> None:
    row = doubted(asked(known(shipment()), Confirm()).row)
    assert isinstance(step_of(row).call, GetShipmentCall)
    idle = known(shipment())
    assert doubted(idle) is idle


def test_a_command_that_is_not_begun_expires_and_one_that_goes_on_does_not() -> None:
    row = asked(known(shipment()), Confirm(), expires_at_ms=NOW + 10).row
    assert isinstance(step_of(row, NOW + 9).call, ConfirmShipmentCall)
    assert plan_next_call(row, NOW + 10) is None
    assert has_ended(row, NOW + 10)
    assert not has_ended(row, NOW + 9)
    result = only_result(advance(row, NOW + 10))
    assert (result.outcome, result.code) == (CommandOutcome.EXPIRED, "EXPIRED")
    begun = made(asked(known(shipment(Status.CONFIRMED)), Pack(), expires_at_ms=NOW + 10).row, CreatePackagesCall).row
    assert isinstance(step_of(begun, NOW + 10).call, RetrieveShippingOptionsCall)


def test_no_step_is_made_again_once_its_command_has_expired() -> None:
    row = asked(known(shipment()), Confirm(), expires_at_ms=NOW + 10).row
    begun = ended(row, LOST, kind=ConfirmShipmentCall).row
    assert only_result(read(begun, shipment(Status.CONFIRMED), at_ms=NOW + 10)).outcome is CommandOutcome.DONE
    result = only_result(read(begun, shipment(), at_ms=NOW + 10))
    assert (result.outcome, result.message) == (
        CommandOutcome.EXPIRED,
        "begun, but not done when it expired; steps done: none",
    )


def test_an_expired_command_is_not_run() -> None:
    result = only_result(asked(None, Pack(), expires_at_ms=NOW))
    assert result.message == "not begun when it expired; send a new command if it is still wanted"


def test_a_customers_cancellation_in_the_middle_of_pack_ends_it() -> None:
    row = made(asked(known(shipment(Status.CONFIRMED)), Pack()).row, CreatePackagesCall).row
    cancelled = seen(row, shipment(Status.CANCELLED, last_updated_at_ms=2000))
    assert only_result(cancelled).outcome is CommandOutcome.CANCELLED
    assert plan_next_call(cancelled.row, NOW) is None


def test_reject_cancels_the_shipment_under_one_reference() -> None:
    row = asked(known(shipment()), Reject(reason="OUT_OF_STOCK")).row
    row = asked(row, Pack(), command_id="C2").row
    call = call_of(step_of(row), RejectShipmentCall)
    assert (call.reason, call.line_item_ids) == ("OUT_OF_STOCK", ("L1", "L2"))
    assert call.reference_id
    lost = read(ended(row, LOST).row, shipment()).row
    assert step_of(lost).call == call
    change = made(lost, RejectShipmentCall)
    assert [result.outcome for result in change.results] == [CommandOutcome.DONE, CommandOutcome.CANCELLED]
    (event,) = change.cancellations
    assert (event.cancelled_by, event.reason_code) == (CancelledBy.SELLER, "OUT_OF_STOCK")


def test_refresh_reads_what_is_known_already() -> None:
    change = read(asked(known(shipment()), Refresh()).row, shipment())
    assert only_result(change).outcome is CommandOutcome.DONE


def test_refresh_does_not_take_a_reading_that_was_under_way() -> None:
    row = known(shipment())
    reading = row.step(GetShipmentCall())
    row = asked(row, Refresh()).row
    answer: Outcome[StepValue] = Accepted(OK, shipment())
    assert settle_step(row, reading, answer, RULES, sent_at_ms=NOW, now_ms=NOW) == Change(row)


def test_pack_of_a_shipment_shipped_elsewhere_says_that_its_labels_are_gone() -> None:
    facts = packed(Status.SHIPPED, invoice_requirement="NOT_REQUIRED")
    result = only_result(asked(known(facts), Pack()))
    assert (result.outcome, result.message) == (
        CommandOutcome.DONE,
        "shipped already; Amazon gives no label of P1 any more",
    )


def test_a_result_has_one_id_however_often_it_is_made() -> None:
    first = made(asked(known(shipment()), Confirm()).row, ConfirmShipmentCall)
    second = made(asked(known(shipment()), Confirm()).row, ConfirmShipmentCall, at_ms=NOW + 7)
    assert only_result(first).result_id == only_result(second).result_id
    assert [event.event_id for event in first.orders] == [event.event_id for event in second.orders]
