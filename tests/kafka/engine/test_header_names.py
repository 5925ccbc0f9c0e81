"""A header name that is not UTF-8, on a real broker: the partition is read on, the name made readable."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connector.kafka.engine.agent import run_batches
from connector.kafka.engine.app import BatchApp, batch_topic
from connector.kafka.reader import TopicReader
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.cases import CaseRecord
from tests.kit.kafka.engine.as_is import produce_as_is

pytestmark = pytest.mark.kafka


def records_of(topic: str) -> list[CaseRecord]:
    """Among good ones, names of which some are no text, in whole or in part."""
    return [
        CaseRecord(topic, b"k", b"1", ((b"plain", b"x"), ("nämé".encode(), None))),
        CaseRecord(topic, b"k", b"2", ((b"\xff\xfe", b"31"), (b"x", None), (b"", b""))),
        CaseRecord(topic, None, b"3", ((b"a\x80b\xc3", b"\xff"),)),
        CaseRecord(topic, b"k", b"4"),
    ]


READ = [
    (b"1", (("plain", b"x"), ("nämé", None))),
    (b"2", (("\\xff\\xfe", b"31"), ("x", None), ("", b""))),
    (b"3", (("a\\x80b\\xc3", b"\xff"),)),
    (b"4", ()),
]


@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
async def test_the_worker_s_consumer_reads_it(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, compression: int
) -> None:
    app = BatchApp(
        app_id, broker=[f"kafka://{broker.bootstrap_servers}"], datadir=tmp_path, web_enabled=False, topic_partitions=4
    )
    seen: list[Any] = []
    done = asyncio.Event()

    async def apply(_: int, records: Any) -> None:
        seen.extend(records)
        if len(seen) >= 5:
            done.set()

    async def batches(stream: Any) -> None:
        await run_batches(app, stream, apply)

    app.agent(batch_topic(app, topic), name="probe")(batches)
    await produce_as_is(broker.bootstrap_servers, 2, records_of(topic), compression=compression)
    await app.start()
    try:
        await asyncio.to_thread(broker.produce, topic, [("k", "after")], 2)
        await asyncio.wait_for(done.wait(), 60)
    finally:
        await app.stop()
    assert [(record.value, record.headers) for record in seen] == [*READ, (b"after", ())]
    assert [record.offset for record in seen] == [0, 1, 2, 3, 4]


async def test_a_command_s_reader_reads_it(broker: Broker, topic: str) -> None:
    await produce_as_is(broker.bootstrap_servers, 2, records_of(topic))
    reader = TopicReader({"bootstrap.servers": broker.bootstrap_servers}, topic)
    try:
        assert [message.value() for message in reader.read(reader.spans())] == [value for value, _ in READ]
    finally:
        reader.close()
