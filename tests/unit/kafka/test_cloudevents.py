"""CloudEvents headers of events: those that the specification requires, and nothing where none are asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.kafka.cloudevents import cloudevents_headers
from connector.kafka.topics import CANCELLATIONS, ORDERS, RETURNS, TOPICS, Topic

EVENT = {
    "event_id": "e-1",
    "type": "ORDER_RECEIVED",
    "merchant_id": "M 1/é",
    "shipment_id": "S1",
    "return_id": "R1",
    "occurred_at_ms": 1_700_000_000_007,
}
REQUIRED = {"ce_id", "ce_source", "ce_specversion", "ce_type"}


def headers(topic: Topic, record: dict[str, Any]) -> dict[str, str]:
    return {name: value.decode() for name, value in cloudevents_headers("connector")(topic, record)}


def test_an_event_carries_them() -> None:
    assert headers(ORDERS, EVENT) == {
        "ce_specversion": "1.0",
        "ce_id": "e-1",
        "ce_source": "/connector/merchants/M%201/%C3%A9",
        "ce_type": "smartconnect.OrderEvent.ORDER_RECEIVED",
        "ce_subject": "S1",
        "ce_time": "2023-11-14T22:13:20.007Z",
        "content-type": "application/avro",
    }


def test_a_cancellation_has_no_type_of_its_own() -> None:
    record = {name: value for name, value in EVENT.items() if name != "type"}
    assert headers(CANCELLATIONS, record)["ce_type"] == "smartconnect.CancellationEvent"


def test_a_return_is_about_the_return() -> None:
    assert headers(RETURNS, EVENT | {"type": "RETURN_CREATED"})["ce_subject"] == "R1"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_events_alone_have_them(topic: Topic) -> None:
    found = headers(topic, EVENT)
    assert found.keys() >= REQUIRED if topic in (ORDERS, CANCELLATIONS, RETURNS) else found == {}


@given(st.integers(0, 4_000_000_000_000))
def test_the_time_is_the_events_to_the_millisecond(occurred_at: int) -> None:
    told = headers(ORDERS, EVENT | {"occurred_at_ms": occurred_at})["ce_time"]
    at = datetime.strptime(told, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert round(at.timestamp() * 1000) == occurred_at
