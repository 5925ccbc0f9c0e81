"""A raw notification becomes a pointer to a shipment, in whatever casing it comes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from connector.smartconnect.wire.notifications import (
    SHIPMENT_STATUS_CHANGE,
    ShipmentNotification,
    read_destination,
    read_destinations,
    read_notification,
)
from connector.smartconnect.wire.source import Source, Unreadable

CAMEL: dict[str, Any] = {
    "notificationVersion": "1.0",
    "notificationType": SHIPMENT_STATUS_CHANGE,
    "payloadVersion": "1.0",
    "eventTime": "2026-01-02T03:04:05.000Z",
    "payload": {
        "externalFulfillmentShipmentNotification": {
            "merchantId": "AEXAMPLE",
            "locationId": "WXYZ",
            "channelName": "FBA",
            "shipmentId": "ShipX1",
            "shipmentStatus": "ACCEPTED",
        }
    },
    "notificationMetadata": {
        "applicationId": "app-1",
        "subscriptionId": "sub-1",
        "publishTime": "2026-01-02T03:04:06.000Z",
        "notificationId": "n-1",
    },
}
EXPECTED = ShipmentNotification(
    notification_id="n-1",
    type=SHIPMENT_STATUS_CHANGE,
    merchant_id="AEXAMPLE",
    shipment_id="ShipX1",
    location_id="WXYZ",
    channel_name="FBA",
    status="ACCEPTED",
    event_at_ms=1_767_323_045_000,
)


def capitalised(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name[0].upper() + name[1:]: capitalised(inner) for name, inner in value.items()}


def changed(**facts: Any) -> str:
    return json.dumps({**CAMEL, **facts})


@pytest.mark.parametrize(
    "message",
    [
        CAMEL,
        capitalised(CAMEL),
        {**CAMEL, "newField": {"deep": [1, 2.5]}},
        {**CAMEL, "payload": {"other": 1, **CAMEL["payload"]}},
        {**CAMEL, "payload": CAMEL["payload"]["externalFulfillmentShipmentNotification"]},
        {**CAMEL, "payload": {"renamed": CAMEL["payload"]["externalFulfillmentShipmentNotification"]}},
    ],
    ids=["camel case", "capitals", "unknown field", "second payload", "bare payload", "renamed payload"],
)
def test_it_is_read(message: dict[str, Any]) -> None:
    assert read_notification(json.dumps(message)) == EXPECTED
    assert read_notification(json.dumps(message).encode()) == EXPECTED


def test_the_time_of_publishing_stands_in_for_that_of_the_event() -> None:
    assert read_notification(changed(eventTime=None)).event_at_ms == 1_767_323_046_000
    assert read_notification(changed(eventTime=None, notificationMetadata={})).event_at_ms is None


def test_a_notification_of_another_type_is_told_as_such() -> None:
    other = read_notification(changed(notificationType="ORDER_CHANGE", payload={"orderChange": {"x": 1}}))
    assert other == ShipmentNotification(notification_id="n-1", type="ORDER_CHANGE", event_at_ms=EXPECTED.event_at_ms)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (b"\xff\xfe", "UTF-8"),
        ("SECRET", "JSON"),
        ("", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "JSON"),
        ('{"a":' * 700 + "1" + "}" * 700, "notificationType"),
        ('["SECRET"]', "object"),
        ('"SECRET"', "JSON"),
        ('"5"', "object"),
        ("null", "object"),
        ("{}", "notificationType"),
        (changed(payload={"x": {"shipmentId": "SECRET"}}), "merchantId"),
        (changed(payload={}), "merchantId"),
        (changed(payload="SECRET"), "payload"),
        (changed(payload={"x": {"merchantId": "SECRET", "shipmentId": ""}}), "shipmentId"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_shown(message: str | bytes, named: str) -> None:
    with pytest.raises(Unreadable, match=named) as raised:
        read_notification(message)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("odd", ["Fri Jan 12 00:00:00 GMT 2024", ["SECRET"], {"SECRET": 1}, "SECRET"])
def test_a_side_fact_hides_no_hint(odd: object) -> None:
    assert read_notification(changed(eventTime=odd)) == replace(EXPECTED, event_at_ms=1_767_323_046_000)
    told = read_notification(changed(eventTime=odd, notificationMetadata=odd))
    assert told == replace(EXPECTED, notification_id="", event_at_ms=None)


def test_a_shipment_that_is_named_is_a_hint_whatever_the_type_is_called() -> None:
    assert read_notification(changed(notificationType=None)) == replace(EXPECTED, type="")
    assert read_notification(changed(notificationType="RENAMED")) == replace(EXPECTED, type="RENAMED")


def in_sns(message: object) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "m", "TopicArn": "arn", "Message": message})


def in_eventbridge(detail: object) -> str:
    return json.dumps({"version": "0", "detail-type": "n", "source": "aws.partner", "detail": detail})


ENVELOPES: dict[str, str] = {
    "SNS": in_sns(json.dumps(CAMEL)),
    "SNS, an object": in_sns(CAMEL),
    "EventBridge": in_eventbridge(CAMEL),
    "EventBridge in SNS": in_sns(in_eventbridge(CAMEL)),
    "JSON in JSON": json.dumps(json.dumps(CAMEL)),
    "a byte order mark": "\ufeff" + json.dumps(CAMEL),
    "a mark within SNS": in_sns("\ufeff" + json.dumps(CAMEL)),
    "a payload in JSON": changed(payload=json.dumps(CAMEL["payload"])),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_what_others_put_around_it_is_taken_off(name: str) -> None:
    assert read_notification(ENVELOPES[name]) == EXPECTED
    assert read_notification(ENVELOPES[name].encode()) == EXPECTED


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        (in_sns("SECRET"), "raw message delivery"),
        (in_sns(json.dumps({})), "raw message delivery"),
        (in_sns(None), "raw message delivery"),
        (json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": "SECRET"}), "raw message delivery"),
        (in_eventbridge({}), "input path"),
        (in_eventbridge(["SECRET"]), "input path"),
    ],
)
def test_an_envelope_with_nothing_readable_in_it_is_named_with_its_remedy(message: str, remedy: str) -> None:
    with pytest.raises(Unreadable, match=remedy) as raised:
        read_notification(message)
    assert "SECRET" not in str(raised.value)


def test_an_envelope_within_envelopes_without_end_is_none() -> None:
    message = json.dumps(CAMEL)
    for _ in range(8):
        message = in_sns(message)
    with pytest.raises(Unreadable, match="not an object"):
        read_notification(message)


def test_destinations_of_either_kind() -> None:
    other = read_destination(Source({"destinationId": "d", "name": "n", "resource": {"eventBridge": {"name": "b"}}}))
    assert other.queue_arn == ""
    assert read_destinations(Source({"payload": []})) == read_destinations(Source({})) == ()
    sqs = {"destinationId": "d", "resource": {"sqs": {"arn": "a"}}}
    (one,) = read_destinations(Source({"payload": [sqs]}))
    assert one.queue_arn == "a"
