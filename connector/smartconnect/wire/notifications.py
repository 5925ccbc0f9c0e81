"""Notifications: where Amazon is to send them, and what one says of a shipment.

A notification is a pointer: it names the shipment, whose facts are read with getShipment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.smartconnect.wire.body import load
from connector.smartconnect.wire.fields import Json, child, each, required, text, time_ms
from connector.smartconnect.wire.source import Source, Unreadable

SHIPMENT_STATUS_CHANGE = "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"
PAYLOAD_VERSION = "1.0"
MOST_WRAPPINGS = 5  # one in another
_MARK = "\ufeff"  # a byte order mark
DEPTH = 3  # of objects in a notification, as far as it is read

_SNS = "; it came in SNS's envelope: switch raw message delivery on for the queue's subscription"
_EVENTBRIDGE = "; it came in EventBridge's envelope: give the rule's target $.detail as its input path"


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
    """Sure to be there is `type`, or else `merchant_id` and `shipment_id`; of SHIPMENT_STATUS_CHANGE all three.

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


def read_destination(source: Source) -> Destination:
    arn = text(child(child(source, "resource"), "sqs"), "arn")
    return Destination(required(source, "destinationId"), text(source, "name"), arn)


def read_destinations(source: Source) -> tuple[Destination, ...]:
    return each(source, "payload", read_destination)


def read_subscription(source: Source) -> Subscription:
    return Subscription(
        required(source, "subscriptionId"), text(source, "destinationId"), text(source, "payloadVersion")
    )


def read_notification(message: str | bytes) -> ShipmentNotification:
    """The body of an SQS message. Raises Unreadable, naming what is wrong and never the content.

    Names may begin with a capital, as those of SP-API's older notifications do. What others put around it on its way
    (SNS, EventBridge, JSON in a text of JSON) is taken off.
    """
    notification, remedy = _unwrapped(message)
    try:
        return _read(Source(_uncapitalised(notification)))
    except Unreadable as error:
        raise Unreadable(f"{error}{remedy}") from None


def _read(envelope: Source) -> ShipmentNotification:
    metadata = child(envelope, "notificationMetadata")
    facts = next(_with_shipment(_payload(envelope)), Source({}))
    kind = text(envelope, "notificationType").strip()
    merchant_id = shipment_id = ""
    if "shipmentId" in facts.values or kind == SHIPMENT_STATUS_CHANGE:
        merchant_id, shipment_id = required(facts, "merchantId"), required(facts, "shipmentId")
    elif not kind:
        raise Unreadable("notificationType is missing")
    return ShipmentNotification(
        notification_id=text(metadata, "notificationId"),
        type=kind,
        merchant_id=merchant_id,
        shipment_id=shipment_id,
        location_id=text(facts, "locationId"),
        channel_name=text(facts, "channelName"),
        status=text(facts, "shipmentStatus"),
        event_at_ms=time_ms(envelope, "eventTime") or time_ms(metadata, "publishTime"),
    )


def _unwrapped(message: str | bytes) -> tuple[Json, str]:
    """The notification, and the remedy for the last envelope that it came in."""
    told: Any = _decoded(message)
    remedy = ""
    for _ in range(MOST_WRAPPINGS):
        match told:
            case str():
                told = _loaded(told, remedy)
            case {"Type": "Notification", "Message": inner}:
                told, remedy = inner, _SNS
            case {"Type": "SubscriptionConfirmation" | "UnsubscribeConfirmation"}:
                raise Unreadable(f"it is a confirmation of SNS's, not a notification{_SNS}")
            case {"detail-type": _, "detail": inner}:
                told, remedy = inner, _EVENTBRIDGE
            case dict():
                return told, remedy
            case _:
                break
    raise Unreadable(f"the notification is not an object{remedy}")


def _decoded(message: str | bytes) -> str:
    if isinstance(message, str):
        return message
    try:
        return message.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("the notification is not UTF-8") from error


def _loaded(written: str, remedy: str) -> Any:
    try:
        return load(written.removeprefix(_MARK))
    except Unreadable:
        raise Unreadable(f"the notification is not JSON{remedy}") from None


def _payload(envelope: Source) -> Source:
    """An object, or the text of one."""
    written = envelope.values.get("payload")
    if not isinstance(written, str):
        return child(envelope, "payload")
    try:
        payload = load(written.removeprefix(_MARK))
    except Unreadable:
        payload = None
    if not isinstance(payload, dict):
        raise Unreadable("payload is not an object")
    return envelope.inner("payload", _uncapitalised(payload))


def _with_shipment(payload: Source) -> Iterator[Source]:
    """The object that names a shipment, whatever it is called: no page of Amazon's shows this payload."""
    inner = (payload.inner(name, value) for name, value in payload.values.items() if isinstance(value, dict))
    return (facts for facts in (payload, *inner) if "shipmentId" in facts.values)


def _uncapitalised(values: Mapping[str, Any], depth: int = DEPTH) -> Json:
    return {
        name[:1].lower() + name[1:]: _uncapitalised(value, depth - 1) if depth and isinstance(value, dict) else value
        for name, value in values.items()
    }
