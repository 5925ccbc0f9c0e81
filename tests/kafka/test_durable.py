"""Rows are visible when the broker has them, and only of partitions held."""

import asyncio
from pathlib import Path

import pytest
from aiokafka.structs import ConsumerRecord

from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.consumer import BatchSchema
from connector.kafka.producer import ProduceFailed
from connector.tables.durable import DurableTable, PartitionLost
from connector.tables.table import TableSpec
from tests.kit.kafka.batch_apps import Value


class FakeLog:
    """Acknowledges when told to."""

    def __init__(self) -> None:
        self.acknowledge: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def append(self, *_: object) -> int:
        return await self.acknowledge


@pytest.fixture
async def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def table(log: FakeLog, tmp_path: Path) -> DurableTable[Value]:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    table = DurableTable(app, TableSpec(name="values", row_type=Value), log.append, partitions=2, schema=BatchSchema())
    table.hold(frozenset({0}))
    return table


def record(key: bytes, value: bytes) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord("t-values-changelog", 0, 0, 0, 0, key, value, None, len(key), len(value), ())


async def test_a_row_is_visible_only_when_acknowledged(table: DurableTable[Value], log: FakeLog) -> None:
    writing = asyncio.create_task(table.write(0, {"k": Value("new")}))
    await asyncio.sleep(0)
    assert table.get(0, "k") is None
    assert table.is_changing(0, "k")
    log.acknowledge.set_result(7)
    await writing
    assert table.get(0, "k") == Value("new")
    assert not table.is_changing(0, "k")
    assert table.applied(0) == 7


async def test_a_failed_write_leaves_the_row_as_it_was(table: DurableTable[Value], log: FakeLog) -> None:
    table.replay(0, [record(b"k", b'{"text":"old"}')], 3)
    log.acknowledge.set_exception(ProduceFailed("no"))
    with pytest.raises(ProduceFailed):
        await table.write(0, {"k": Value("new")})
    assert table.get(0, "k") == Value("old")
    assert not table.is_changing(0, "k")


async def test_a_write_fails_when_its_partition_goes_meanwhile(table: DurableTable[Value], log: FakeLog) -> None:
    writing = asyncio.create_task(table.write(0, {"k": Value("new")}))
    await asyncio.sleep(0)
    table.hold(frozenset({1}))
    table.hold(frozenset({0, 1}))  # back already: a new recovery fills it
    log.acknowledge.set_result(7)
    with pytest.raises(PartitionLost):
        await writing
    assert table.get(0, "k") is None
    with pytest.raises(PartitionLost):
        await table.write(5, {"k": Value("new")})


async def test_leftovers_of_a_partition_given_up_do_not_pass_for_its_rows(table: DurableTable[Value]) -> None:
    table.replay(1, [record(b"k", b'{"text":"late"}')], 900)
    table.hold(frozenset({0, 1}))
    assert table.applied(1) is None  # recovery begins at the beginning
    assert dict(table.rows(1)) == {}
