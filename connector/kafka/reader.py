"""Reading a part of a topic, without a group: from an offset or a time to where it ends now. Calls block."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connector.errors import ConnectorError, InputError
from connector.kafka.connection.clients import READ_POLL_S, groupless

READ_TIMEOUT_S = 10.0
LONGEST_SILENCE_S = 30.0

Spans = Mapping[int, tuple[int, int]]
"""partition -> (first offset, first offset no longer wanted)."""


class TopicReader:
    """Committed records only. Raises InputError for a topic that does not exist, KafkaException otherwise."""

    def __init__(self, config: Mapping[str, Any], topic: str) -> None:
        self._topic = topic
        self._consumer = Consumer(groupless(config))
        known = self._consumer.list_topics(topic, timeout=READ_TIMEOUT_S).topics[topic]
        if known.error is not None or not known.partitions:
            raise InputError(f"{topic}: there is no such topic; run `connector topics create`, or correct the name")
        self.partitions = len(known.partitions)

    def close(self) -> None:
        self._consumer.close()

    def spans(self) -> dict[int, tuple[int, int]]:
        """The whole topic as it is now."""
        return {
            number: self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=READ_TIMEOUT_S)
            for number in range(self.partitions)
        }

    def offsets_at(self, time_ms: int) -> dict[int, int]:
        """Per partition the first offset at or after the time; beyond its end where there is none."""
        asked = [TopicPartition(self._topic, number, time_ms) for number in range(self.partitions)]
        found = self._consumer.offsets_for_times(asked, timeout=READ_TIMEOUT_S)
        ends = self.spans()
        return {at.partition: at.offset if at.offset >= 0 else ends[at.partition][1] for at in found}

    def read(self, spans: Spans) -> Iterator[Message]:
        """In the order of each partition. Ends, though others go on writing."""
        left = {number: stop for number, (start, stop) in spans.items() if start < stop}
        assigned = [TopicPartition(self._topic, number, spans[number][0]) for number in sorted(left)]
        self._consumer.assign(assigned)
        self._consumer.resume(assigned)  # librdkafka keeps what an earlier `read` paused
        heard_at = time.monotonic()
        while left:
            messages = self._consumer.consume(2000, timeout=READ_POLL_S)
            if messages:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > LONGEST_SILENCE_S:
                raise ConnectorError(
                    f"{self._topic}: Kafka gave nothing for {LONGEST_SILENCE_S:.0f} s; is it reachable?"
                )
            for message in messages:
                yield from self._wanted(message, left)

    def _wanted(self, message: Message, left: dict[int, int]) -> Iterator[Message]:
        number, error = message.partition() or 0, message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        if number not in left:
            return
        offset = message.offset() or 0
        if error is None and offset < left[number]:
            yield message
        if error is not None or offset >= left[number] - 1:
            del left[number]
            self._consumer.pause([TopicPartition(self._topic, number)])
