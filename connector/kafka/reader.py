"""Reading a part of a log, without a group: from an offset or a time to where it ends now. Calls block."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connector.errors import ConnectorError, InputError
from connector.kafka.connection.clients import READ_POLL_S, groupless

READ_TIMEOUT_S = 10.0
LONGEST_SILENCE_S = 30.0
FOLLOW_POLL_S = 0.2
_AT_ONCE = 2000
_LEADER_POLL_S = 0.1
_WITHOUT_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
"""Of a partition that was made a moment ago, or whose leader has just gone. librdkafka asks once for where it ends."""

Place = tuple[str, int]
"""(topic, partition)."""

Spans = Mapping[int, tuple[int, int]]
"""partition -> (first offset, first offset no longer wanted)."""


class LogReader:
    """Partitions of several topics, side by side. Committed records only. Raises InputError for a topic that does not
    exist, KafkaException otherwise. `partitions`: of each topic."""

    def __init__(self, config: Mapping[str, Any], topics: Sequence[str]) -> None:
        self._consumer = Consumer(groupless(config))
        self.partitions = {topic: self._partitions_of(topic) for topic in topics}

    def close(self) -> None:
        self._consumer.close()

    def spans(self, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """From the first record that is kept to the end as it is now."""
        return {place: self._span(place) for place in places}

    def offsets_at(self, time_ms: int, ends: Mapping[Place, tuple[int, int]]) -> dict[Place, int]:
        """Of each place of `ends` (its span) the first offset at or after the time; its end where there is none."""
        asked = [TopicPartition(topic, number, time_ms) for topic, number in ends]
        found = self._consumer.offsets_for_times(asked, timeout=READ_TIMEOUT_S) if asked else []
        at = {(one.topic, one.partition): one.offset for one in found}
        return {place: offset if offset >= 0 else ends[place][1] for place, offset in at.items()}

    def read(self, spans: Mapping[Place, tuple[int, int]]) -> Iterator[list[Message]]:
        """As they come, in the order of each partition. Ends, though others go on writing."""
        left = {place: stop for place, (start, stop) in spans.items() if start < stop}
        if not left:
            return
        places = [TopicPartition(*place, spans[place][0]) for place in sorted(left)]
        self._consumer.assign(places)
        try:
            yield from self._read(left)
        finally:
            # Here, not at the next `read`: a pause that ends while its partition is assigned anew may never end
            self._consumer.resume(places)
            self._consumer.unassign()

    def follow(self, starts: Mapping[Place, int]) -> Iterator[list[Message]]:
        """What comes from these offsets on, for ever; an empty list where nothing came for a moment."""
        self._consumer.assign([TopicPartition(*place, start) for place, start in sorted(starts.items())])
        while True:
            messages = self._consumer.consume(_AT_ONCE, timeout=FOLLOW_POLL_S)
            yield [message for message in messages if _is_record(message)]

    def _read(self, left: dict[Place, int]) -> Iterator[list[Message]]:
        heard_at = time.monotonic()
        while left:
            messages = self._consumer.consume(_AT_ONCE, timeout=READ_POLL_S)
            if messages:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > LONGEST_SILENCE_S:
                silent = ", ".join(sorted({topic for topic, _ in left}))
                raise ConnectorError(f"{silent}: Kafka gave nothing for {LONGEST_SILENCE_S:.0f} s; is it reachable?")
            yield [message for message in messages if self._is_wanted(message, left)]

    def _span(self, place: Place) -> tuple[int, int]:
        until = time.monotonic() + READ_TIMEOUT_S
        while True:
            try:
                return self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=READ_TIMEOUT_S)
            except KafkaException as fault:
                if fault.args[0].code() not in _WITHOUT_LEADER or time.monotonic() > until:
                    raise
                time.sleep(_LEADER_POLL_S)

    def _partitions_of(self, topic: str) -> int:
        known = self._consumer.list_topics(topic, timeout=READ_TIMEOUT_S).topics[topic]
        if known.error is not None or not known.partitions:
            raise InputError(f"{topic}: there is no such topic; run `connector topics create`, or correct the name")
        return len(known.partitions)

    def _is_wanted(self, message: Message, left: dict[Place, int]) -> bool:
        place = (message.topic() or "", message.partition() or 0)
        is_record = _is_record(message)
        if place not in left:
            return False
        offset, stop = message.offset() or 0, left[place]
        if not is_record or offset >= stop - 1:
            del left[place]
            self._consumer.pause([TopicPartition(*place)])
        return is_record and offset < stop


class TopicReader:
    """One topic, as LogReader reads it."""

    def __init__(self, config: Mapping[str, Any], topic: str) -> None:
        self._topic = topic
        self._log = LogReader(config, [topic])
        self.partitions = self._log.partitions[topic]

    def close(self) -> None:
        self._log.close()

    def spans(self, partitions: Iterable[int] | None = None) -> dict[int, tuple[int, int]]:
        """The whole topic as it is now, or these partitions of it."""
        numbers = range(self.partitions) if partitions is None else partitions
        return {number: span for (_, number), span in self._spans(numbers).items()}

    def offsets_at(self, time_ms: int) -> dict[int, int]:
        """Per partition the first offset at or after the time; beyond its end where there is none."""
        whole = self._spans(range(self.partitions))
        return {number: offset for (_, number), offset in self._log.offsets_at(time_ms, whole).items()}

    def read(self, spans: Spans) -> Iterator[Message]:
        """In the order of each partition. Ends, though others go on writing."""
        for messages in self._log.read({(self._topic, number): span for number, span in spans.items()}):
            yield from messages

    def _spans(self, partitions: Iterable[int]) -> dict[Place, tuple[int, int]]:
        return self._log.spans((self._topic, number) for number in partitions)


def _is_record(message: Message) -> bool:
    """And not the end of a partition. Raises KafkaException."""
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:
        raise KafkaException(error)
    return error is None
