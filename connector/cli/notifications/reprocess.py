"""Saved notifications once more, for the agents to take them as if they had just come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message

from connector.agents.records.reprocess import REPROCESSED, reprocess_of
from connector.cli.shared.broker import Broker, chunks
from connector.errors import InputError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.producer import OutRecord
from connector.kafka.reader import Spans, TopicReader
from connector.kafka.topics import NOTIFICATIONS


@dataclass(slots=True)
class Reprocess:
    """`run`: unlike that of any other. `merchant_id`, `shipment_id` "": all. What was chosen is counted as it goes."""

    broker: Broker
    run: str
    merchant_id: str
    shipment_id: str
    notifications: int = 0
    shipments: set[tuple[str, str]] = field(default_factory=set)
    unread: int = 0
    _chosen: set[tuple[str, str]] = field(default_factory=set)

    def batches(self, reader: TopicReader, spans: Spans) -> Iterator[Sequence[OutRecord]]:
        """Each notification once, where it came first; copies that an earlier reprocess made are none of Amazon's."""
        for messages in chunks(reader.read(spans)):
            values = self.broker.decode(NOTIFICATIONS.name, [message.value() for message in messages])
            chosen = [
                self._record(message)
                for message, value in zip(messages, values, strict=True)
                if self._takes(message, value)
            ]
            if chosen:
                yield chosen

    def _takes(self, message: Message, value: dict[str, Any] | BadRecord) -> bool:
        if isinstance(value, BadRecord):
            self.unread += 1
            return False
        merchant_id, shipment_id = value["merchant_id"], value["shipment_id"]
        notification = (merchant_id, value["notification_id"])
        if self.merchant_id not in ("", merchant_id) or self.shipment_id not in ("", shipment_id):
            return False
        if not shipment_id or notification in self._chosen or reprocess_of(_headers(message)):
            return False
        self._chosen.add(notification)
        self.notifications += 1
        self.shipments.add((merchant_id, shipment_id))
        return True

    def _record(self, message: Message) -> OutRecord:
        """On its own partition: there is its home, or was; and the order of what Amazon said."""
        headers = (*_headers(message), (REPROCESSED, self.run.encode()))
        return OutRecord(NOTIFICATIONS.name, message.partition() or 0, message.key(), message.value(), headers)


def spans_between(
    broker: Broker, reader: TopicReader, since_ms: int, until_ms: int | None, merchant_id: str
) -> dict[int, tuple[int, int]]:
    """Of the merchant's home alone where there is one, and of those before. Raises InputError where nothing lies
    between."""
    whole = reader.spans()
    starts = reader.offsets_at(since_ms) if since_ms else {}
    stops = {} if until_ms is None else reader.offsets_at(until_ms)
    homes = broker.homes_since_ever(merchant_id.encode()) if merchant_id else whole.keys()
    spans = {
        number: (max(low, starts.get(number, low)), min(high, stops.get(number, high)))
        for number, (low, high) in whole.items()
        if number in homes
    }
    if all(start >= stop for start, stop in spans.values()):
        raise InputError(f"--from, --to: {NOTIFICATIONS.name} has no notification between them; it keeps 7 days")
    return spans


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    headers: Any = message.headers() or []  # a list of pairs, whatever the package's stubs allow besides
    return list(headers)
