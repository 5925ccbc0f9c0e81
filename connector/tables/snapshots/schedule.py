"""When snapshots are written: every some minutes, and before a planned end."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from connector.tables.snapshots.store import SnapshotStore

AT_END_S = 3.0


class SnapshotTable(Protocol):
    async def snapshot(self, partition: int, at_ms: int) -> None:
        """Where it is worth one."""


class SnapshotSchedule:
    """`store` None: there are none. `is_owner`: whether what the tables hold of the partitions that arrived is all that
    there is now, and nobody else may have written to their changelogs."""

    def __init__(
        self,
        store: SnapshotStore | None,
        tables: Sequence[SnapshotTable],
        *,
        interval_s: float,
        is_owner: Callable[[], bool],
    ) -> None:
        self._store = store
        self._tables = tables
        self._interval_s = interval_s
        self._is_owner = is_owner
        self._partitions: frozenset[int] = frozenset()
        self._writing = asyncio.Lock()  # what an end finds under way is not written twice

    async def arrive(self, partitions: frozenset[int]) -> None:
        """Their tables are recovered."""
        self._partitions = partitions

    async def run(self) -> None:
        """For ever."""
        if self._store is None:
            await asyncio.Event().wait()
            return
        await self._store.prepare()
        while True:
            await asyncio.sleep(self._interval_s)
            await self._store.sweep()
            await self._write(self._store)

    async def end(self) -> None:
        """While the lanes are still at work, so that nobody waits for it."""
        if self._store is not None:
            with suppress(TimeoutError):  # the ones before them will do
                async with asyncio.timeout(AT_END_S):
                    await self._write(self._store)

    async def _write(self, store: SnapshotStore) -> None:
        async with self._writing:
            for table in self._tables:
                for partition in sorted(self._partitions):
                    at_ms = store.now_ms()  # first: the process may be frozen between any two steps
                    if self._is_owner():
                        await table.snapshot(partition, at_ms)
