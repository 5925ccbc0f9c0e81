"""A raw notification becomes a pointer to a shipment, in whatever casing it comes."""

import json
from typing import Any

import pytest

from connector.smartconnect.wire.fields import Unreadable
from connector.smartconnect.wire.notifications import (
    SHIPMENT_STATUS_CHANGE,
    ShipmentNotification,
    read_destination,
    read_destinations,
    read_notification,
)

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
        (b"\xff\xfe", "JSON"),
        ("SECRET", "JSON"),
        ("", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"a":' * 700 + "1" + "}" * 700, "JSON"),
        ('["SECRET"]', "object"),
        ('"SECRET"', "object"),
        ("null", "object"),
        ("{}", "notificationType"),
        (changed(payload={"x": {"shipmentId": "SECRET"}}), "merchantId"),
        (changed(payload={}), "merchantId"),
        (changed(payload="SECRET"), "payload"),
        (changed(payload={"x": {"merchantId": "SECRET", "shipmentId": ""}}), "shipmentId"),
        (changed(eventTime="SECRET"), "eventTime"),
        (changed(notificationMetadata=["SECRET"]), "notificationMetadata"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_shown(message: str | bytes, named: str) -> None:
    with pytest.raises(Unreadable, match=named) as raised:
        read_notification(message)
    assert "SECRET" not in str(raised.value)


def test_destinations_of_either_kind() -> None:
    assert (
        read_destination({"destinationId": "d", "name": "n", "resource": {"eventBridge": {"name": "b"}}}).queue_arn
        == ""
    )
    assert read_destinations({"payload": []}) == read_destinations({}) == ()
    (one,) = read_destinations({"payload": [{"destinationId": "d", "resource": {"sqs": {"arn": "a"}}}]})
    assert one.queue_arn == "a"
