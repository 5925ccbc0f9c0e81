"""A row remembers what was judged of it: never longer than time alone leaves it so."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from connector.domain.orders.commands import Confirm, GenerateInvoice, GenerateShipLabels, Pack, Ship
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.facts.shipping_options import Offer, ShippingOption, TimeWindow
from connector.domain.orders.next_step import has_ended, judge, plan_next_call
from connector.domain.orders.row import ShipmentRow, StepRefusal, StepTrouble, Work
from connector.domain.orders.steps import GenerateInvoiceCall, key_of
from connector.domain.quarantine import OVERDUE_MS, TRIES, Trouble
from tests.kit.orders.shipments import NOW, command, known, packed, shipment

END = NOW + 60_000
INVOICE = key_of(GenerateInvoiceCall())
OPTION = ShippingOption(option_id="O", pickup_window=TimeWindow(NOW, END))
OFFER = Offer(package_id="P1", options=(OPTION,), recommended_id="O", chosen_id="O", asked_at_ms=NOW)
PARKED = Trouble(TRIES, NOW - OVERDUE_MS + 60_000)
ACCEPTED, PACKED = known(shipment()), known(packed(Status.PACKAGE_CREATED))
LABELLED, PENDING = (
    known(packed(Status.SHIPLABEL_GENERATED)),
    known(packed(Status.PACKAGE_CREATED, invoice_status="PENDING")),
)


def queued(row: ShipmentRow, work: Work, **changes: object) -> ShipmentRow:
    return structs.replace(row, queue=(work,), **changes)


EXPIRES = Work(command=command(Confirm(), expires_at_ms=END), taken_at_ms=NOW)
REFUSED = Work(
    command=command(GenerateInvoice()),
    taken_at_ms=END - OVERDUE_MS,
    invoice_waits=1,
    refusal=StepRefusal(INVOICE, "InvalidInput", "not there yet"),
)
PACKING = Work(command=command(Pack()), taken_at_ms=NOW)
FAILING = Work(command=command(Ship()), taken_at_ms=NOW - OVERDUE_MS)
ROWS = {
    "it expires": queued(ACCEPTED, EXPIRES),
    "its invoice is waited for no longer": queued(PENDING, REFUSED),
    "its options end": queued(PACKED, PACKING, offers=(OFFER,)),
    "it is parked for too long": queued(LABELLED, FAILING, trouble=StepTrouble("UPDATE_PACKAGE_STATUS:P1", PARKED)),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_was_judged_holds_until_time_changes_it(row: ShipmentRow) -> None:
    before = judge(row, NOW)
    assert judge(row, END - 1) is before
    assert judge(row, END) != before
    assert judge(row, NOW) == before, "the clock was set back"


def test_what_comes_after_a_change_is_judged_anew() -> None:
    row = queued(ACCEPTED, Work(command=command(Confirm()), taken_at_ms=NOW))
    assert plan_next_call(row, NOW) is not None
    assert plan_next_call(structs.replace(row, queue=()), NOW) is None
    assert row == structs.replace(row), "what was judged is no part of the row"


works = st.builds(
    Work,
    command=st.builds(
        command,
        st.sampled_from([Confirm(), Pack(), Ship(), GenerateInvoice(), GenerateShipLabels()]),
        expires_at_ms=st.sampled_from([None, NOW - 1, NOW, END, END + 1]),
    ),
    taken_at_ms=st.sampled_from([NOW, END - OVERDUE_MS, NOW - OVERDUE_MS - 1]),
    invoice_waits=st.integers(0, 1),
    doubts=st.integers(0, 1),
    refusal=st.sampled_from([None, REFUSED.refusal]),
)
rows = st.builds(
    queued,
    st.sampled_from([ACCEPTED, PACKED, LABELLED, PENDING]),
    works,
    offers=st.sampled_from([(), (OFFER,)]),
    in_doubt=st.booleans(),
    trouble=st.sampled_from([None, StepTrouble(INVOICE, PARKED), StepTrouble(INVOICE, Trouble(1, NOW))]),
)
moments = st.lists(st.integers(NOW - 2, END + 2) | st.sampled_from([NOW, END - 1, END, NOW + OVERDUE_MS]), min_size=2)


@given(row=rows, moments=moments)
def test_it_is_as_if_it_were_judged_each_time(row: ShipmentRow, moments: Sequence[int]) -> None:
    for now_ms in moments:
        fresh = structs.replace(row)
        assert plan_next_call(row, now_ms) == plan_next_call(fresh, now_ms)
        assert has_ended(row, now_ms) == has_ended(fresh, now_ms)
