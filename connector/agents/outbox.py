"""The agents' way out to Kafka: what they tell is named by the listings, encoded, and sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connector.agents.merchants.naming import Naming
from connector.domain.orders.events import OrderEvent
from connector.kafka.avro.event_records import ArrayWriter, EventRecords
from connector.kafka.avro.records import domain_record
from connector.kafka.cloudevents import HeadersOf, no_headers
from connector.kafka.producer import OutRecord
from connector.kafka.topics import CANCELLATIONS, COMMAND_RESULTS, INVENTORY_RESULTS, ORDERS, RETURNS, Topic

_NAMED = frozenset(topic.name for topic in (ORDERS, CANCELLATIONS, RETURNS, INVENTORY_RESULTS, COMMAND_RESULTS))
"""Topics in whose records each SKU gets the OMS's name of it."""


class Encoder(Protocol):
    def encode(self, topic: str, record: Mapping[str, Any]) -> bytes: ...

    @property
    def write_array(self) -> ArrayWriter: ...


class Sender(Protocol):
    async def send(self, records: Sequence[OutRecord]) -> None: ...

    async def send_unleased(self, records: Sequence[OutRecord]) -> None: ...


class Outbox:
    """`headers_of`: what a record gets besides its value."""

    def __init__(self, encoder: Encoder, sender: Sender, naming: Naming, *, headers_of: HeadersOf = no_headers) -> None:
        self._encoder = encoder
        self._sender = sender
        self._naming = naming
        self._order_events = EventRecords(encoder.write_array, naming.named, naming.names_of)
        self._headers_of = headers_of

    def record(self, topic: Topic, partition: int, merchant_id: str, told: Any) -> OutRecord:
        """`told`: an event or result of the domain (a dataclass), or a record in the shape of the topic's schema.

        Raises ValueError where it does not fit the schema: our own mistake.
        """
        match told:
            case dict():
                record = told
            case OrderEvent():
                record = self._order_events.record(told)
            case _:
                record = domain_record(told)
        if topic.name in _NAMED:
            record = self._naming.named(record)
        value = self._encoder.encode(topic.name, record)
        return OutRecord(topic.name, partition, merchant_id.encode(), value, self._headers_of(topic, record))

    async def send(self, records: Sequence[OutRecord]) -> None:
        """What is said of partitions that this worker owns. Returns when the broker has acknowledged all, in order
        within each partition. Raises ProduceFailed, or PartitionLost."""
        await self._sender.send(records)

    async def send_unleased(self, records: Sequence[OutRecord]) -> None:
        """`send` for what is true, or judged again, whoever owns the partition by now. Raises ProduceFailed."""
        await self._sender.send_unleased(records)
