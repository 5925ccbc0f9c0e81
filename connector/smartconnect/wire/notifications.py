"""Notifications: where Amazon is to send them, and what one says of a shipment.

A notification is a pointer: it names the shipment, whose facts are read with getShipment.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from connector.smartconnect.wire.fields import Json, Unreadable, child, each, required, text, time_ms

SHIPMENT_STATUS_CHANGE = "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"
PAYLOAD_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Destination:
    """`queue_arn` is empty for a destination that is no SQS queue."""

    destination_id: str
    name: str = ""
    queue_arn: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    subscription_id: str
    destination_id: str = ""
    payload_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentNotification:
    """Only `type` is sure to be there; of SHIPMENT_STATUS_CHANGE also `merchant_id` and `shipment_id`.

    `notification_id` empty: Amazon gave none. `event_at_ms` None: it did not say when.
    """

    notification_id: str
    type: str
    merchant_id: str = ""
    shipment_id: str = ""
    location_id: str = ""
    channel_name: str = ""
    status: str = ""
    event_at_ms: int | None = None


def destination_body(name: str, queue_arn: str) -> Json:
    return {"name": name, "resourceSpecification": {"sqs": {"arn": queue_arn}}}


def subscription_body(destination_id: str) -> Json:
    return {"payloadVersion": PAYLOAD_VERSION, "destinationId": destination_id}


def read_destination(source: Json) -> Destination:
    arn = text(child(child(source, "resource"), "sqs"), "arn")
    return Destination(required(source, "destinationId"), text(source, "name"), arn)


def read_destinations(source: Json) -> tuple[Destination, ...]:
    return each(source, "payload", read_destination)


def read_subscription(source: Json) -> Subscription:
    return Subscription(
        required(source, "subscriptionId"), text(source, "destinationId"), text(source, "payloadVersion")
    )


def read_notification(message: str | bytes) -> ShipmentNotification:
    """The body of an SQS message. Raises Unreadable, naming what is wrong and never the content.

    Names may begin with a capital, as those of SP-API's older notifications do.
    """
    try:
        body = json.loads(message, parse_float=Decimal)
        envelope = _uncapitalised(body) if isinstance(body, dict) else None
    except (ValueError, RecursionError) as error:
        raise Unreadable("the notification is not JSON") from error
    if envelope is None:
        raise Unreadable("the notification is not an object")
    metadata = child(envelope, "notificationMetadata")
    facts = next(_with_shipment(child(envelope, "payload")), {})
    kind = required(envelope, "notificationType")
    need = required if kind == SHIPMENT_STATUS_CHANGE else text
    return ShipmentNotification(
        notification_id=text(metadata, "notificationId"),
        type=kind,
        merchant_id=need(facts, "merchantId"),
        shipment_id=need(facts, "shipmentId"),
        location_id=text(facts, "locationId"),
        channel_name=text(facts, "channelName"),
        status=text(facts, "shipmentStatus"),
        event_at_ms=time_ms(envelope, "eventTime") or time_ms(metadata, "publishTime"),
    )


def _with_shipment(payload: Json) -> Iterator[Json]:
    """The object that names a shipment, whatever it is called: no page of Amazon's shows this payload."""
    for facts in (payload, *payload.values()):
        if isinstance(facts, dict) and "shipmentId" in facts:
            yield facts


def _uncapitalised(source: Json) -> Json:
    return {
        name[:1].lower() + name[1:]: _uncapitalised(value) if isinstance(value, dict) else value
        for name, value in source.items()
    }
