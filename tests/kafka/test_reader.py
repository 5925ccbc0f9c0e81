"""Reading parts of topics without a group."""

import time

import pytest

from connector.errors import InputError
from connector.kafka.reader import LogReader, TopicReader
from tests.kit.kafka.broker import Broker, eventually, unique

pytestmark = pytest.mark.kafka


def values(reader: TopicReader, spans: dict[int, tuple[int, int]]) -> list[bytes]:
    return sorted(message.value() or b"" for message in reader.read(spans))


def reader_of(broker: Broker, topic: str) -> TopicReader:
    return TopicReader({"bootstrap.servers": broker.bootstrap_servers}, topic)


def test_parts_by_offset_and_by_time_again_and_again(broker: Broker) -> None:
    topic = unique("parts")
    broker.create_topics(topic, partitions=2)
    broker.produce(topic, [(None, f"{n}") for n in range(5)], partition=0)
    reader = reader_of(broker, topic)
    assert reader.spans() == {0: (0, 5), 1: (0, 0)}
    between_ms = max(message.timestamp()[1] for message in broker.consume(topic)) + 1
    eventually("the clock is past it", lambda: time.time_ns() // 1_000_000 > between_ms)
    broker.produce(topic, [(None, "later")], partition=1)
    assert values(reader, {0: (1, 3)}) == [b"1", b"2"]
    assert values(reader, {0: (3, 5), 1: (0, 1)}) == [b"3", b"4", b"later"], "a second read goes on where none paused"
    assert reader.offsets_at(between_ms) == {0: 5, 1: 0}
    assert values(reader, {0: (0, 0)}) == []
    assert values(reader, {0: (0, 99)}) == [b"0", b"1", b"2", b"3", b"4"], "what is not there yet is not waited for"
    reader.close()


def test_a_topic_that_is_not_there_is_told(broker: Broker) -> None:
    with pytest.raises(InputError, match="no such topic"):
        reader_of(broker, unique("missing"))


def test_several_topics_side_by_side_and_then_what_comes(broker: Broker) -> None:
    one, two = unique("one"), unique("two")
    broker.create_topics(one, two, partitions=2)
    broker.produce(one, [(None, f"{n}") for n in range(3)], partition=1)
    broker.produce(two, [(None, "a")], partition=0)
    reader = LogReader({"bootstrap.servers": broker.bootstrap_servers}, [one, two])
    assert reader.partitions == {one: 2, two: 2}
    spans = reader.spans([(one, 1), (two, 0), (two, 1)])
    assert spans == {(one, 1): (0, 3), (two, 0): (0, 1), (two, 1): (0, 0)}
    later_ms = time.time_ns() // 1_000_000 + 60_000
    assert reader.offsets_at(0, spans) == {(one, 1): 0, (two, 0): 0, (two, 1): 0}
    assert reader.offsets_at(later_ms, spans) == {(one, 1): 3, (two, 0): 1, (two, 1): 0}, "their ends"
    read = [(m.topic(), m.value()) for messages in reader.read(spans) for m in messages]
    assert sorted(read) == sorted([*((one, f"{n}".encode()) for n in range(3)), (two, b"a")])

    coming = reader.follow({place: stop for place, (_, stop) in spans.items()})
    broker.produce(two, [(None, "b")], partition=1)
    broker.produce(one, [(None, "3")], partition=1)
    broker.produce(one, [(None, "elsewhere")], partition=0)
    came = set[bytes | None]()

    def both() -> bool:
        came.update(message.value() for message in next(coming))
        return came >= {b"b", b"3"}

    eventually("both came", both)
    assert came == {b"b", b"3"}
    reader.close()
