"""What commands do with Kafka: read a part of a topic, decode it, write records and wait for them. All of it blocks."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, Message

from connector.errors import ConnectorError, InputError
from connector.foreign.kafka import kafka_fault
from connector.foreign.masking import masked
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import open_registry
from connector.kafka.connection import clients as kafka_clients
from connector.kafka.connection.faults import kafka_faults_told
from connector.kafka.connection.reach import topic_partitions
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord, ProduceFailed, Producer
from connector.kafka.reader import LogReader, TopicReader
from connector.kafka.topics import AUDIT, CONTROL
from connector.settings import Settings

RECORDS_AT_ONCE = 500
"""That are read, decoded or written together."""

MOVE_ACTION = "partitions move"
"""As connector.audit has it, with the subject `12 to 24`."""

Decoded = dict[str, Any] | BadRecord

# Kafka's word on a record for what that is: others go on
_FOR_WHAT_IT_IS = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_MSG_SIZE, KafkaError.INVALID_RECORD}
)


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """`count` records are acknowledged. `refused`: those that Kafka takes from nobody, and why."""

    count: int
    refused: tuple[tuple[OutRecord, str], ...]


class Broker:
    """For one command; get it from `open_broker`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._config = kafka_clients.librdkafka(settings.kafka)
        self._codec = AvroCodec(open_registry(settings.schema_registry))
        self._runner = asyncio.Runner()  # of one loop: the registry's connections belong to it

    def close(self) -> None:
        self._runner.run(self._codec.aclose())
        self._runner.close()

    @contextmanager
    def topic(self, name: str) -> Iterator[TopicReader]:
        reader = TopicReader(self._config, name)
        try:
            yield reader
        finally:
            reader.close()

    @contextmanager
    def log(self, topics: Sequence[str]) -> Iterator[LogReader]:
        reader = LogReader(self._config, topics)
        try:
            yield reader
        finally:
            reader.close()

    def read(self, name: str, merchant_id: str = "") -> Iterator[Message]:
        """The whole topic as it is now, or the merchant's home partition of it."""
        yield from self._read(name, [self.home(merchant_id.encode())] if merchant_id else None)

    def read_since_ever(self, name: str, merchant_id: str = "") -> Iterator[Message]:
        """`read` of a topic that a move to more partitions leaves as it is."""
        yield from self._read(name, self.homes_since_ever(merchant_id.encode()) if merchant_id else None)

    def _read(self, name: str, partitions: Iterable[int] | None) -> Iterator[Message]:
        with self.topic(name) as reader:
            yield from reader.read(reader.spans(partitions))

    def latest(self, name: str, merchant_id: str = "") -> dict[bytes, bytes]:
        """A compacted topic as it is now, whole or the merchant's home partition: the last value of each key that was
        not deleted, and of several partitions' the newest by its time."""
        by_partition: defaultdict[int, dict[bytes, tuple[int, bytes]]] = defaultdict(dict)
        for message in self.read(name, merchant_id):
            key, value, values = message.key(), message.value(), by_partition[message.partition() or 0]
            if key is not None and value is None:
                values.pop(key, None)  # of this partition: a move to more partitions deletes a key where it was before
            elif key is not None and value is not None:
                values[key] = (message.timestamp()[1], value)
        newest: dict[bytes, tuple[int, bytes]] = {}
        for values in by_partition.values():
            newest.update((key, found) for key, found in values.items() if key not in newest or newest[key] < found)
        return {key: value for key, (_, value) in newest.items()}

    def decode(self, topic: str, values: Sequence[bytes | None]) -> list[Decoded]:
        """In their order. Raises RegistryUnavailable."""
        self._runner.run(self._codec.prepare(topic, values))
        return [self._decoded(topic, value) for value in values]

    def encode(self, topic: str, record: dict[str, Any]) -> bytes:
        """For the connector's internal topics: no registry is needed. Raises InputError for what no schema can hold."""
        try:
            return self._codec.encode(topic, record)
        except (ValueError, TypeError, OverflowError) as misfit:
            raise InputError(f"{topic}: the record can't be written: {masked(str(misfit))}") from None

    def home(self, key: bytes) -> int:
        """A record's partition on every topic of ours."""
        return home_partition(key, self.settings.kafka.partitions)

    def homes_since_ever(self, key: bytes) -> frozenset[int]:
        """And those that it had before moves to more partitions, of which connector.audit tells.

        A move is no merchant's, so it is told where the home of no merchant was before it: only there is looked.
        """
        told_in = {home_partition(b"", before) for before in range(1, self.settings.kafka.partitions)}
        try:
            said = [message.value() for message in self._read(AUDIT.name, sorted(told_in))]
        except InputError:  # the topic is missing: it is younger than others
            return frozenset([self.home(key)])
        moves = [value for value in said if value is not None and MOVE_ACTION.encode() in value]
        told = [one for one in self.decode(AUDIT.name, moves) if isinstance(one, dict) and one["action"] == MOVE_ACTION]
        olds = {int(one["subject"].partition(" ")[0]) for one in told}
        return frozenset(home_partition(key, count) for count in (self.settings.kafka.partitions, *olds))

    def write(self, batches: Iterable[Sequence[OutRecord]]) -> Iterator[int]:
        """Gives how many records the broker acknowledged, batch by batch; consume it. Raises ConnectorError."""
        for written in self.write_each(batches):
            for record, why in written.refused:
                raise ConnectorError(f"Kafka does not take a record for {record.topic}: {why}; what it took stays")
            yield written.count

    def write_each(self, batches: Iterable[Sequence[OutRecord]]) -> Iterator[WrittenBatch]:
        """The next batch is asked for when the one before is written. Raises ConnectorError where Kafka fails."""
        producer = Producer({**self._config, "log_level": 0})
        try:
            for batch in batches:
                yield _written(batch, producer)
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


def chunks(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Of RECORDS_AT_ONCE, the last of what is left."""
    chunk: list[Message] = []
    for message in messages:
        chunk.append(message)
        if len(chunk) == RECORDS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _written(batch: Sequence[OutRecord], producer: Producer) -> WrittenBatch:
    try:
        asyncio.run(producer.send(batch))
    except ProduceFailed as failed:
        if any(error.code() not in _FOR_WHAT_IT_IS for _, error in failed.refused):
            raise ConnectorError(f"Kafka did not take everything: {failed}; what it took stays, run it again") from None
        refused = tuple((record, _why(record, error)) for record, error in failed.refused)
        return WrittenBatch(len(batch) - len(refused), refused)
    return WrittenBatch(len(batch), ())


def _why(record: OutRecord, error: KafkaError) -> str:
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        headers = sum(len(name) + len(value or b"") for name, value in record.headers)
        size = len(record.key or b"") + len(record.value or b"") + headers
        return f"with {size} bytes it is too large for Kafka ({kafka_fault(error)})"
    return kafka_fault(error)


@contextmanager
def open_broker(settings: Settings) -> Iterator[Broker]:
    """What librdkafka raises is told as one line that names the settings to look at."""
    with kafka_faults_told(settings.kafka.bootstrap_servers):
        partitions = topic_partitions(settings.kafka)
        _check_no_move(partitions)
        _check_partitions(partitions, settings.kafka.partitions)
        with closing(Broker(settings)) as broker:
            yield broker


def _check_no_move(partitions: Mapping[str, int]) -> None:
    """What a command wrote meanwhile could be overtaken by what is moved."""
    raised, last = partitions.get(CONTROL.name), partitions.get(AUDIT.name)
    if raised is None or last is None:
        return  # no move leaves it so: what is missing is told by who needs it
    if last < raised:
        raise InputError(
            f"a move to {raised} partitions was begun and not ended: run `connector partitions move "
            f"--to {raised} --yes` to its end first"
        )


def _check_partitions(partitions: Mapping[str, int], wanted: int) -> None:
    """A wrong number would send records to partitions where no worker expects them."""
    there = partitions.get(CONTROL.name)
    if there is None:
        raise InputError(f"{CONTROL.name}: there is no such topic; run `connector topics create`")
    if there != wanted:
        raise InputError(
            f"the topics have {there} partitions, CONNECTOR_KAFKA__PARTITIONS says {wanted}: set it to {there}"
        )
