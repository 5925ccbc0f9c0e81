"""Following a compacted topic of operators' words: all of it or no start, and what can't be read changes nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.registry import RegisteredSchema
from connector.kafka.avro.schemas import text_of
from connector.kafka.follower import ROUND_S, Entries, Follower, UnreadableState
from connector.kafka.topics import ALERTS, CONTROL, Topic
from tests.kit.kafka.broker import Broker, unique
from tests.kit.kafka.cases import CaseRecord
from tests.kit.kafka.engine.as_is import produce_as_is
from tests.kit.kafka.registries import FakeRegistry

pytestmark = pytest.mark.kafka

Written = tuple[str | bytes | None, str | bytes | None]


class RenamedCodec(AvroCodec):
    """The test's topic has a name of its own, so that the one broker serves every test."""

    async def learn(self, topic: str, datas: Iterable[bytes | None]) -> None:
        await super().learn(CONTROL.name if topic else "", datas)

    def decode(self, topic: str, data: bytes | None) -> dict[str, Any]:
        return super().decode(CONTROL.name if topic else "", data)


class Heard:
    """A follower of a topic of two partitions, and what it heard."""

    def __init__(self, broker: Broker, codec: AvroCodec | None = None, *, kind: Topic = CONTROL) -> None:
        self.topic = unique("followed")
        self.broker = broker
        broker.create_topics(self.topic, partitions=2, config={"cleanup.policy": "compact"})
        self.held: dict[str, Any] = {}
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.news = asyncio.Event()
        self.unreadable: list[str] = []
        config = {"bootstrap.servers": broker.bootstrap_servers}
        codec = codec or RenamedCodec()
        self.follower = Follower(
            config,
            codec,
            topic=replace(kind, name=self.topic),
            partitions=2,
            apply=self.apply,
            on_unreadable=self.on_unreadable,
        )

    async def apply(self, entries: Entries) -> None:
        self.held.update(entries)
        self.told += [(key, record) for key, record in entries if record is not None]
        self.news.set()

    def on_unreadable(self, topic: str) -> None:
        self.unreadable.append(topic)
        self.news.set()

    @property
    def paused(self) -> set[str]:
        return {key for key, record in self.held.items() if record is not None and record["paused"]}

    async def write(self, *records: Written, partition: int = 1) -> None:
        await asyncio.to_thread(self.broker.produce, self.topic, records, partition)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.follower.run())
        try:
            yield
        finally:
            task.cancel()
            await self.follower.close()

    async def hears(self) -> None:
        await asyncio.wait_for(self.news.wait(), 20)
        self.news.clear()


def pause(merchant_id: str, paused: bool = True) -> bytes:
    return AvroCodec().encode(CONTROL.name, {"merchant_id": merchant_id, "paused": paused, "at": 1})


async def test_it_knows_all_at_once_and_hears_of_changes(broker: Broker) -> None:
    heard = Heard(broker)
    await heard.write(("M1", pause("M1")), ("M2", pause("M2")))
    await heard.follower.load()
    assert heard.paused == {"M1", "M2"}
    heard.news.clear()
    async with heard.running():
        await heard.write(("M1", None))
        await heard.hears()
    assert heard.paused == {"M2"}


@pytest.mark.parametrize("old", [0, 1])
async def test_a_key_that_was_moved_is_deleted_where_it_was_alone(broker: Broker, old: int) -> None:
    """A move to more partitions: which partition is read first is Kafka's choice."""
    heard = Heard(broker)
    await heard.write(("M1", pause("M1")), ("M2", pause("M2")), partition=old)
    await heard.write(("M1", pause("M1")), ("M1", None), ("M2", pause("M2")), partition=1 - old)
    await heard.write(("M1", None), ("M2", None), partition=old)
    await heard.follower.load()
    await heard.follower.close()
    assert heard.paused == {"M2"}, "M1 was resumed in its new partition"


@pytest.mark.parametrize("old", [0, 1])
async def test_what_came_later_in_another_partition_is_told_later(broker: Broker, old: int) -> None:
    """Of alerts all is told, in the order of time: one was raised here, and ended there."""
    heard = Heard(broker, kind=ALERTS)
    for number in range(5):
        await heard.write(("M1", pause(f"M{number}")), partition=old if number % 2 else 1 - old)
    await heard.follower.load()
    await heard.follower.close()
    assert [record["merchant_id"] for _, record in heard.told] == ["M0", "M1", "M2", "M3", "M4"]


async def test_what_can_t_be_read_stops_the_start_and_is_named(broker: Broker) -> None:
    heard = Heard(broker)
    await heard.write(("M1", pause("M1")), ("M\x1b3", b"nonsense"), ("M4", b"\x00\x00\x00\x00\x03x"))
    with pytest.raises(UnreadableState) as caught:
        await heard.follower.load()
    await heard.follower.close()
    assert caught.value.exit_code == 1
    message = str(caught.value)
    assert f"{heard.topic}/1/1, key 'M\\x1b3': UNDECODABLE" in message
    assert f"{heard.topic}/1/2, key 'M4': UNKNOWN_SCHEMA" in message
    assert "restore the registry's schemas" in message


async def test_only_what_an_operator_said_stops_the_start(broker: Broker) -> None:
    """An alert of a newer version's, say: its merchant is the key, so that a later record does not stand for it."""
    heard = Heard(broker, kind=ALERTS)
    await heard.write(("M1", pause("M1")), ("M1", b"nonsense"), ("M2", pause("M2")))
    await heard.follower.load()
    await heard.follower.close()
    assert heard.held.keys() == {"M1", "M2"}
    assert heard.unreadable == [heard.topic]


async def test_the_id_that_the_registry_lost_is_named(broker: Broker) -> None:
    gone = FakeRegistry({3: RegisteredSchema(('{"type": "enum", "name": "E2", "symbols": ["A"]}',))})
    heard = Heard(broker, RenamedCodec(gone))
    await heard.write(("M1", b"\x00\x00\x00\x00\x03" + pause("M1")[10:]))
    with pytest.raises(UnreadableState, match=r"schema 3 of the registry: .*enum E2"):
        await heard.follower.load()
    await heard.follower.close()


async def test_old_records_in_confluents_format_are_read_while_the_registry_knows_their_id(broker: Broker) -> None:
    registry = FakeRegistry({3: RegisteredSchema((text_of(CONTROL.schema),))})
    heard = Heard(broker, RenamedCodec(registry))
    await heard.write(("M1", b"\x00\x00\x00\x00\x03" + pause("M1")[10:]))
    await heard.follower.load()
    await heard.follower.close()
    assert heard.paused == {"M1"}


@pytest.mark.parametrize("again", [pause("M3", paused=False), None], ids=["said anew", "deleted"])
async def test_what_was_said_anew_since_does_not(broker: Broker, again: bytes | None) -> None:
    heard = Heard(broker)
    await heard.write(("M1", pause("M1")), ("M3", b"nonsense"), ("M3", again))
    await heard.follower.load()
    await heard.follower.close()
    assert heard.paused == {"M1"}


async def test_while_it_runs_what_can_t_be_read_changes_nothing_and_is_counted(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard(broker)
    await heard.write(("M1", pause("M1")))
    await heard.follower.load()
    heard.news.clear()
    async with heard.running():
        await heard.write(("M1", b"nonsense"))
        await heard.hears()
        assert heard.paused == {"M1"}
        assert heard.unreadable == [heard.topic]
        assert f"{heard.topic}/1/1" in caplog.text
        await heard.write(("M1", pause("M1", paused=False)))
        await heard.hears()
        assert heard.paused == set()


async def test_a_header_name_that_is_not_utf8_is_no_hindrance(broker: Broker) -> None:
    heard = Heard(broker)
    odd = CaseRecord(heard.topic, b"M1", pause("M1"), ((b"\xff\xfe", b"1"),))
    await produce_as_is(broker.bootstrap_servers, 1, [odd, CaseRecord(heard.topic, b"M2", pause("M2"))])
    await heard.follower.load()
    await heard.follower.close()
    assert heard.paused == {"M1", "M2"}


async def test_a_close_does_not_wait_for_a_round_that_has_nothing_to_read(broker: Broker) -> None:
    """The worker's end waits for it."""
    heard = Heard(broker)
    await heard.follower.load()
    async with heard.running():
        await asyncio.sleep(0)  # the round begins
        began = time.monotonic()
    assert time.monotonic() - began < ROUND_S / 2
