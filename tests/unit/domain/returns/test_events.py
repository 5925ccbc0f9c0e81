"""Returns: an event for each change, once, whatever the order in which they are read."""

from dataclasses import replace

import pytest

from connector.domain.reasons import OTHER, RETURN_REASONS, cancellation_reason, return_reason
from connector.domain.returns.events import ReturnEventType, ReturnRow, observe_return
from connector.domain.returns.facts import Return, ReturnStatus, TrackingInfo
from connector.domain.unread import UnreadFact
from tests.kit.orders.shipments import MERCHANT, NOW

CREATED = Return(
    return_id="R1",
    status=ReturnStatus.CREATED,
    type="CUSTOMER",
    last_updated_at_ms=1000,
    rma_id="RMA",
    reason="CR-DEFECTIVE",
    sku="A",
    quantity=1,
    shipment_id="S1",
    channel_return_location_id="LOC",
)


def later(status: str, **changes: object) -> Return:
    return replace(CREATED, status=status, last_updated_at_ms=2000, **changes)  # type: ignore[arg-type]  # any field


def known() -> ReturnRow:
    return observe_return(MERCHANT, None, CREATED, NOW)[0]


def test_a_return_is_created_once() -> None:
    row, events = observe_return(MERCHANT, None, CREATED, NOW)
    assert [event.type for event in events] == [ReturnEventType.RETURN_CREATED]
    assert (events[0].rma_id, events[0].reason, events[0].reason_code) == ("RMA", "CR-DEFECTIVE", "DEFECTIVE")
    assert events[0].return_location_id == "LOC"
    assert observe_return(MERCHANT, row, CREATED, NOW + 1) == (row, ())


@pytest.mark.parametrize(
    ("status", "type_", "final"),
    [
        (ReturnStatus.IN_TRANSIT, ReturnEventType.RETURN_UPDATED, False),
        ("NEW_AT_AMAZON", ReturnEventType.RETURN_UPDATED, False),
        (ReturnStatus.DELIVERED, ReturnEventType.RETURN_DELIVERED, True),
        (ReturnStatus.PROCESSED, ReturnEventType.RETURN_PROCESSED, True),
        (ReturnStatus.CANCELLED, ReturnEventType.RETURN_CANCELLED, True),
        (ReturnStatus.REJECTED, ReturnEventType.RETURN_REJECTED, True),
    ],
)
def test_each_state_has_its_event(status: str, type_: ReturnEventType, final: bool) -> None:
    row, (event,) = observe_return(MERCHANT, known(), later(status), NOW)
    assert (event.type, event.previous_status, event.status) == (type_, "CREATED", status)
    assert (row.final_at_ms == NOW) is final
    assert observe_return(MERCHANT, row, later(status), NOW + 1) == (row, ())


def test_a_return_first_seen_delivered_is_created_and_delivered() -> None:
    _, events = observe_return(MERCHANT, None, later(ReturnStatus.DELIVERED), NOW)
    assert [event.type for event in events] == [ReturnEventType.RETURN_CREATED, ReturnEventType.RETURN_DELIVERED]


def test_an_older_reading_changes_nothing() -> None:
    row, _ = observe_return(MERCHANT, known(), later(ReturnStatus.DELIVERED), NOW)
    assert observe_return(MERCHANT, row, CREATED, NOW) == (row, ())


def test_a_changed_fact_is_an_update_with_its_own_id() -> None:
    row, (first,) = observe_return(MERCHANT, known(), later("CREATED", reverse_tracking=TrackingInfo("ATS", "1")), NOW)
    newer = replace(row.facts, reverse_tracking=TrackingInfo("ATS", "2"), last_updated_at_ms=3000)
    _, (second,) = observe_return(MERCHANT, row, newer, NOW)
    assert (first.type, second.type) == (ReturnEventType.RETURN_UPDATED, ReturnEventType.RETURN_UPDATED)
    assert first.event_id != second.event_id
    assert second.tracking == TrackingInfo("ATS", "2")


def test_the_items_of_an_rma_are_returns_of_their_own() -> None:
    _, (one,) = observe_return(MERCHANT, None, CREATED, NOW)
    _, (other,) = observe_return(MERCHANT, None, replace(CREATED, return_id="R2", sku="B"), NOW)
    assert one.rma_id == other.rma_id
    assert one.event_id != other.event_id


def test_the_replacement_is_kept_once_it_is_known() -> None:
    row, _ = observe_return(MERCHANT, known(), CREATED, NOW, "S2")
    _, (event,) = observe_return(MERCHANT, row, later(ReturnStatus.DELIVERED), NOW)
    assert event.replacement_shipment_id == "S2"


def test_reasons_are_normalised_and_what_is_unknown_stays_other() -> None:
    assert {text: return_reason(f"cr {text.lower()}") for text in RETURN_REASONS} == dict(RETURN_REASONS)
    assert return_reason("Fell off a cliff") == OTHER
    assert cancellation_reason("Buyer canceled") == "CUSTOMER_REQUESTED"
    assert cancellation_reason("OutOfStock") == OTHER
    assert cancellation_reason("out of stock") == "OUT_OF_STOCK"


def test_what_could_not_be_read_is_a_warning_and_no_change_of_the_return() -> None:
    odd = replace(CREATED, unread=(UnreadFact("otpDetails", "is not an object", "[]"),))
    row, (event,) = observe_return(MERCHANT, None, odd, NOW)
    assert event.warnings == ("otpDetails",)
    after, events = observe_return(MERCHANT, row, CREATED, NOW + 1)
    assert (after.facts, events) == (CREATED, ())
