"""Reads topics on a thread, and hands their records to the event loop."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from connector.kafka.avro.codec import AvroCodec
from connector.kafka.embedded import PARTITIONS
from connector.kafka.topics import Topic


class Listener:
    """`heard`: (topic's name, record), in the order of each partition."""

    def __init__(self, bootstrap_servers: str, codec: AvroCodec, topics: Sequence[Topic]) -> None:
        self.heard: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._codec = codec
        self._topics = topics
        self._config = {"bootstrap.servers": bootstrap_servers, "group.id": "oms", "enable.auto.commit": False}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, name="listener", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        self._closing.set()
        await asyncio.to_thread(self._thread.join)

    def _read(self) -> None:
        consumer = Consumer({**self._config, "log_level": 0})
        consumer.assign(
            [
                TopicPartition(topic.name, number, OFFSET_BEGINNING)
                for topic in self._topics
                for number in range(PARTITIONS)
            ]
        )
        while not self._closing.is_set():
            for message in consumer.consume(500, timeout=0.1):
                topic, value = message.topic(), message.value()
                if message.error() is None and topic is not None:
                    record = self._codec.decode(topic, value)
                    self._loop.call_soon_threadsafe(self.heard.put_nowait, (topic, record))
        consumer.close()
