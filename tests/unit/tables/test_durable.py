"""Many rows are written in turns: others have the loop meanwhile, and nothing is done by a row that is on its way."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from connector.domain.inventory.ledger import LedgerRow
from connector.errors import PartitionLost
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import BatchSchema
from connector.tables import durable
from connector.tables.durable import DurableTable
from connector.tables.ledger import LEDGER
from connector.tables.snapshots.place import Stand
from connector.tables.snapshots.store import SnapshotStore
from tests.kit.inventory.snapshots import Disk

MANY = {f"M1|EXSB|SKU-{number}": LedgerRow(sequence=number) for number in range(1_000)}
FIRST, LAST = next(iter(MANY)), next(reversed(MANY))


class Log:
    def __init__(self) -> None:
        self.written = asyncio.Event()
        self.end = 0

    async def append(self, _topic: str, _partition: int, rows: Sequence[tuple[bytes, bytes | None]]) -> int:
        self.written.set()
        self.end += len(rows)
        return self.end


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.event_loop.TURN_S", 0.0)


async def holding(log: Log, directory: Path, snapshots: SnapshotStore | None = None) -> DurableTable[LedgerRow]:
    app = BatchApp("connector", broker="kafka://localhost:1", datadir=directory, web_enabled=False)
    table = DurableTable(app, LEDGER, log.append, partitions=1, schema=BatchSchema(), snapshots=snapshots)
    await table.hold(frozenset({0}))
    return table


async def test_others_have_the_loop_while_rows_are_shown_and_none_may_be_acted_on(tmp_path: Path) -> None:
    log = Log()
    table = await holding(log, tmp_path)
    writing = asyncio.create_task(table.write(0, MANY))
    await log.written.wait()
    seen = 0
    while table.get(0, LAST) is None:
        assert table.is_changing(0, FIRST)
        seen += table.get(0, FIRST) is not None
        await asyncio.sleep(0)
    await writing
    assert seen > 1
    assert not table.is_changing(0, FIRST)
    assert table.applied(0) == len(MANY)
    assert dict(table.rows(0)) == MANY


async def test_what_is_applied_has_no_gap_where_a_short_write_overtakes_a_long_one(tmp_path: Path) -> None:
    """A snapshot says up to which offset it has all rows."""
    log = Log()
    table = await holding(log, tmp_path)
    long = asyncio.create_task(table.write(0, MANY))
    await log.written.wait()
    short = asyncio.create_task(table.write(0, {"M2": LedgerRow(sequence=7)}))
    while table.applied(0) is None:
        assert table.is_changing(0, LAST)
        await asyncio.sleep(0)
    assert table.get(0, LAST) is not None
    await asyncio.gather(long, short)
    assert table.applied(0) == len(MANY) + 1


async def test_rows_that_are_visible_before_their_write_is_over_count_for_how_far_a_snapshot_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If Kafka lost them, it is not to be believed, though it stands at an offset before them."""
    log, disk, saved = Log(), Disk(tmp_path / "snapshots"), list[tuple[int, int | None]]()
    table = await holding(log, tmp_path, disk.store)
    await table.write(0, {"M0": LedgerRow()})

    async def save(_place: object, _rows: object, stand: Stand, is_whole: Callable[[], int | None]) -> None:
        saved.append((stand.offset, is_whole()))

    monkeypatch.setattr(disk.store, "save", save)
    writing = asyncio.create_task(table.write(0, MANY))
    while table.get(0, FIRST) is None:
        assert table.applied(0) == 1
        await asyncio.sleep(0)
    assert table.get(0, LAST) is None
    await table.snapshot(0, disk.now_ms)
    await writing
    assert saved == [(1, 1 + len(MANY))]


async def test_a_partition_that_goes_while_rows_are_shown_is_lost(tmp_path: Path) -> None:
    log = Log()
    table = await holding(log, tmp_path)
    writing = asyncio.create_task(table.write(0, MANY))
    await log.written.wait()
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    with pytest.raises(PartitionLost):
        await writing
    assert (table.applied(0), len(table.rows(0))) == (None, 0)


async def test_few_rows_wait_for_nobody(tmp_path: Path) -> None:
    table = await holding(Log(), tmp_path)
    few = dict(list(MANY.items())[: durable.ROWS_PER_TURN - 1])
    with pytest.raises(StopIteration):
        table.write(0, few).send(None)
    assert dict(table.rows(0)) == few
