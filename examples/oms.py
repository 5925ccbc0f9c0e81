"""What an order-management system does with the connector's topics: write a record, wait for what is answered.

KAFKA, REGISTRY and SIMULATOR name other places than those of one machine (docs/running.md).
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

KAFKA = os.environ.get("KAFKA", "localhost:29092")
REGISTRY = os.environ.get("REGISTRY", "http://localhost:8081/apis/ccompat/v7")
SIMULATOR = os.environ.get("SIMULATOR", "http://localhost:8080")

SCHEMAS = Path(__file__).parents[1] / "schemas"
# Confluent's client would ask the registry for associations first, which not every registry answers
SUBJECTS = {"subject.name.strategy": topic_subject_name_strategy}

Record = Mapping[str, Any]


class Outbox:
    """Writes records of one topic, each under its merchant: so they stay in their order."""

    def __init__(self, topic: str, schema: str) -> None:
        self._topic = topic
        registry = SchemaRegistryClient({"url": REGISTRY, "timeout": 10})
        self._serialize = AvroSerializer(registry, (SCHEMAS / f"{schema}.avsc").read_text(), conf=SUBJECTS)
        # murmur2 as Java's producers have it: any other partitioner costs a hop
        self._producer = Producer(
            {"bootstrap.servers": KAFKA, "partitioner": "murmur2_random", "enable.idempotence": True}
        )

    def send(self, *records: Record) -> None:
        """Returns when Kafka has them."""
        for record in records:
            value = self._serialize(record, SerializationContext(self._topic, MessageField.VALUE))
            self._producer.produce(self._topic, key=record["merchant_id"], value=value, on_delivery=_check)
        if self._producer.flush(30):
            raise TimeoutError(f"{KAFKA} did not take the records within 30 s")


class Inbox:
    """Reads the records of one topic that are written from now on. A system that runs for ever has a consumer group
    instead, and commits what it has dealt with."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        registry = SchemaRegistryClient({"url": REGISTRY, "timeout": 10})
        self._deserialize = AvroDeserializer(registry, conf=SUBJECTS)
        self._consumer = Consumer({"bootstrap.servers": KAFKA, "group.id": "unused", "enable.auto.commit": False})
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = [TopicPartition(topic, number) for number in partitions]
        for end in ends:
            _, end.offset = self._consumer.get_watermark_offsets(end, timeout=10)
        self._consumer.assign(ends)

    def first(self, wanted: Callable[[Record], bool], within_s: float = 120) -> Record:
        """Raises TimeoutError where none comes: then look at connector.dead-letters."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            message = self._consumer.poll(1)
            if message is None or message.error():
                continue
            record: Record = self._deserialize(message.value(), SerializationContext(self._topic, MessageField.VALUE))
            if wanted(record):
                return record
        raise TimeoutError(f"not on {self._topic} within {within_s:g} s; is it on connector.dead-letters?")

    def close(self) -> None:
        self._consumer.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _check(error: Any, _message: Any) -> None:
    if error is not None:
        raise RuntimeError(f"Kafka refused a record: {error}")
