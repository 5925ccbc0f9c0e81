"""When a durable table's rows are in a snapshot, and what a table makes of one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.inventory.ledger import LedgerRow
from connector.errors import PartitionLost
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.producer import ProduceFailed
from connector.tables.durable import DurableTable
from connector.tables.ledger import LEDGER
from connector.tables.snapshots.schedule import SnapshotSchedule
from tests.kit.inventory.snapshots import HOUR_MS, Disk, sku_key
from tests.kit.kafka.records import consumed

KEY = sku_key(0)


class Log:
    """Acknowledges all, or fails once."""

    def __init__(self) -> None:
        self.end = 100
        self.fault: BaseException | None = None
        self.acknowledged = asyncio.Event()

    async def append(self, _topic: str, _partition: int, rows: Sequence[tuple[bytes, bytes | None]]) -> int:
        await asyncio.sleep(0)
        fault, self.fault = self.fault, None
        self.end += len(rows)
        if fault is not None:
            raise fault
        self.acknowledged.set()
        return self.end


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "snapshots")


async def started(disk: Disk, log: Log, *, first: int = 0) -> DurableTable[LedgerRow]:
    """A worker that took partition 0."""
    disk.restart()
    app = BatchApp("connector", broker="kafka://localhost:1", datadir=disk.directory, web_enabled=False)
    table = DurableTable(app, LEDGER, log.append, partitions=2, schema=BatchSchema(), snapshots=disk.store)
    await table.hold(frozenset({0}))
    await table.restore(0, first, log.end)
    return table


async def recovered(table: DurableTable[LedgerRow], content: bytes = b'{"sequence":1}') -> None:
    await table.replay(0, [consumed(content, KEY.encode())], 100)


async def test_the_next_start_reads_on_from_where_the_snapshot_stood(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    assert table.applied(0) is None
    await recovered(table)
    await table.write(0, {sku_key(1): LedgerRow(sequence=5), sku_key(2): LedgerRow(sequence=6)})
    await table.snapshot(0, disk.now_ms)
    await table.write(0, {sku_key(1): LedgerRow(sequence=7), sku_key(2): None})

    again = await started(disk, log)
    assert again.applied(0) == 102
    assert {key: row.sequence for key, row in again.rows(0).items()} == {KEY: 1, sku_key(1): 5, sku_key(2): 6}
    tail = [consumed(b'{"sequence":7}', sku_key(1).encode()), consumed(None, sku_key(2).encode())]
    await again.replay(0, tail, 104)
    assert {key: row.sequence for key, row in again.rows(0).items()} == {KEY: 1, sku_key(1): 7}


async def test_a_partition_whose_rows_are_known_takes_none(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    await recovered(table)
    await table.snapshot(0, disk.now_ms)
    await table.write(0, {KEY: LedgerRow(sequence=2)})
    assert await table.restore(0, 0, 101) == 101
    assert [row.sequence for row in table.rows(0).values()] == [2]


async def test_a_partition_that_is_given_up_while_it_is_read_takes_none(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    await recovered(table)
    await table.snapshot(0, disk.now_ms)
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    reading = asyncio.create_task(table.restore(0, 0, 100))
    await asyncio.sleep(0)
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    assert await reading is None
    assert dict(table.rows(0)) == {}


async def test_what_was_known_once_is_not_forgotten_for_an_older_snapshot(disk: Disk, log: Log) -> None:
    """Else rows that Kafka lost would not be missed."""
    table = await started(disk, log)
    await recovered(table)
    await table.snapshot(0, disk.now_ms)
    await table.write(0, {KEY: LedgerRow(sequence=2)})
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    assert await table.restore(0, 0, 100) == 100
    assert table.known_end(0) == 101
    await table.hold(frozenset())
    assert table.known_end(0) == 101


async def test_rows_that_can_t_be_read_are_in_no_snapshot(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    await recovered(table, b'{"sequence":"?"}')
    await table.snapshot(0, disk.now_ms)
    assert not disk.file.exists()


@pytest.mark.parametrize("fault", [ProduceFailed("timed out"), asyncio.CancelledError()])
async def test_rows_that_kafka_may_have_and_nobody_saw_here_are_never_left_out(
    disk: Disk, log: Log, fault: BaseException
) -> None:
    """What was told as failed may be durable, and the snapshot's offset be beyond it."""
    table = await started(disk, log)
    await recovered(table)
    log.fault = fault
    with pytest.raises(type(fault)):
        await table.write(0, {sku_key(1): LedgerRow(sequence=5)})
    await table.write(0, {KEY: LedgerRow(sequence=2)})
    await table.snapshot(0, disk.now_ms)
    assert not disk.file.exists()
    await table.hold(frozenset({0}))  # it is read on from behind the row
    await table.snapshot(0, disk.now_ms)
    assert not disk.file.exists()
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    await recovered(table)
    await table.snapshot(0, disk.now_ms)
    assert disk.file.exists()


async def test_rows_that_a_write_was_about_to_show_when_it_was_cancelled_are_in_doubt(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    await recovered(table)
    writing = asyncio.create_task(table.write(0, {sku_key(n): LedgerRow(sequence=1) for n in range(1, 30_000)}))
    await log.acknowledged.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await table.snapshot(0, disk.now_ms)
    assert not disk.file.exists()


async def test_a_recovery_that_reads_them_ends_the_doubt(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    await recovered(table)
    log.fault = PartitionLost("for a moment")
    with pytest.raises(PartitionLost):
        await table.write(0, {KEY: LedgerRow(sequence=2)})
    await table.hold(frozenset({0}))
    await table.snapshot(0, disk.now_ms)
    assert disk.file.exists()


async def test_a_partition_that_goes_while_it_is_written_leaves_none(disk: Disk, log: Log) -> None:
    table = await started(disk, log)
    await recovered(table)
    writing = asyncio.create_task(table.snapshot(0, disk.now_ms))
    await asyncio.sleep(0)
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    await recovered(table)  # back already, with rows that the one begun does not look at
    await writing
    await disk.at_rest()
    assert list(disk.directory.iterdir()) == []


async def test_tables_that_may_hold_buyers_data_have_none(disk: Disk, log: Log) -> None:
    app = BatchApp("connector", broker="kafka://localhost:1", datadir=disk.directory, web_enabled=False)
    spec = replace(LEDGER, kept_short=None)
    table = DurableTable(app, spec, log.append, partitions=2, schema=BatchSchema(), snapshots=disk.store)
    await table.hold(frozenset({0}))
    await recovered(table)
    await table.snapshot(0, disk.now_ms)
    assert not disk.file.exists()


class Owner:
    def __init__(self) -> None:
        self.is_so = False

    def __call__(self) -> bool:
        return self.is_so


async def test_a_worker_that_may_have_lost_its_partitions_writes_none(disk: Disk, log: Log) -> None:
    """Frozen for days, it would give what it has today's date."""
    table, is_owner = await started(disk, log), Owner()
    schedule = SnapshotSchedule(disk.store, [table], interval_s=300, is_owner=is_owner)
    await recovered(table)
    await schedule.arrive(frozenset({0}))
    await schedule.end()
    assert not disk.file.exists()
    is_owner.is_so = True
    await schedule.end()
    assert disk.file.exists()


async def test_one_says_when_the_worker_was_sure_of_its_partitions(disk: Disk, log: Log) -> None:
    """It may be frozen right after it looked."""

    def owns_and_is_frozen() -> bool:
        disk.now_ms += 13 * HOUR_MS
        return True

    table = await started(disk, log)
    await recovered(table)
    schedule = SnapshotSchedule(disk.store, [table], interval_s=300, is_owner=owns_and_is_frozen)
    await schedule.arrive(frozenset({0}))
    await schedule.end()
    assert disk.file.exists()
    assert await disk.load() is None


async def test_they_are_written_at_their_interval_and_not_before_the_rows_are_recovered(disk: Disk, log: Log) -> None:
    table, is_owner = await started(disk, log), Owner()
    await recovered(table)
    is_owner.is_so = True
    schedule = SnapshotSchedule(disk.store, [table], interval_s=0.01, is_owner=is_owner)
    running = asyncio.create_task(schedule.run())
    await schedule.end()
    assert not disk.file.exists(), "no partition has arrived"
    await schedule.arrive(frozenset({0}))
    async with asyncio.timeout(10):
        while not disk.file.exists():  # noqa: ASYNC110  # a file tells nobody
            await asyncio.sleep(0.01)
    running.cancel()


class Slow:
    """A table that takes its time."""

    def __init__(self) -> None:
        self.at_work = self.most = 0

    async def snapshot(self, *_: int) -> None:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        await asyncio.sleep(0.01)
        self.at_work -= 1


async def test_an_end_waits_for_what_is_under_way(disk: Disk) -> None:
    table, is_owner = Slow(), Owner()
    is_owner.is_so = True
    schedule = SnapshotSchedule(disk.store, [table], interval_s=0.001, is_owner=is_owner)
    await schedule.arrive(frozenset({0, 1}))
    running = asyncio.create_task(schedule.run())
    for _ in range(3):
        await schedule.end()
    running.cancel()
    assert table.most == 1


async def test_an_end_does_not_wait_for_a_disk_for_long(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck:
        async def snapshot(self, *_: int) -> None:
            await asyncio.Event().wait()

    is_owner = Owner()
    is_owner.is_so = True
    monkeypatch.setattr("connector.tables.snapshots.schedule.AT_END_S", 0.01)
    schedule = SnapshotSchedule(disk.store, [Stuck()], interval_s=300, is_owner=is_owner)
    await schedule.arrive(frozenset({0}))
    await asyncio.wait_for(schedule.end(), 10)


async def test_without_a_store_nothing_is_written_and_the_background_goes_on() -> None:
    schedule = SnapshotSchedule(None, [], interval_s=0, is_owner=Owner())
    await schedule.end()
    running = asyncio.create_task(schedule.run())
    done, _ = await asyncio.wait({running}, timeout=0.05)
    assert not done
    running.cancel()
