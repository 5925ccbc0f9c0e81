"""A snapshot is believed where it fits its changelog, and never otherwise."""

import asyncio
import logging
import os
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.errors import ConnectorError
from connector.tables.ledger import LEDGER, LedgerShort
from connector.tables.rows import PartitionRows
from connector.tables.snapshots.file import FRAME, SnapshotFile
from connector.tables.snapshots.logs import KnownLog
from connector.tables.snapshots.place import LogBounds, SnapshotPlace
from connector.tables.snapshots.reader import SnapshotReader
from tests.kit.inventory.snapshots import HOUR_MS, LOG, TOPIC, Disk, ledger_rows, sku_key
from tests.kit.ticks import counted_ticks


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "snapshots")


async def test_rows_and_which_are_unsettled_are_as_they_were(disk: Disk) -> None:
    rows = ledger_rows(3_000)
    rows.put(sku_key(7), LedgerRow(sequence=8, phase=Phase.SEND))
    rows.put(sku_key(8), LedgerRow(sequence=9, contested=True))
    await disk.save(rows)
    assert await disk.load() == dict(rows.all())
    again = PartitionRows(LEDGER)
    assert await disk.store.load(disk.place(), again, LogBounds(first=0, last=100)) == 100
    assert {merchant: list(keys) for merchant, keys in again.unsettled.items()} == {
        "M0": [sku_key(8)],
        "M1": [sku_key(7)],
    }


async def test_there_is_none_at_a_first_start(disk: Disk) -> None:
    assert await disk.load() is None


@pytest.mark.parametrize("cut", [0, 3, 8, 40, -1, -12, -60])
async def test_a_torn_file_is_not_used_whatever_is_left_of_it(disk: Disk, cut: int) -> None:
    await disk.save(ledger_rows(3_000))
    disk.file.write_bytes(disk.file.read_bytes()[:cut])
    assert await disk.load() is None
    assert not disk.file.exists()


async def test_a_file_with_a_bit_turned_is_not_used(disk: Disk) -> None:
    await disk.save(ledger_rows(50))
    content = disk.file.read_bytes()
    for at in range(0, len(content), 97):
        disk.file.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        assert await disk.load() is None, at


async def test_what_is_whole_but_of_another_form_is_not_used(disk: Disk) -> None:
    content = msgspec.msgpack.encode({"topic": 7})
    disk.directory.mkdir()
    disk.file.write_bytes(FRAME.pack(len(content), zlib.crc32(content)) + content)
    assert await disk.load() is None
    assert not disk.file.exists()


async def test_a_part_that_is_missing_is_missed(disk: Disk) -> None:
    """Each of the others has its checksum."""
    await disk.save(ledger_rows(4_000))
    whole = disk.file.read_bytes()
    head_end = 8 + int.from_bytes(whole[:4])
    part_end = head_end + 8 + int.from_bytes(whole[head_end : head_end + 4])
    disk.file.write_bytes(whole[:head_end] + whole[part_end:])
    assert await disk.load() is None


@pytest.mark.parametrize(
    "known", [KnownLog("made-anew", 24 * HOUR_MS), KnownLog("its-id", HOUR_MS)], ids=["topic", "retention"]
)
async def test_what_kafka_says_of_the_topic_decides(disk: Disk, known: KnownLog) -> None:
    await disk.save(ledger_rows(10))
    disk.known = known
    disk.now_ms += HOUR_MS * 2 // 3
    assert await disk.load() is None
    assert not disk.file.exists()


async def test_where_kafka_tells_nothing_it_is_neither_used_nor_written(disk: Disk) -> None:
    await disk.save(ledger_rows(10))
    disk.known = None
    assert await disk.load() is None
    assert disk.file.exists(), "another start may know"
    disk.file.unlink()
    await disk.save(ledger_rows(10))
    assert not disk.file.exists()


async def test_another_release_s_is_not_used(disk: Disk) -> None:
    await disk.save(ledger_rows(10))
    disk.release = "1.1"
    assert await disk.load() is None


async def test_rows_of_another_form_are_another_s(disk: Disk) -> None:
    form, other = disk.store.form_of(LEDGER), replace(LEDGER, is_unsettled=lambda _: True)
    assert form == disk.store.form_of(LEDGER)
    assert form != disk.store.form_of(other), "it is defined in this file"
    assert form != disk.store.form_of(replace(LEDGER, kept_short=Otherwise())), "so is what keeps them short"


class Otherwise(LedgerShort):
    """As this release keeps rows, but written elsewhere."""


@pytest.mark.parametrize(("hours", "used"), [(11, True), (13, False), (-1, False)])
async def test_one_of_long_ago_or_of_the_future_is_not_used(disk: Disk, hours: int, used: bool) -> None:
    await disk.save(ledger_rows(10))
    disk.now_ms += hours * HOUR_MS
    assert (await disk.load() is not None) is used


@pytest.mark.parametrize(
    ("first", "last", "used"), [(0, 100, True), (101, 300, True), (0, 99, False), (0, -1, False), (102, 300, False)]
)
async def test_a_changelog_that_lost_records_is_told_and_its_snapshot_is_gone_for_good(
    disk: Disk, first: int, last: int, used: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the log would grow beyond it, and another start would believe it."""
    await disk.save(ledger_rows(10), offset=100)
    disk.known = LOG if used else None  # whatever else is known
    assert (await disk.load(first=first, last=last) is not None) is used
    assert disk.file.exists() is used
    assert ("100 was written before: Kafka lost rows" in caplog.text) is not used


async def test_rows_that_changed_while_it_was_written_count_as_its_offset(disk: Disk) -> None:
    rows = ledger_rows(10)
    await disk.store.save(disk.place(), rows, disk.stand(), lambda: 150)
    assert await disk.load(last=149) is None
    await disk.store.save(disk.place(), rows, disk.stand(), lambda: 150)
    assert await disk.load(last=150) == dict(rows.all())


async def test_rows_that_go_while_it_is_written_are_not_in_it(disk: Disk) -> None:
    rows = ledger_rows(3_000)

    def others_delete() -> int:
        for number in range(2_500):
            rows.delete(sku_key(number))
        return 150

    await disk.store.save(disk.place(), rows, disk.stand(), others_delete)
    found = await disk.load()
    assert found is not None
    assert rows.all().items() <= found.items()
    assert len(found) < 3_000


async def test_rows_that_are_given_up_meanwhile_leave_the_one_before(disk: Disk) -> None:
    await disk.save(ledger_rows(5), offset=90)
    rows, asked = ledger_rows(5_000), iter([100, 100, None])
    await disk.store.save(disk.place(), rows, disk.stand(), lambda: next(asked))
    await disk.at_rest()
    assert await disk.load() == dict(ledger_rows(5).all())
    assert os.listdir(disk.directory) == [disk.file.name]


async def test_one_that_may_not_be_used_and_can_t_be_removed_ends_the_worker(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await disk.save(ledger_rows(10))

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(ConnectorError, match=f"remove .*{TOPIC}-0: it is not to be used .*Permission denied"):
        await disk.load(last=1)


async def test_a_full_disk_is_told_once_until_there_is_room(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for _ in range(3):
            await disk.save(ledger_rows(10))
    assert caplog.text.count("No space left on device") == 1
    await disk.at_rest()
    assert list(disk.directory.iterdir()) == [], "what was begun takes no room"
    await disk.save(ledger_rows(10))
    assert await disk.load() is not None


async def test_a_directory_that_can_t_be_made_is_told_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    disk = Disk(tmp_path / "file" / "snapshots")
    await disk.save(ledger_rows(10))
    assert "no snapshot of rows can be written" in caplog.text
    assert await disk.load() is None


async def test_one_is_due_when_a_twentieth_changed_or_it_gets_old(disk: Disk) -> None:
    place = disk.place()
    assert disk.store.is_due(place, 1_000, 100)
    await disk.save(ledger_rows(1_000), offset=100)
    assert not disk.store.is_due(place, 1_000, 150)
    assert disk.store.is_due(place, 1_000, 151)
    assert disk.store.is_due(SnapshotPlace(topic=TOPIC, partition=1, form=place.form), 1_000, 100)
    disk.now_ms += 4 * HOUR_MS
    assert disk.store.is_due(place, 1_000, 100)
    disk.now_ms -= 8 * HOUR_MS
    assert disk.store.is_due(place, 1_000, 100), "it is of the future now"


async def test_one_that_was_loaded_counts(disk: Disk) -> None:
    await disk.save(ledger_rows(1_000), offset=100)
    await disk.load()
    assert not disk.store.is_due(disk.place(), 1_000, 101)


async def test_what_nobody_could_use_any_more_is_removed(disk: Disk) -> None:
    await disk.store.sweep()  # nothing is there yet
    await disk.save(ledger_rows(10))
    left = disk.directory / f"{TOPIC}-3.77.unfinished"
    left.write_bytes(b"of a worker that was killed")
    long_ago = left.stat().st_mtime - 13 * 3600
    os.utime(left, (long_ago, long_ago))
    await disk.store.sweep()
    assert list(disk.directory.iterdir()) == [disk.file]


async def test_a_disk_that_goes_away_ends_nobody(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await disk.save(ledger_rows(10))

    def gone(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "scandir", gone)
    await disk.store.sweep()
    assert f"{disk.directory} can't be looked through: Input/output error" in caplog.text


async def test_workers_that_share_the_directory_do_not_disturb_each_other(disk: Disk) -> None:
    other = Disk(disk.directory)
    writing = (each.store.save(each.place(), ledger_rows(30_000), each.stand(), lambda: 100) for each in (disk, other))
    await asyncio.gather(*writing)
    assert await disk.load() == dict(ledger_rows(30_000).all())
    assert list(disk.directory.iterdir()) == [disk.file]


async def test_only_its_user_reads_it(disk: Disk) -> None:
    await disk.save(ledger_rows(10))
    assert (disk.file.stat().st_mode & 0o777, disk.directory.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_others_have_the_loop_meanwhile(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with counted_ticks() as ticks:
        await disk.save(ledger_rows(100_000))
        written = len(ticks)
        await disk.load()
    assert written > 20
    assert len(ticks) - written > 20
    assert "100000 rows of a snapshot" in caplog.text


@pytest.mark.parametrize("step", ["load", "save"])
async def test_nobody_waits_for_a_silent_disk(disk: Disk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A start reads the changelog instead, and a stop goes on."""
    await disk.save(ledger_rows(10))
    answer, asked = threading.Event(), threading.Event()

    def stands_still(*_: object) -> None:
        asked.set()
        answer.wait()

    monkeypatch.setattr(SnapshotReader, "parts", stands_still)
    monkeypatch.setattr(SnapshotFile, "add", stands_still)
    doing = asyncio.create_task(disk.load() if step == "load" else disk.save(ledger_rows(10)))
    try:
        await asyncio.to_thread(asked.wait)
        doing.cancel()
        assert await asyncio.wait([doing], timeout=1) == ({doing}, set())
    finally:
        answer.set()
    monkeypatch.undo()
    assert await disk.load() is not None
