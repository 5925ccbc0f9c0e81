"""Rows are visible when the broker has them, and only of partitions held."""

import asyncio
import gc
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from aiokafka.structs import ConsumerRecord

from connector.domain.inventory.ledger import Phase
from connector.errors import ConnectorError, PartitionLost
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.producer import ProduceFailed
from connector.tables.durable import DurableTable
from connector.tables.short import ShortForm
from connector.tables.table import TableSpec
from tests.kit.kafka.batch_apps import Value
from tests.kit.kafka.records import consumed
from tests.kit.ticks import counted_ticks


class Word(msgspec.Struct, frozen=True):
    text: str


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
async def table(log: FakeLog, tmp_path: Path) -> DurableTable[Value]:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    table = DurableTable(app, TableSpec(name="values", row_type=Value), log.append, partitions=2, schema=BatchSchema())
    await table.hold(frozenset({0}))
    return table


def record(key: bytes, value: bytes | None) -> ConsumerRecord[bytes, bytes]:
    return consumed(value, key, topic="t-values-changelog")


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


async def test_what_is_decided_on_is_changing_from_then_on_until_whoever_decides_is_through(
    table: DurableTable[Value], log: FakeLog
) -> None:
    rows: dict[str, Value] = {}
    with table.changing(0, rows), table.changing(0, ("other",)):
        assert not table.is_changing(0, "k")
        rows["k"] = Value("new")
        assert table.is_changing(0, "k")
        log.acknowledge.set_result(7)
        await table.write(0, rows)
        assert table.is_changing(0, "k")
        assert not table.is_changing(1, "k")
    assert not table.is_changing(0, "k")


async def test_a_failed_write_leaves_the_row_as_it_was(table: DurableTable[Value], log: FakeLog) -> None:
    await table.replay(0, [record(b"k", b'{"text":"old"}')], 3)
    log.acknowledge.set_exception(ProduceFailed("no"))
    with pytest.raises(ProduceFailed):
        await table.write(0, {"k": Value("new")})
    assert table.get(0, "k") == Value("old")
    assert not table.is_changing(0, "k")


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        (b"M1|a", b'{"text":7}', ("key M1|a", "`$.text`")),
        (b"M1|\xff", b'{"text":"new"}', (r"key M1|\xff", "no UTF-8")),
        (b"M1|a", b"[" * 100_000, ("key M1|a",)),
    ],
)
async def test_a_row_that_can_t_be_read_is_named_and_not_passed_over(
    table: DurableTable[Value], key: bytes, value: bytes, named: tuple[str, ...]
) -> None:
    await table.replay(0, [record(b"M1|b", b'{"text":"old"}'), record(key, b'{"text":"ok"}'), record(key, value)], 3)
    with pytest.raises(ConnectorError) as told:
        await table.write(0, {"M1|b": Value("new")})
    assert all(name in str(told.value) for name in ("t-values-changelog/0, offset 0", "changelog show values", *named))
    await table.replay(0, [record(key, None)], 4)
    table.check_readable(0)
    assert list(table.rows(0)) == ["M1|b"]


async def test_a_write_fails_when_its_partition_goes_meanwhile(table: DurableTable[Value], log: FakeLog) -> None:
    writing = asyncio.create_task(table.write(0, {"k": Value("new")}))
    await asyncio.sleep(0)
    await table.hold(frozenset({1}))
    await table.hold(frozenset({0, 1}))  # back already: a new recovery fills it
    log.acknowledge.set_result(7)
    with pytest.raises(PartitionLost):
        await writing
    assert table.get(0, "k") is None
    with pytest.raises(PartitionLost):
        await table.write(5, {"k": Value("new")})


async def test_leftovers_of_a_partition_given_up_do_not_pass_for_its_rows(table: DurableTable[Value]) -> None:
    await table.replay(1, [record(b"k", b'{"text":"late"}')], 900)
    await table.hold(frozenset({0, 1}))
    assert table.applied(1) is None  # recovery begins at the beginning
    assert dict(table.rows(1)) == {}


async def test_a_merchant_s_rows_are_had_without_a_look_at_the_others(table: DurableTable[Value]) -> None:
    await table.replay(0, [record(b"M1|a", b'{"text":"1"}'), record(b"M2|a", b'{"text":"2"}')], 1)
    await table.replay(0, [record(b"M1|b", b'{"text":"3"}'), record(b"M10|a", b'{"text":"4"}')], 3)
    assert table.of_merchant(0, "M1") == {"M1|a": Value("1"), "M1|b": Value("3")}
    assert dict(table.rows(0)) == {"M1|a": Value("1"), "M1|b": Value("3"), "M2|a": Value("2"), "M10|a": Value("4")}
    assert len(table.rows(0)) == 4
    await table.replay(0, [record(b"M1|a", None), record(b"M1|b", None), record(b"M1|c", None)], 6)
    assert table.of_merchant(0, "M1") == {}
    assert table.get(0, "M1|a") is None
    assert list(table.rows(0)) == ["M2|a", "M10|a"]
    assert table.of_merchant(5, "M1") == {}


async def test_a_changelog_that_goes_on_before_what_was_written_is_lost_state(
    table: DurableTable[Value], log: FakeLog
) -> None:
    await table.replay(0, [record(b"k", b'{"text":"old"}')], 30)
    log.acknowledge.set_result(2)
    with pytest.raises(ConnectorError, match="goes on at 2, though 30 was written before"):
        await table.write(0, {"k": Value("new")})
    assert table.get(0, "k") == Value("old")


async def test_a_replay_leaves_the_loop_to_others(table: DurableTable[Value]) -> None:
    async with counted_ticks() as ticks:
        for batch in range(200):  # each of them short
            await table.replay(0, [record(b"M1|%d" % n, b'{"text":"1"}') for n in range(500)], batch)
    assert len(ticks) > 5


@dataclass(frozen=True, slots=True)
class Deep:
    values: dict[str, Value]
    named: tuple[Value, ...]
    phase: Phase


async def test_the_garbage_collector_has_nothing_to_do_with_rows(tmp_path: Path, log: FakeLog) -> None:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    table = DurableTable(app, TableSpec(name="deep", row_type=Deep), log.append, partitions=1, schema=BatchSchema())
    await table.hold(frozenset({0}))
    text = b'{"values":{"a":{"text":"1"}},"named":[{"text":"2"}],"phase":"settled"}'
    await table.replay(0, [record(b"M1|a", text), record(b"M1|b", text)], 1)
    log.acknowledge.set_result(2)
    await table.write(0, {"M1|b": Deep({"b": Value("3")}, (Value("4"),), Phase.SEND)})
    for key in ("M1|a", "M1|b"):
        row = table.get(0, key)
        assert row is not None
        parts = [row, row.values, *row.values.values(), row.named, *row.named]
        assert [part for part in parts if gc.is_tracked(part)] == []
    assert gc.is_tracked(Phase.SETTLED), "what is not the row's own stays as it was"
    assert not [held for held in gc.get_objects() if isinstance(held, dict) and isinstance(held.get("a"), Deep)]


async def test_rows_that_are_kept_short_are_read_anew_and_unsettled_ones_found_without_a_look_at_the_rest(
    tmp_path: Path, log: FakeLog
) -> None:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    spec = TableSpec(name="words", row_type=Word, is_unsettled=lambda row: row.text != "ok", kept_short=ShortForm(Word))
    table = DurableTable(app, spec, log.append, partitions=1, schema=BatchSchema())
    await table.hold(frozenset({0}))
    assert table.unsettled(0) == {}
    texts = {b"M1|a": b"ok", b"M1|b": b"bad", b"M2|a": b"bad", b"M2|b": b"bad", b"M3|a": b"bad"}
    records = [record(key, b'{"text":"%s"}' % text) for key, text in texts.items()]
    await table.replay(0, [*records, record(b"M3|a", None)], 5)
    assert {merchant: list(keys) for merchant, keys in table.unsettled(0).items()} == {
        "M1": ["M1|b"],
        "M2": ["M2|a", "M2|b"],
    }
    assert table.of_merchant(0, "M1") == {"M1|a": Word("ok"), "M1|b": Word("bad")}
    assert dict(table.rows(0))["M2|b"] == Word("bad")
    assert table.get(0, "M2|b") is not table.get(0, "M2|b")
    log.acknowledge.set_result(6)
    await table.write(0, {"M1|a": Word("bad"), "M1|b": Word("ok"), "M2|a": None, "M2|b": Word("ok")})
    assert {merchant: list(keys) for merchant, keys in table.unsettled(0).items()} == {"M1": ["M1|a"]}
    assert dict(table.rows(0)) == {"M1|a": Word("bad"), "M1|b": Word("ok"), "M2|b": Word("ok")}
    await table.hold(frozenset())
    assert table.unsettled(0) == {}
