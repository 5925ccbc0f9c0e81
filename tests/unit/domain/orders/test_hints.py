"""A hint (a notification, say): a reading is asked for, until it is seen or was looked for often enough."""

import pytest

from connector.domain.orders.arrivals import MAX_READINGS
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import (
    Status,
)
from connector.domain.orders.next_step import plan_next_call
from connector.domain.orders.row import Hint
from connector.domain.orders.steps import GetShipmentCall
from tests.kit.orders.calls import REFUSED, ended, read
from tests.kit.orders.shipments import (
    NOW,
    hint,
    known,
    later,
    packed,
    seen,
    shipment,
    step_of,
)


@pytest.mark.parametrize("ahead_ms", [1, 40_000, 365 * 86_400_000])
def test_a_hint_dated_by_a_clock_that_was_ahead_is_read_for_no_longer_than_another(ahead_ms: int) -> None:
    """Until the clock is there again, each reading would have been made before it: one after the other, at once."""
    row = hint(known(shipment()), Status.SHIPPED, at_ms=NOW + ahead_ms)
    assert row is not None
    unseen = seen(row, shipment(), at_ms=NOW).row
    assert (unseen.hint, unseen.not_before_ms > NOW) == (Hint(Status.SHIPPED, NOW + ahead_ms, readings=1), True)
    assert seen(row, later(shipment(), Status.SHIPPED), at_ms=NOW).row.hint is None


def test_a_hint_has_the_shipment_read_once() -> None:
    row = hint(None, Status.ACCEPTED)
    assert row is not None
    assert hint(row, Status.ACCEPTED) is None
    assert isinstance(step_of(row).call, GetShipmentCall)
    change = read(row, shipment())
    assert [event.observed_via for event in change.orders] == [Via.NOTIFICATION]
    assert plan_next_call(change.row, NOW) is None
    assert hint(change.row, Status.ACCEPTED) is None


def test_a_hint_of_a_later_state_is_read() -> None:
    row = hint(known(shipment()), Status.CANCELLED)
    assert row is not None
    assert hint(row, Status.CONFIRMED) is None
    assert isinstance(step_of(row).call, GetShipmentCall)


def test_a_reading_sent_before_the_hint_does_not_settle_it() -> None:
    row = hint(known(shipment()), "", at_ms=NOW + 5)
    assert row is not None
    assert plan_next_call(seen(row, later(shipment()), at_ms=NOW + 4, took_ms=1).row, NOW) is not None
    assert plan_next_call(seen(row, later(shipment()), at_ms=NOW + 5).row, NOW) is None


def test_a_second_hint_of_nobody_knows_what_is_not_settled_by_a_reading_under_way() -> None:
    row = hint(hint(known(shipment()), "", at_ms=NOW), "", at_ms=NOW + 2)
    assert row is not None
    row = seen(row, later(shipment()), at_ms=NOW + 1, took_ms=2).row
    assert plan_next_call(row, NOW + 3) is not None
    assert plan_next_call(seen(row, later(shipment()), at_ms=NOW + 4).row, NOW + 4) is None


def test_a_reading_that_lags_its_hint_is_made_again_for_a_while() -> None:
    row, at_ms = hint(known(shipment()), Status.CONFIRMED), NOW
    assert row is not None
    for readings in range(MAX_READINGS):
        step = step_of(row, at_ms)
        assert (type(step.call), step.not_before_ms > NOW) == (GetShipmentCall, readings > 0)
        at_ms = max(at_ms, step.not_before_ms)
        row = read(row, shipment(), at_ms=at_ms).row
    assert plan_next_call(row, at_ms) is None


def test_a_hint_of_a_shipment_that_nobody_may_read_is_dropped() -> None:
    row = hint(None, Status.ACCEPTED)
    assert row is not None
    for _ in range(MAX_READINGS):
        row = ended(row, REFUSED, kind=GetShipmentCall).row
    assert plan_next_call(row, NOW) is None
    assert row.forgettable_since_ms is not None


def test_a_late_hint_of_an_earlier_state_is_known_and_a_package_update_is_not() -> None:
    row = known(packed(Status.SHIPLABEL_GENERATED))
    assert hint(row, Status.PACKAGE_CREATED, changed_at_ms=900) is None
    assert hint(row, Status.PACKAGE_CREATED, changed_at_ms=1100) is not None
