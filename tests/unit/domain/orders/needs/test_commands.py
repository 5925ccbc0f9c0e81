"""Commands, one after the other: what is called, what is adopted, how each ends (G4, G5, effects once)."""

from dataclasses import replace

import pytest

from connector.domain.orders.commands import Action, CommandOutcome
from connector.domain.orders.effects import StepValue
from connector.domain.orders.events import CancelledBy, OrderEventType, Via
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.shipment import INDIA, Program, Status
from connector.domain.orders.planning import doubted, plan_next_call
from connector.domain.orders.row import Change
from connector.domain.orders.settlement import MAX_CONFLICTS, needs_settling, settle_step
from connector.domain.orders.steps import StepKind
from connector.domain.outcomes import Accepted, Outcome, Throttled, Unauthorized, Unavailable
from tests.kit.orders.calls import BUSY, LOST, OK, REFUSED, ended, made, read
from tests.kit.orders.packing_calls import GERMANY, INVOICE, kinds, label, run
from tests.kit.orders.shipments import (
    NOW,
    RULES,
    asked,
    known,
    only_result,
    package,
    packed,
    seen,
    shipment,
    step_of,
)

PACKING = StepKind.CREATE_PACKAGES, StepKind.SHIPPING_OPTIONS, StepKind.GENERATE_INVOICE, StepKind.GENERATE_LABELS


@pytest.mark.parametrize(
    ("program", "marketplace", "calls"),
    [
        (Program.SELF_SHIP, GERMANY, [*PACKING]),
        (Program.EASY_SHIP, INDIA, [*PACKING]),
        (Program.EASY_SHIP, GERMANY, [PACKING[0], PACKING[1], PACKING[3]]),
        (Program.SELLER_FLEX, GERMANY, [PACKING[0], PACKING[2], PACKING[3]]),
    ],
)
def test_pack_is_the_programs_whole_sequence(program: Program, marketplace: str, calls: list[StepKind]) -> None:
    steps, change = run(asked(known(shipment(Status.CONFIRMED, program, marketplace_id=marketplace)), Action.PACK))
    assert [step.kind for step in steps] == calls
    assert steps[-1].shipping_option_id == ("" if program is Program.SELLER_FLEX else "BEST==")
    result = only_result(change)
    assert result.outcome is CommandOutcome.DONE
    invoices = [INVOICE] if StepKind.GENERATE_INVOICE in calls else []
    assert result.documents == (*invoices, label("S1-1"))
    assert result.tracking == (Tracking("S1-1", "ATS", "T-S1-1"),)
    assert [event.observed_via for event in change.orders] == [Via.COMMAND] * len(calls)


def test_no_invoice_is_made_where_amazon_requires_none() -> None:
    facts = shipment(Status.CONFIRMED, invoice_requirement="NOT_REQUIRED")
    assert StepKind.GENERATE_INVOICE not in kinds(asked(known(facts), Action.PACK))


def test_pack_goes_on_where_the_shipment_stands() -> None:
    assert kinds(asked(known(packed(Status.INVOICE_GENERATED)), Action.PACK)) == [
        StepKind.SHIPPING_OPTIONS,
        StepKind.RETRIEVE_INVOICE,
        StepKind.GENERATE_LABELS,
    ]


def test_commands_run_in_order_one_at_a_time() -> None:
    change = asked(known(shipment()), Action.CONFIRM)
    change = change.followed_by(asked(change.row, Action.PACK, command_id="C2"))
    change = change.followed_by(asked(change.row, Action.SHIP, command_id="C3"))
    steps, change = run(change)
    assert [step.command_id for step in steps] == ["C1", "C2", "C2", "C2", "C2", "C3"]
    assert [(result.command_id, result.outcome) for result in change.results] == [
        ("C1", CommandOutcome.DONE),
        ("C2", CommandOutcome.DONE),
        ("C3", CommandOutcome.DONE),
    ]
    assert change.orders[-1].type is OrderEventType.SHIPPED


def test_a_command_for_an_unknown_shipment_reads_it_first() -> None:
    row = asked(None, Action.CONFIRM).row
    assert step_of(row).kind is StepKind.READ
    assert step_of(read(row, shipment()).row).kind is StepKind.CONFIRM


def test_a_command_for_a_shipment_that_amazon_does_not_know_is_refused_in_amazons_words() -> None:
    result = only_result(ended(asked(None, Action.CONFIRM).row, REFUSED, kind=StepKind.READ))
    assert (result.outcome, result.code, result.message) == (
        CommandOutcome.REFUSED,
        "InvalidInput",
        "Invalid workflow state",
    )


def test_what_was_done_elsewhere_is_done() -> None:
    change = asked(known(shipment(Status.CONFIRMED)), Action.CONFIRM)
    assert only_result(change).outcome is CommandOutcome.DONE
    assert plan_next_call(change.row, NOW) is None


def test_a_command_seen_again_is_not_run_again() -> None:
    change = asked(known(shipment()), Action.CONFIRM)
    assert asked(change.row, Action.CONFIRM) == Change(change.row)
    done = made(change.row, StepKind.CONFIRM)
    again = asked(replace(done.row, facts=shipment()), Action.CONFIRM)
    assert again.results == done.results
    assert plan_next_call(again.row, NOW) is None


def test_a_call_in_doubt_is_settled_by_reading() -> None:
    row = ended(asked(known(shipment()), Action.CONFIRM).row, LOST, kind=StepKind.CONFIRM).row
    step = step_of(row)
    assert (step.kind, step.in_doubt, step.not_before_ms) == (StepKind.READ, True, NOW + 1000)
    adopted = read(row, replace(shipment(Status.CONFIRMED), last_updated_at_ms=2000))
    assert only_result(adopted).outcome is CommandOutcome.DONE
    assert [event.type for event in adopted.orders] == [OrderEventType.ORDER_CONFIRMED]
    assert step_of(read(row, shipment()).row).kind is StepKind.CONFIRM


def test_a_409_is_neither_success_nor_failure_until_it_stays() -> None:
    row = asked(known(shipment()), Action.CONFIRM).row
    for _ in range(MAX_CONFLICTS):
        row = ended(row, BUSY, kind=StepKind.CONFIRM).row
        assert step_of(row).kind is StepKind.READ
        change = read(row, shipment())
        row = change.row
    result = only_result(change)
    assert (result.outcome, result.code, result.message) == (CommandOutcome.REFUSED, "DuplicateRequest", "in progress")


def test_a_refusal_is_amazons_unless_the_step_is_done_already() -> None:
    row = ended(asked(known(shipment()), Action.CONFIRM).row, REFUSED, kind=StepKind.CONFIRM).row
    refused = only_result(read(row, shipment()))
    assert (refused.outcome, refused.code, refused.message, refused.request_id) == (
        CommandOutcome.REFUSED,
        "InvalidInput",
        "Invalid workflow state",
        "r-1",
    )
    assert only_result(read(row, shipment(Status.CONFIRMED))).outcome is CommandOutcome.DONE


def test_a_step_that_amazon_accepted_and_never_did_is_made_again() -> None:
    row = asked(known(shipment(Status.CONFIRMED)), Action.PACK).row
    row = made(row, StepKind.CREATE_PACKAGES).row
    row = ended(row, REFUSED, kind=StepKind.SHIPPING_OPTIONS).row
    row = read(row, shipment(Status.CONFIRMED)).row
    assert step_of(made(row, StepKind.CREATE_PACKAGES).row).kind is StepKind.SHIPPING_OPTIONS
    row = ended(row, LOST, kind=StepKind.CREATE_PACKAGES).row
    there = read(row, packed(Status.PACKAGE_CREATED, packages=(package("S1-1"),), last_updated_at_ms=2000))
    assert step_of(there.row).kind is StepKind.SHIPPING_OPTIONS, "the former refusal is settled"


REPEATED: list[Outcome[StepValue]] = [Throttled(OK), Unauthorized(OK), Unavailable(OK, sent=False)]


@pytest.mark.parametrize("outcome", REPEATED)
def test_a_call_that_did_nothing_is_the_lanes_to_repeat(outcome: Outcome[StepValue]) -> None:
    row = asked(known(shipment()), Action.CONFIRM).row
    assert not needs_settling(step_of(row), outcome)
    assert ended(row, outcome).row is row


@pytest.mark.parametrize("outcome", [Accepted(OK, None), REFUSED, BUSY, LOST])
def test_an_outcome_of_another_turn_changes_nothing(outcome: Outcome[StepValue]) -> None:
    row = asked(known(shipment()), Action.CONFIRM).row
    late = replace(step_of(row), turn=row.turn - 1)
    assert settle_step(row, late, outcome, RULES, sent_at_ms=NOW, now_ms=NOW) == Change(row)


def test_a_recovered_command_is_read_first() -> None:
    row = doubted(asked(known(shipment()), Action.CONFIRM).row)
    assert step_of(row).kind is StepKind.READ
    idle = known(shipment())
    assert doubted(idle) is idle


def test_a_command_expires_only_before_it_is_begun() -> None:
    row = asked(known(shipment()), Action.CONFIRM, expires_at_ms=NOW + 10).row
    assert step_of(row, NOW + 9).kind is StepKind.CONFIRM
    result = only_result(made(row, StepKind.EXPIRE, at_ms=NOW + 10))
    assert (result.outcome, result.code) == (CommandOutcome.EXPIRED, "EXPIRED")
    begun = ended(row, LOST, kind=StepKind.CONFIRM).row
    assert step_of(read(begun, shipment(), at_ms=NOW + 10).row, NOW + 10).kind is StepKind.CONFIRM


def test_an_expired_command_is_not_run() -> None:
    result = only_result(asked(None, Action.PACK, expires_at_ms=NOW))
    assert result.message == "not begun when it expired; send a new command if it is still wanted"


def test_a_customers_cancellation_in_the_middle_of_pack_ends_it() -> None:
    row = made(asked(known(shipment(Status.CONFIRMED)), Action.PACK).row, StepKind.CREATE_PACKAGES).row
    cancelled = seen(row, shipment(Status.CANCELLED, last_updated_at_ms=2000))
    assert only_result(cancelled).outcome is CommandOutcome.CANCELLED
    assert plan_next_call(cancelled.row, NOW) is None


def test_reject_cancels_the_shipment_under_one_reference() -> None:
    row = asked(known(shipment()), Action.REJECT, reason="OUT_OF_STOCK").row
    row = asked(row, Action.PACK, command_id="C2").row
    step = step_of(row)
    assert (step.reason, step.line_item_ids) == ("OUT_OF_STOCK", ("L1", "L2"))
    assert step.reference_id
    lost = read(ended(row, LOST).row, shipment()).row
    assert step_of(lost).reference_id == step.reference_id
    change = made(lost, StepKind.REJECT)
    assert [result.outcome for result in change.results] == [CommandOutcome.DONE, CommandOutcome.CANCELLED]
    (event,) = change.cancellations
    assert (event.cancelled_by, event.reason_code) == (CancelledBy.SELLER, "OUT_OF_STOCK")


def test_refresh_reads_what_is_known_already() -> None:
    change = read(asked(known(shipment()), Action.REFRESH).row, shipment())
    assert only_result(change).outcome is CommandOutcome.DONE


def test_refresh_does_not_take_a_reading_that_was_under_way() -> None:
    row = known(shipment())
    reading = replace(row.step(StepKind.READ))
    row = asked(row, Action.REFRESH).row
    answer: Outcome[StepValue] = Accepted(OK, shipment())
    assert settle_step(row, reading, answer, RULES, sent_at_ms=NOW, now_ms=NOW) == Change(row)


def test_pack_of_a_shipment_shipped_elsewhere_says_that_its_labels_are_gone() -> None:
    facts = packed(Status.SHIPPED, invoice_requirement="NOT_REQUIRED")
    result = only_result(asked(known(facts), Action.PACK))
    assert (result.outcome, result.message) == (
        CommandOutcome.DONE,
        "shipped already; Amazon gives no label of P1 any more",
    )


def test_a_result_has_one_id_however_often_it_is_made() -> None:
    first = made(asked(known(shipment()), Action.CONFIRM).row, StepKind.CONFIRM)
    second = made(asked(known(shipment()), Action.CONFIRM).row, StepKind.CONFIRM, at_ms=NOW + 7)
    assert only_result(first).result_id == only_result(second).result_id
    assert [event.event_id for event in first.orders] == [event.event_id for event in second.orders]
