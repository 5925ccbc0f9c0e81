"""A batch is acknowledged whole, or the caller knows."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from connector.kafka.producer import OutRecord, ProduceFailed, Producer
from tests.kit.kafka.broker import Broker, unique

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic(broker: Broker) -> str:
    name = unique("out")
    broker.create_topics(name, partitions=2)
    return name


@pytest.fixture
def producer(broker: Broker) -> Iterator[Producer]:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    yield producer
    producer.close(5)


async def test_send_returns_when_all_is_in_the_log_in_order(broker: Broker, topic: str, producer: Producer) -> None:
    records = [OutRecord(topic, n % 2, b"k%d" % n, b"v", (("h", b"x"),)) for n in range(3000)]
    await producer.send([*records, OutRecord(topic, 0, b"gone", None)])
    found = broker.consume(topic)
    keys = [[m.key() for m in found if m.partition() == p] for p in (0, 1)]
    assert keys[0] == [r.key for r in records if r.partition == 0] + [b"gone"]
    assert keys[1] == [r.key for r in records if r.partition == 1]
    assert found[0].headers() == [("h", b"x")]
    assert [m.value() for m in found if m.key() == b"gone"] == [None]


async def test_nothing_to_send_is_acknowledged(producer: Producer) -> None:
    await producer.send([])


async def test_a_full_queue_neither_loses_nor_blocks(broker: Broker, topic: str) -> None:
    small = Producer({"bootstrap.servers": broker.bootstrap_servers, "queue.buffering.max.messages": 50})
    ticks = 0

    async def tick() -> AsyncIterator[None]:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1
            yield

    async def count() -> None:
        async for _ in tick():
            pass

    counting = asyncio.create_task(count())
    await small.send([OutRecord(topic, 0, b"%d" % n, b"v") for n in range(2000)])
    counting.cancel()
    small.close(5)
    assert [m.key() for m in broker.consume(topic)] == [b"%d" % n for n in range(2000)]
    assert ticks > 10, "the event loop stood still while the queue was full"


async def test_too_large_a_record_fails_its_batch_and_is_named(broker: Broker, topic: str, producer: Producer) -> None:
    records = [
        OutRecord(topic, 0, b"1", b"v"),
        OutRecord(topic, 0, b"2", b"x" * 2_000_000),
        OutRecord(topic, 0, b"3", b"v"),
    ]
    with pytest.raises(
        ProduceFailed, match="1 of 3 records not acknowledged, first reason MSG_SIZE_TOO_LARGE"
    ) as failed:
        await producer.send(records)
    assert [record.key for record, _ in failed.value.refused] == [b"2"]
    assert [m.key() for m in broker.consume(topic)] == [b"1", b"3"]


async def test_a_record_that_the_topic_refuses_is_named_too(broker: Broker, producer: Producer) -> None:
    narrow = unique("narrow")
    broker.create_topics(narrow, config={"max.message.bytes": "1000"})
    records = [OutRecord(narrow, n, b"%d" % n, random.randbytes(size)) for n, size in enumerate((10, 5000, 10))]
    with pytest.raises(
        ProduceFailed, match="1 of 3 records not acknowledged, first reason MSG_SIZE_TOO_LARGE"
    ) as failed:
        await producer.send(records)
    assert [record.key for record, _ in failed.value.refused] == [b"1"]
    assert [m.key() for m in broker.consume(narrow)] == [b"0", b"2"]


async def test_an_unreachable_broker_fails_the_batch_in_time() -> None:
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "delivery.timeout.ms": 500, "log_level": 0})
    with pytest.raises(ProduceFailed, match="2 of 2 records not acknowledged"):
        await asyncio.wait_for(producer.send([OutRecord("t", 0, None, b"1"), OutRecord("t", 0, None, b"2")]), 10)
    producer.close(1)


async def test_closing_fails_what_is_left() -> None:
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    sending = asyncio.create_task(producer.send([OutRecord("t", 0, None, b"1")]))
    await asyncio.sleep(0)
    await asyncio.to_thread(producer.close, 0.1)
    with pytest.raises(ProduceFailed):
        await asyncio.wait_for(sending, 10)
