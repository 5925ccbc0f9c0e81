"""What is still to be called for a shipment, by where it is and whose program it belongs to."""

from dataclasses import replace

import pytest
from msgspec import structs

from connector.domain.orders.facts.shipment import Program, Status
from connector.domain.orders.facts.shipping_options import Offer, ShippingOption, TimeWindow
from connector.domain.orders.lateness.remaining import CALLS_IN_ORDER, calls_left, cutoff_ms
from connector.merchants import OPERATIONS
from tests.kit.orders.shipments import known, package, packed, shipment

CONFIRM = {"process_shipment": 1}
PACK = {"create_packages": 1}
OPTIONS = {"shipping_options": 1}
INVOICE = {"invoice": 1}
LABEL = {"ship_labels": 1}
HAND_OVER = {"update_package_status": 1}


@pytest.mark.parametrize(
    ("status", "program", "left"),
    [
        (Status.ACCEPTED, Program.SELF_SHIP, CONFIRM | PACK | OPTIONS | INVOICE | LABEL | HAND_OVER),
        (Status.ACCEPTED, Program.SELLER_FLEX, CONFIRM | PACK | INVOICE | LABEL),
        (Status.CONFIRMED, Program.EASY_SHIP, PACK | OPTIONS | INVOICE | LABEL),
        (Status.PACKAGE_CREATED, Program.EASY_SHIP, OPTIONS | INVOICE | LABEL),
        (Status.SHIPLABEL_GENERATED, Program.SELF_SHIP, HAND_OVER),
        (Status.SHIPLABEL_GENERATED, Program.EASY_SHIP, {}),
    ],
)
def test_by_state_and_program(status: str, program: Program, left: dict[str, int]) -> None:
    facts = packed(status, program) if status != Status.ACCEPTED else shipment(status, program)
    row = known(facts)
    assert dict(calls_left(row, facts)) == left
    assert list(calls_left(row, facts)) == [operation for operation in CALLS_IN_ORDER if operation in left]


def test_each_package_needs_its_own_option_and_handover() -> None:
    facts = packed(Status.PACKAGE_CREATED, packages=(package("P1"), package("P2"), package("P3", status="CANCELLED")))
    left = calls_left(known(facts), facts)
    assert (left["shipping_options"], left["ship_labels"], left["update_package_status"]) == (2, 1, 2)
    offered = structs.replace(known(facts), offers=(Offer(package_id="P1"),))
    assert calls_left(offered, facts)["shipping_options"] == 1
    refused = structs.replace(known(facts), offers=(Offer(package_id="P1", refused=True),))
    assert calls_left(refused, facts)["shipping_options"] == 2


def test_where_no_invoice_is_required_none_is_asked_for() -> None:
    facts = packed(Status.PACKAGE_CREATED, Program.EASY_SHIP, invoice_requirement="NOT_REQUIRED")
    assert "invoice" not in calls_left(known(facts), facts)


def test_the_cut_off_is_the_ship_by_or_the_end_of_the_slot() -> None:
    facts = packed(Status.PACKAGE_CREATED, Program.EASY_SHIP, ship_by_ms=900)
    assert cutoff_ms(known(facts), facts) == 900
    option = ShippingOption(option_id="A", pickup_window=TimeWindow(None, 800))
    slotted = structs.replace(known(facts), offers=(Offer(package_id="P1", options=(option,), chosen_id="A"),))
    assert cutoff_ms(slotted, facts) == 800
    assert cutoff_ms(slotted, replace(facts, ship_by_ms=700)) == 700
    assert cutoff_ms(known(facts), replace(facts, ship_by_ms=None)) is None


def test_every_operation_has_a_limit() -> None:
    assert set(CALLS_IN_ORDER) <= set(OPERATIONS)
