"""Programs and their states."""

from typing import get_args

import pytest

from connector.domain.orders.facts.lifecycle import has_invoice, has_shipping_options, program_of, skipped_states
from connector.domain.orders.facts.shipment import INDIA, Program, Status
from connector.domain.orders.steps import OPERATIONS, StepCall
from tests.kit.orders.shipments import shipment


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
    assert set(OPERATIONS) == {*get_args(StepCall)}
