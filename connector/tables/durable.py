"""Tables whose rows are visible only once the broker has them.

The rows live in plain dicts, by partition and merchant, filled from the changelog in batches at recovery (1,000,000 in
seconds), so no disk is needed: Faust brings the changelog, the assignment and the standbys, not the storage. A snapshot
on the disk only makes that faster.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import faust
import msgspec

from connector.errors import ConnectorError, PartitionLost, rows_lost
from connector.event_loop import Turns
from connector.tables.changelog import Changelog
from connector.tables.rows import NO_ROWS, PartitionRows
from connector.tables.snapshots.place import LogBounds, SnapshotPlace, Stand
from connector.tables.snapshots.store import SnapshotStore
from connector.tables.table import TableSpec, UnreadableRow, read_key

V = TypeVar("V")

ROWS_PER_TURN = 100  # are replayed, written or shown, in less than a millisecond, until others may have the loop

# append(topic, partition, rows) returns the offset of the last row when the broker has acknowledged all, else raises.
Append = Callable[[str, int, Sequence[tuple[bytes, bytes | None]]], Awaitable[int]]


class DurableTable(Generic[V]):
    """Rows by key, per partition. A key is the merchant's id, or begins with it and a bar. Changelog: `<app
    id>-<name>-changelog`, compacted.

    `schema` must hand batches of raw records through (connector.kafka's BatchSchema). `snapshots`: of tables that are
    kept in short; the others' rows may hold buyers' data, and those never get to the disk.
    """

    def __init__(
        self,
        app: faust.App,
        spec: TableSpec[V],
        append: Append,
        *,
        partitions: int,
        schema: faust.Schema,
        snapshots: SnapshotStore | None = None,
    ) -> None:
        self._spec = spec
        self._read = spec.reader()
        self._append = append
        self._rows: dict[int, PartitionRows[V]] = {}
        self._applied: dict[int, int] = {}  # the changelog offset up to which the rows stand
        self._known_ends: dict[int, int] = {}  # of partitions that are not held any more
        self._unreadable: defaultdict[int, dict[bytes, ConnectorError]] = defaultdict(dict)
        self._changing: defaultdict[int, dict[object, Container[str]]] = defaultdict(dict)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._shown: dict[
            int, int
        ] = {}  # the newest offset of any row that is visible: written ones become so in turns
        self._showing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._in_doubt: dict[int, int] = {}  # partitions whose changelog may have rows unseen here, after the offset
        self._turns = Turns()
        changelog = Changelog(app, self, name=spec.name, partitions=partitions, schema=schema)
        app.tables.add(changelog)
        self.changelog: str = changelog.changelog_topic_name
        self._snapshots = snapshots if spec.kept_short else None
        self._form = self._snapshots.form_of(spec) if self._snapshots else ""

    def get(self, partition: int, key: str) -> V | None:
        rows = self._rows.get(partition)
        return None if rows is None else rows.get(key)

    def of_merchant(self, partition: int, merchant_id: str) -> Mapping[str, V]:
        """A live view of one merchant's rows: copy it where something may be written meanwhile."""
        rows = self._rows.get(partition)
        return NO_ROWS if rows is None else rows.of_merchant(merchant_id)

    def unsettled(self, partition: int) -> Mapping[str, Collection[str]]:
        """Keys of unsettled rows by merchant, as the table's TableSpec says: a live view."""
        rows = self._rows.get(partition)
        return NO_ROWS if rows is None else rows.unsettled

    def rows(self, partition: int) -> Mapping[str, V]:
        """A live view of all rows, merchant by merchant, empty where the partition is not held here. It takes long to
        go through them."""
        rows = self._rows.get(partition)
        return NO_ROWS if rows is None else rows.all()

    def expired(self, partition: int, before_ms: int, keys: Iterable[str]) -> Iterator[str]:
        """Those of `keys` whose row is there and was final before that time."""
        for key in keys:
            row = self.get(partition, key)
            final_at_ms = None if row is None else self._spec.final_at_ms(row)
            if final_at_ms is not None and final_at_ms < before_ms:
                yield key

    def lock(self, partition: int) -> asyncio.Lock:
        """Hold it around read, decide, write: a row must not change in between."""
        return self._locks[partition]

    def is_changing(self, partition: int, key: str) -> bool:
        """A new row is decided on but not visible yet: nothing may be done by the old one."""
        return any(key in keys for keys in self._changing[partition].values())

    @contextmanager
    def changing(self, partition: int, keys: Container[str]) -> Iterator[None]:
        """From the decision to the write, where something must be published in between. `keys` may grow meanwhile."""
        changing, this = self._changing[partition], object()
        changing[this] = keys
        try:
            yield
        finally:
            del changing[this]

    async def write(self, partition: int, rows: Mapping[str, V | None]) -> None:
        """Returns when the rows are in the changelog, and visible. None deletes. Raises PartitionLost, or what
        `append` raises: then the rows stay as they were, though the changelog may have all of the new ones.
        """
        held = self._rows.get(partition)
        if held is None:
            raise PartitionLost(f"{self.changelog}/{partition} is not held here")
        if not rows:
            return
        self.check_readable(partition)
        with self.changing(partition, rows):
            with self._doubted(partition):
                last = await self._append(self.changelog, partition, await self._encoded(rows))
            self._check_held(partition, held)
            self._check(partition, last)
            with self._doubted(partition):
                async with self._showing[partition]:  # rows stand up to an offset only with those of each write before
                    self._shown[partition] = last
                    await self._show(held, rows)
                    if self._rows.get(partition) is held:
                        self._applied[partition] = last
            self._check_held(partition, held)

    @contextmanager
    def _doubted(self, partition: int) -> Iterator[None]:
        """What ends early, by a cancellation too: Kafka may have rows for all that which are not seen here."""
        before = self._applied.get(partition, -1)
        try:
            yield
        except BaseException:
            self._in_doubt.setdefault(partition, before)
            raise

    async def _encoded(self, rows: Mapping[str, V | None]) -> list[tuple[bytes, bytes | None]]:
        encoded, encode = list[tuple[bytes, bytes | None]](), msgspec.json.encode
        for number, (key, row) in enumerate(rows.items()):
            encoded.append((key.encode(), None if row is None else encode(row)))
            if number % ROWS_PER_TURN == ROWS_PER_TURN - 1:
                await self._turns.end()
        return encoded

    async def _show(self, held: PartitionRows[V], rows: Mapping[str, V | None]) -> None:
        for number, (key, row) in enumerate(rows.items()):
            if row is None:
                held.delete(key)
            else:
                held.put(key, row)
            if number % ROWS_PER_TURN == ROWS_PER_TURN - 1:
                await self._turns.end()

    def _check_held(self, partition: int, held: PartitionRows[V]) -> None:
        if self._rows.get(partition) is not held:
            raise PartitionLost(f"{self.changelog}/{partition} was given up meanwhile")

    async def replay(self, partition: int, records: Sequence[Any], last_offset: int) -> None:
        """Records of the changelog, at recovery or for a standby. Of a partition not held: left over from before a
        rebalance, and without the rows before them they would pass for the whole partition."""
        held = self._rows.get(partition)
        if held is None:
            return
        for at in range(0, len(records), ROWS_PER_TURN):
            self._replay(partition, held, records[at : at + ROWS_PER_TURN])
            await self._turns.end()
        if self._rows.get(partition) is held:
            self._applied[partition] = last_offset

    def _replay(self, partition: int, held: PartitionRows[V], records: Iterable[Any]) -> None:
        unreadable, read, put = self._unreadable[partition], self._read, held.put
        for record in records:
            content = record.value
            if unreadable:  # what comes later stands for it: another version's row, say, or a deletion
                unreadable.pop(record.key, None)
            try:
                key = read_key(record.key)
                if content is None:
                    held.delete(key)
                else:
                    put(key, read(content))
            except UnreadableRow as misfit:
                if content is not None:
                    where = f"{self.changelog}/{partition}, offset {record.offset}"
                    unreadable[record.key] = self._spec.unreadable(where, record.key, misfit)

    def check_readable(self, partition: int) -> None:
        """Raises ConnectorError for a row that can't be read: to go on without it would be to forget what was
        promised."""
        for fault in self._unreadable[partition].values():
            raise fault

    def _check(self, partition: int, offset: int) -> None:
        applied = self._applied.get(partition, -1)
        if offset <= applied:
            raise rows_lost(f"{self.changelog}/{partition} goes on at {offset}", applied)

    def applied(self, partition: int) -> int | None:
        return self._applied.get(partition)

    def known_end(self, partition: int) -> int:
        """The offset of the last row that this process knew, of a partition that it holds or held once; -1: of none. A
        changelog that ends before it lost rows: one that was missing for a moment is given up, and given back empty."""
        return max(self._applied.get(partition, -1), self._known_ends.get(partition, -1))

    async def restore(self, partition: int, first: int, last: int) -> int | None:
        """The offset up to which the rows stand; from a snapshot where nothing was known of them. None:
        the changelog, which has the offsets `first` to `last`, is to be read whole. Raises as SnapshotStore.load."""
        held = self._rows.get(partition)
        if self._snapshots is not None and held is not None and self._is_unread(partition):
            rows = PartitionRows(self._spec)
            offset = await self._snapshots.load(self._place(partition), rows, LogBounds(first=first, last=last))
            if offset is not None and self._rows.get(partition) is held and self._is_unread(partition):
                self._rows[partition], self._applied[partition] = rows, offset
        return self._applied.get(partition)

    def _is_unread(self, partition: int) -> bool:
        return partition not in self._applied and not self.rows(partition)

    async def snapshot(self, partition: int, at_ms: int) -> None:
        """Of a partition that is recovered, and was nobody else's at that time: what is in memory was all that the
        changelog had."""
        held, offset = self._rows.get(partition), self._applied.get(partition)
        if self._snapshots is None or held is None or offset is None:
            return
        if self._unreadable[partition] or not self._snapshots.is_due(self._place(partition), len(held.all()), offset):
            return

        def is_whole() -> int | None:
            if self._rows.get(partition) is not held or partition in self._in_doubt:
                return None
            return max(self._applied.get(partition, -1), self._shown.get(partition, -1))

        await self._snapshots.save(self._place(partition), held, Stand(offset=offset, at_ms=at_ms), is_whole)

    def _place(self, partition: int) -> SnapshotPlace:
        return SnapshotPlace(topic=self.changelog, partition=partition, form=self._form)

    async def hold(self, partitions: frozenset[int]) -> None:
        """The partitions held from now on, active and standby; the rows of others are dropped."""
        dropped = [self._rows.pop(partition) for partition in self._rows.keys() - partitions]
        for partition in self._applied.keys() - partitions:
            self._known_ends[partition] = self.known_end(partition)
            del self._applied[partition]
            self._shown.pop(partition, None)
        for partition in self._unreadable.keys() - partitions:
            del self._unreadable[partition]
        for partition, before in list(self._in_doubt.items()):
            if self._applied.get(partition, before) == before:  # what comes after it will be read
                del self._in_doubt[partition]
        for partition in partitions:
            if partition not in self._rows:
                self._rows[partition] = PartitionRows(self._spec)
        for rows in dropped:
            while rows.drop_some():
                await self._turns.end()
