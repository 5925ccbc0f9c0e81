"""CloudEvents 1.0 headers of events, in the binary mode of its Kafka protocol binding: the value stays what it is.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from connector.kafka.topics import CANCELLATIONS, ORDERS, RETURNS, Topic

Headers: TypeAlias = tuple[tuple[str, bytes], ...]
HeadersOf: TypeAlias = Callable[[Topic, Mapping[str, Any]], Headers]

CLOUDEVENTS_OF = {
    ORDERS.name: ("smartconnect.OrderEvent", "shipment_id"),
    CANCELLATIONS.name: ("smartconnect.CancellationEvent", "shipment_id"),
    RETURNS.name: ("smartconnect.ReturnEvent", "return_id"),
}
"""By topic: the schema's full name, and the field that an event is about."""


def no_headers(_topic: Topic, _record: Mapping[str, Any]) -> Headers:
    return ()


def cloudevents_headers(app_id: str) -> HeadersOf:
    """Headers of an event (its fields by the domain's names); none where the topic is not one of events.

    `ce_id` is the event's own id, so that a consumer which drops what it has seen of one `ce_source` drops what comes
    twice. `ce_type` is the schema's full name, with the type that the event has in it where it has one.
    """

    def of(topic: Topic, event: Mapping[str, Any]) -> Headers:
        if topic.name not in CLOUDEVENTS_OF:
            return ()
        schema, subject = CLOUDEVENTS_OF[topic.name]
        texts = {
            "ce_specversion": "1.0",
            "ce_id": event["event_id"],
            "ce_source": f"/{quote(app_id)}/merchants/{quote(event['merchant_id'])}",
            "ce_type": f"{schema}.{event['type']}" if "type" in event else schema,
            "ce_subject": event[subject],
            "ce_time": _rfc3339(event["occurred_at_ms"]),
            "content-type": "application/avro",
        }
        return tuple((name, str(text).encode()) for name, text in texts.items())

    return of


def _rfc3339(epoch_ms: int) -> str:
    at = datetime.fromtimestamp(epoch_ms // 1000, UTC).replace(microsecond=epoch_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
