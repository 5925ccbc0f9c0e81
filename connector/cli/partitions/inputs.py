"""What the workers' group has not read of its topics: carried over to where the workers look for it after a move.

A group's offset is one number for a partition, so it can't be past the records whose home changes and before those
that stay. Hence all that is unread in a partition is written again, in its order: what leaves to its new home, the
rest behind itself. That, and the offset past the old ones, is one transaction: each is read once, whenever a move ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

from connector.agents.dead_letters import FIRST_OFFSET, FIRST_PARTITION, first_place
from connector.cli.partitions.growth import Growth
from connector.cli.partitions.rows import digest_of
from connector.cli.partitions.transactions import Transactions, WrittenRecord
from connector.cli.shared.broker import Broker
from connector.kafka.homes import home_partition
from connector.kafka.reader import READ_TIMEOUT_S, LogReader, Place

_DIGEST_MASK = (1 << 128) - 1


@dataclass(frozen=True, slots=True)
class UnreadPart:
    """Of one partition, from the group's offset `start` to `stop`. `leaving`: records whose home changes. `elsewhere`:
    those that are not at home now, and wait to be sent on. `digest` as of rows."""

    place: Place
    start: int
    stop: int
    records: int
    leaving: int
    elsewhere: int
    digest: int


@dataclass(frozen=True, slots=True)
class UnreadTopic:
    """`carried`: what is written again."""

    parts: Sequence[UnreadPart]

    @property
    def records(self) -> int:
        return sum(part.records for part in self.parts)

    @property
    def leaving(self) -> int:
        return sum(part.leaving for part in self.parts)

    @property
    def elsewhere(self) -> int:
        return sum(part.elsewhere for part in self.parts)

    @property
    def carried(self) -> int:
        return sum(part.records for part in self.parts if part.leaving)

    @property
    def digest(self) -> int:
        return sum(part.digest for part in self.parts) & _DIGEST_MASK


def survey_unread(broker: Broker, config: Mapping[str, Any], topic: str, growth: Growth) -> UnreadTopic:
    """`config`: of librdkafka."""
    with broker.log([topic]) as reader:
        spans = _unread_spans(reader, config, broker.settings.app_id, topic)
        counted: dict[Place, list[int]] = {place: [0, 0, 0, 0] for place in spans}
        for messages in reader.read(spans):
            for message in messages:
                counts, key, partition = counted[topic, message.partition() or 0], message.key(), message.partition()
                counts[0] += 1
                if key is not None and partition is not None:
                    counts[1] += growth.leaves_for(key, partition) is not None
                    counts[2] += home_partition(key, growth.old) != partition
                counts[3] += digest_of(key, message.value())
    return UnreadTopic([UnreadPart(place, *spans[place], *counted[place]) for place in sorted(spans)])


def carry_over(broker: Broker, unread: UnreadTopic, growth: Growth, transactions: Transactions) -> None:
    """Nothing where nothing leaves: so a second time, too."""
    for part in unread.parts:
        if not part.leaving:
            continue
        topic, partition = part.place
        with broker.log([topic]) as reader:
            transactions.commit(
                (
                    _carried(message, growth)
                    for messages in reader.read({part.place: (part.start, part.stop)})
                    for message in messages
                ),
                [TopicPartition(topic, partition, part.stop)],
            )


def ends_of(broker: Broker, topics: Sequence[str]) -> dict[Place, int]:
    """Where each partition ends now."""
    with broker.log(topics) as reader:
        places = [(topic, number) for topic in topics for number in range(reader.partitions[topic])]
        return {place: stop for place, (_, stop) in reader.spans(places).items()}


def _unread_spans(reader: LogReader, config: Mapping[str, Any], group: str, topic: str) -> dict[Place, tuple[int, int]]:
    """Where nothing was committed a worker begins with what there is; likewise where that is deleted."""
    whole = reader.spans((topic, number) for number in range(reader.partitions[topic]))
    consumer = Consumer({**config, "group.id": group, "enable.auto.commit": False, "log_level": 0})
    try:
        asked = [TopicPartition(*place) for place in whole]
        found = {(one.topic, one.partition): one.offset for one in consumer.committed(asked, timeout=READ_TIMEOUT_S)}
    finally:
        consumer.close()
    return {place: (min(max(low, found[place]), high), high) for place, (low, high) in whole.items()}


def _carried(message: Message, growth: Growth) -> WrittenRecord:
    """The same bytes, key, headers and time. Headers keep the place where it lay first, as of what is sent home."""
    key, partition, offset = message.key(), message.partition() or 0, message.offset() or 0
    home = None if key is None else growth.leaves_for(key, partition)
    return WrittenRecord(
        message.topic() or "",
        partition if home is None else home,
        key,
        message.value(),
        tuple(_with_first_place(message.headers(), partition, offset, growth)),
        message.timestamp()[1],
    )


def _with_first_place(headers: Any, partition: int, offset: int, growth: Growth) -> list[tuple[str, bytes | None]]:
    """`headers`: the message's pairs, or None."""
    known: list[tuple[str, bytes | None]] = [*(headers or ())]
    if first_place(known, growth.new) is None:
        known += [(FIRST_PARTITION, b"%d" % partition), (FIRST_OFFSET, b"%d" % offset)]
    return known
