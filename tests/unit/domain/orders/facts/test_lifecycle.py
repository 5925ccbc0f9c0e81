"""Programs and their states; and the table says what is true of the rest."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from connector.domain.orders import commands
from connector.domain.orders.commands import Action
from connector.domain.orders.facts.lifecycle import (
    LIFECYCLE,
    State,
    has_invoice,
    has_shipping_options,
    may_go_back,
    program_of,
    rank,
    skipped_states,
)
from connector.domain.orders.facts.shipment import INDIA, Program, Shipment, Status
from connector.domain.orders.next_step import plan_next_call
from connector.domain.orders.row import Rules, ShipmentRow
from connector.domain.orders.steps import LIMITS_BY_CALL, GetShipmentCall, StepCall
from tests.kit.orders.calls import made
from tests.kit.orders.packing_calls import answer_to
from tests.kit.orders.shipments import NOW, asked, cm, known, package, packed, seen, shipment

ROOT = Path(__file__).parents[5]
ACTIONS: list[Action] = [
    commands.Confirm(),
    commands.Reject("OUT_OF_STOCK"),
    commands.CreatePackages((package(),)),
    commands.Pack(),
    commands.UpdatePackage(package(height=cm(99))),
    commands.GenerateInvoice(),
    commands.GenerateShipLabels(),
    commands.Ship(),
    commands.UpdatePackageStatus(package_id="P1", status="DELIVERED"),
]


@pytest.mark.parametrize("program", Program)
def test_a_program_is_known_by_channel_and_shipping_type(program: Program) -> None:
    assert program_of(shipment(program=program)) == program


def test_a_program_that_amazon_does_not_tell_is_the_configured_one() -> None:
    assert program_of(shipment(shipping_type=""), "SELF_SHIP") == "SELF_SHIP"


def test_what_a_program_goes_through() -> None:
    assert [program for program in Program if has_shipping_options(program)] == [Program.EASY_SHIP, Program.SELF_SHIP]
    assert [program for program in Program if has_invoice(program, "")] == [Program.SELLER_FLEX, Program.SELF_SHIP]
    assert has_invoice(Program.EASY_SHIP, INDIA)


def test_nothing_is_skipped_by_going_back_or_being_cancelled() -> None:
    assert skipped_states(Program.SELF_SHIP, "", Status.SHIPLABEL_GENERATED, Status.PACKAGE_CREATED) == ()
    assert skipped_states(Program.SELF_SHIP, "", Status.ACCEPTED, Status.CANCELLED) == ()
    assert skipped_states(Program.SELF_SHIP, "", "NEW_AT_AMAZON", Status.SHIPPED) == ()


def test_every_step_has_its_limit() -> None:
    assert set(LIMITS_BY_CALL) == {*get_args(StepCall)}


def standing(state: State, program: Program) -> ShipmentRow:
    place = packed if rank(state.status) >= rank(Status.PACKAGE_CREATED) else shipment
    rejectable = (Status.ACCEPTED, Status.CONFIRMED, Status.PACKAGE_CREATED, Status.PICKUP_SLOT_RETRIEVED)
    return known(place(state.status, program, rejectable_states=rejectable), Rules(announce_created=True))


def facts_of(row: ShipmentRow) -> Shipment:
    assert row.facts is not None
    return row.facts


def follows(state: State, after: str) -> bool:
    back = state.packing and after == Status.PACKAGE_CREATED
    return after in (state.status, *state.then) or back or (state.cancellable and after == Status.CANCELLED)


def test_the_table_has_a_row_for_each_state_and_leads_forward() -> None:
    assert [state.status for state in LIFECYCLE] == [*Status]
    for state in LIFECYCLE:
        assert all(rank(after) > rank(state.status) for after in state.then), state
        assert may_go_back(state.status, Status.PACKAGE_CREATED) == state.packing
        assert not (state.closed and (state.packing or state.cancellable)), state


@pytest.mark.parametrize("program", Program)
@pytest.mark.parametrize("state", LIFECYCLE, ids=lambda state: state.status)
def test_our_own_calls_move_a_shipment_as_the_table_says(state: State, program: Program) -> None:
    states = {one.status: one for one in LIFECYCLE}
    for action in ACTIONS:
        row, calls = asked(standing(state, program), action).row, 0
        while (step := plan_next_call(row, NOW)) is not None:
            before = facts_of(row)
            brought = before if isinstance(step.call, GetShipmentCall) else answer_to(step.call)
            row, calls = made(row, type(step.call), brought).row, calls + 1
            assert follows(states[Status(before.status)], facts_of(row).status), step
            assert calls < 10, "it never ends"


@pytest.mark.parametrize("state", [state for state in LIFECYCLE if state.cancellable], ids=lambda state: state.status)
def test_a_cancellation_is_told_from_every_state_that_it_may_come_in(state: State) -> None:
    row = standing(state, Program.SELF_SHIP)
    cancelled = replace(facts_of(row), status=Status.CANCELLED, last_updated_at_ms=2000)
    (told,) = seen(row, cancelled).cancellations
    assert told.previous_status == state.status


def test_the_page_shows_the_table_as_it_is() -> None:
    """To mend it: python docs/draw_lifecycle.py."""
    drawn = subprocess.run([sys.executable, ROOT / "docs/draw_lifecycle.py", "--check"], capture_output=True, text=True)
    assert drawn.returncode == 0, drawn.stderr
