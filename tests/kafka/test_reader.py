"""Reading parts of topics, and following a compacted one, without a group."""

import asyncio
import time
from typing import Any

import pytest

from connector.errors import InputError
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.follower import Entries, Follower
from connector.kafka.reader import TopicReader
from connector.kafka.topics import CONTROL
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


async def test_a_follower_knows_all_at_once_and_hears_of_changes(broker: Broker) -> None:
    topic, codec = unique("followed"), AvroCodec()
    broker.create_topics(topic, partitions=2, config={"cleanup.policy": "compact"})

    def paused(merchant_id: str) -> bytes:
        return codec.encode(CONTROL.name, {"merchant_id": merchant_id, "paused": True, "at": 1})

    before: list[tuple[str | bytes | None, bytes | None]] = [("M1", paused("M1")), ("M2", paused("M2"))]
    broker.produce(topic, [*before, ("M3", b"nonsense")], partition=1)
    held: dict[str, Any] = {}
    heard = asyncio.Event()

    async def apply(entries: Entries) -> None:
        held.update(entries)
        heard.set()

    follower = Follower(
        {"bootstrap.servers": broker.bootstrap_servers}, RenamedCodec(codec), topic=topic, partitions=2, apply=apply
    )
    await follower.load()
    assert {key: record["paused"] for key, record in held.items()} == {"M1": True, "M2": True}
    heard.clear()
    running = asyncio.create_task(follower.run())
    await asyncio.to_thread(broker.produce, topic, [("M1", None)], 1)
    await asyncio.wait_for(heard.wait(), 20)
    assert held["M1"] is None
    running.cancel()
    await follower.close()


class RenamedCodec(AvroCodec):
    """The test's topic has a name of its own, so that the one broker serves every test."""

    def __init__(self, codec: AvroCodec) -> None:
        self._codec = codec

    async def prepare(self, topic: str, datas: Any) -> None:
        assert topic
        await self._codec.prepare(CONTROL.name, datas)

    def decode(self, topic: str, data: bytes | None) -> dict[str, Any]:
        assert topic
        return self._codec.decode(CONTROL.name, data)
