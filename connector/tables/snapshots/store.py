"""Snapshots of rows on the local disk: a start that finds one reads the changelog's tail alone.

A snapshot is a copy of a changelog up to an offset, so nothing is lost with one. What matters is that none is believed
wrongly: each that may not fit its changelog is removed, and all of that is read, as without any.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from connector.errors import ConnectorError
from connector.event_loop import Turns
from connector.tables.rows import PartitionRows
from connector.tables.snapshots.file import SnapshotFile, SnapshotHead, SnapshotPart
from connector.tables.snapshots.form import form_of
from connector.tables.snapshots.logs import KnownLog, KnownLogs
from connector.tables.snapshots.place import LogBounds, SnapshotPlace, Stand
from connector.tables.snapshots.reader import Damaged, SnapshotReader
from connector.tables.table import TableSpec

P = ParamSpec("P")
R = TypeVar("R")

OLDEST_MS = 12 * 60 * 60 * 1000
ROWS_A_STEP = 10_000  # are read or written at once, in some milliseconds
TAIL_SHARE = 0.05  # of the rows: of a million, so many are read from a changelog in half a second

log = logging.getLogger(__name__)


class SnapshotStore:
    """`now_ms`: the wall clock. `release`: of this worker."""

    def __init__(self, directory: Path, logs: KnownLogs, now_ms: Callable[[], int], *, release: str) -> None:
        self._directory = directory
        self._logs = logs
        self.now_ms = now_ms
        self._release = release
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="snapshots")  # one step of a file after the other
        self._newest: dict[tuple[str, int], SnapshotHead] = {}  # that is on the disk
        self._failed = False

    def form_of(self, spec: TableSpec[Any]) -> str:
        return form_of(spec, self._release)

    async def prepare(self) -> None:
        """Else the first to be loaded waits until Kafka was asked."""
        await self._logs.all()

    async def load(self, place: SnapshotPlace, rows: PartitionRows[Any], bounds: LogBounds) -> int | None:
        """Fills `rows`, which are empty, and gives the offset up to which they stand. None: there is no snapshot that
        can be used, and `rows` are to be thrown away.

        Raises ConnectorError where a wrong one can't be removed: it could be taken for a right one later.
        """
        path, began = self._path(place), time.monotonic()
        try:
            head = await self._read(path, place, rows, bounds)
        except FileNotFoundError:
            return None
        except OSError as fault:
            log.warning("the snapshot %s can't be read (%s): its changelog is read instead", path, fault.strerror)
            return None
        except (Damaged, _Unfit) as why:
            log.warning("the snapshot %s is not used: %s; its changelog is read instead", path, why)
            await self._in_thread(_remove, path, str(why))
            return None
        if head is None:
            log.warning("the snapshot %s is not used: Kafka does not tell which topic its changelog is", path)
            return None
        count, took_s = len(rows.all()), time.monotonic() - began
        log.info("%s/%d: %d rows of a snapshot in %.1f s", place.topic, place.partition, count, took_s)
        self._newest[place.topic, place.partition] = head
        return head.offset

    async def _read(
        self, path: Path, place: SnapshotPlace, rows: PartitionRows[Any], bounds: LogBounds
    ) -> SnapshotHead | None:
        """None: it can't be judged. Raises OSError, Damaged and _Unfit."""
        file, turns = await self._in_thread(SnapshotReader, path), Turns()
        try:
            if not bounds.first - 1 <= file.head.offset <= bounds.last:  # first: the changelog may grow beyond it again
                raise _Unfit(_lost(file.head.offset, bounds))
            known = (await self._logs.all()).get(place.topic)
            if known is None:
                return None
            if unfit := self._why_unfit(file.head, place, known):
                raise _Unfit(unfit)
            while parts := await self._in_thread(file.parts, ROWS_A_STEP):
                for part in parts:
                    rows.take(part.merchant_id, part.rows, part.unsettled)
                    await turns.end()
        finally:
            self._thread.submit(file.close)  # nobody waits: the disk may not answer
        if file.end is None or file.end.rows != len(rows.all()):
            raise Damaged("rows are missing")
        if file.end.reached > bounds.last:
            raise _Unfit(_lost(file.end.reached, bounds))
        return file.head

    def _why_unfit(self, head: SnapshotHead, place: SnapshotPlace, known: KnownLog) -> str:
        """Empty where it may be believed."""
        age_ms = self.now_ms() - head.at_ms
        if (head.topic, head.partition) != (place.topic, place.partition) or head.topic_id != known.topic_id:
            return "it is of another topic, or of one that was made anew since"
        if head.form != place.form:
            return "another version wrote it"
        if age_ms < 0:
            return "it is of the future: a clock was set back"
        if age_ms > _oldest_ms(known):
            return f"it is {age_ms / 3_600_000:.1f} hours old, and what was deleted since may be forgotten"
        return ""

    async def save(
        self, place: SnapshotPlace, rows: PartitionRows[Any], stand: Stand, is_whole: Callable[[], int | None]
    ) -> None:
        """The rows may change meanwhile; `is_whole` gives the offset that they came to, None where they are not all
        there any more.

        A disk that can't be written is told once, until it can be.
        """
        known = (await self._logs.all()).get(place.topic)
        if known is None:
            return
        head = SnapshotHead(place.topic, known.topic_id, place.partition, place.form, stand.offset, stand.at_ms)
        try:
            written = await self._write(self._path(place), head, rows, is_whole)
        except OSError as fault:
            if not self._failed:
                log.warning("no snapshot of rows can be written to %s: %s", self._directory, fault.strerror)
            self._failed = True
            return
        self._failed = False
        if written:
            self._newest[place.topic, place.partition] = head

    async def _write(
        self, path: Path, head: SnapshotHead, rows: PartitionRows[Any], is_whole: Callable[[], int | None]
    ) -> bool:
        file, turns = await self._in_thread(SnapshotFile, path, head), Turns()
        try:
            some, count = list[SnapshotPart](), 0
            for merchant_id, kept, unsettled in rows.parts():
                some.append(SnapshotPart(merchant_id, kept, unsettled))
                count += len(kept)
                if count >= ROWS_A_STEP:
                    await self._in_thread(file.add, some)
                    some, count = [], 0
                await turns.end()
                if is_whole() is None:
                    return False
            await self._in_thread(file.add, some)
            reached = is_whole()
            if reached is None:
                return False
            await self._in_thread(file.finish, reached)
            return True
        finally:
            self._thread.submit(file.discard)  # likewise; what comes next is done after it

    def is_due(self, place: SnapshotPlace, rows: int, offset: int) -> bool:
        """Nothing to speak of changed since the newest one, and it will not be too old for a while: no."""
        newest = self._newest.get((place.topic, place.partition))
        if newest is None:
            return True
        return offset - newest.offset > rows * TAIL_SHARE or not 0 <= self.now_ms() - newest.at_ms < OLDEST_MS / 4

    async def sweep(self) -> None:
        """What nobody could use any more, of partitions that went elsewhere, say, or was never finished."""
        await self._in_thread(_sweep, self._directory, time.time() - OLDEST_MS / 1000)

    def _path(self, place: SnapshotPlace) -> Path:
        return self._directory / f"{place.topic}-{place.partition}"

    async def _in_thread(self, step: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: step(*args, **options))


class _Unfit(Exception):
    """Whole, but not of this changelog as it is now."""


def _oldest_ms(known: KnownLog) -> float:
    """A deletion must still be found in the changelog, with time to spare: for the clocks, and to read it."""
    return min(OLDEST_MS, known.deletions_kept_ms / 2)


def _lost(offset: int, bounds: LogBounds) -> str:
    return (
        f"the changelog has offsets {bounds.first} to {bounds.last}, though {offset} was written before: Kafka lost "
        "rows, or somebody deleted them"
    )


def _remove(path: Path, why: str) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as fault:
        raise ConnectorError(
            f"remove {path}: it is not to be used ({why}), and can't be removed ({fault.strerror})"
        ) from None


def _sweep(directory: Path, before_s: float) -> None:
    try:
        paths = list(directory.glob("*"))
    except OSError as fault:  # to live without snapshots is what a worker can do without its disk
        log.warning("the snapshots in %s can't be looked through: %s", directory, fault.strerror)
        return
    for path in paths:
        try:
            if path.stat().st_mtime < before_s:
                path.unlink()
        except FileNotFoundError:
            continue  # another worker was faster
        except OSError as fault:
            log.warning("an old snapshot can't be removed: %s: %s", path, fault.strerror)
