"""What commands do with Kafka: read a part of a topic, decode it, write records and wait for them. All of it blocks."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Message

from connector.errors import ConnectorError, InputError
from connector.kafka import connection as kafka_clients
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import open_registry
from connector.kafka.faults import kafka_faults_told
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord, ProduceFailed, Producer
from connector.kafka.reader import TopicReader
from connector.kafka.topics import CONTROL
from connector.settings import Settings

Decoded = dict[str, Any] | BadRecord


class Broker:
    """For one command; get it from `open_broker`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._config = kafka_clients.librdkafka(settings.kafka)
        self._codec = AvroCodec(open_registry(settings.schema_registry))

    @contextmanager
    def topic(self, name: str) -> Iterator[TopicReader]:
        reader = TopicReader(self._config, name)
        try:
            yield reader
        finally:
            reader.close()

    def read(self, name: str) -> Iterator[Message]:
        """The whole topic as it is now."""
        with self.topic(name) as reader:
            yield from reader.read(reader.spans())

    def latest(self, name: str) -> dict[bytes, bytes]:
        """A compacted topic as it is now: the last value of each key that was not deleted."""
        values: dict[bytes, bytes] = {}
        for message in self.read(name):
            key, value = message.key(), message.value()
            if key is not None and value is None:
                values.pop(key, None)
            elif key is not None and value is not None:
                values[key] = value
        return values

    def decode(self, topic: str, values: Sequence[bytes | None]) -> list[Decoded]:
        """In their order. Raises RegistryUnavailable."""
        asyncio.run(self._codec.prepare(topic, values))
        return [self._decoded(topic, value) for value in values]

    def encode(self, topic: str, record: dict[str, Any]) -> bytes:
        """For the connector's internal topics: no registry is needed."""
        return self._codec.encode(topic, record)

    def home(self, key: bytes) -> int:
        """A record's partition on every topic of ours."""
        return home_partition(key, self.settings.kafka.partitions)

    def write(self, batches: Iterable[Sequence[OutRecord]]) -> Iterator[int]:
        """Gives how many records the broker acknowledged, batch by batch; consume it. Raises ConnectorError."""
        producer = Producer({**self._config, "log_level": 0})
        try:
            for batch in batches:
                asyncio.run(producer.send(batch))
                yield len(batch)
        except ProduceFailed as failed:
            raise ConnectorError(f"Kafka did not take everything: {failed}; what it took stays, run it again") from None
        finally:
            producer.close(10)

    def write_all(self, records: Sequence[OutRecord]) -> None:
        for _ in self.write([records]):
            pass

    def _decoded(self, topic: str, value: bytes | None) -> Decoded:
        try:
            return self._codec.decode(topic, value)
        except BadRecord as bad:
            return bad


@contextmanager
def open_broker(settings: Settings) -> Iterator[Broker]:
    """What librdkafka raises is told as one line that names the settings to look at."""
    with kafka_faults_told(settings.kafka.bootstrap_servers):
        broker = Broker(settings)
        check_partitions(broker)
        yield broker


def check_partitions(broker: Broker) -> None:
    """A wrong number would send records to partitions where no worker expects them."""
    with broker.topic(CONTROL.name) as reader:
        wanted = broker.settings.kafka.partitions
        if reader.partitions != wanted:
            raise InputError(
                f"the topics have {reader.partitions} partitions, CONNECTOR_KAFKA__PARTITIONS says {wanted}: "
                f"set it to {reader.partitions}"
            )
