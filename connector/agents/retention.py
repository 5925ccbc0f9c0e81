"""Rows and documents whose time is over are forgotten: one sweep over all tables, and one over the store.

Only agents write tables, so what is found becomes internal commands, and is judged again when they are carried out.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.agents.issuer import KEYS_PER_COMMAND, Issuer
from connector.documents.store import DocumentStore, StoreUnavailable
from connector.domain.internal_commands import ForgetRows
from connector.tables.seen import SEEN, SeenRow, seen_key
from connector.tables.table import Table

SWEEP_EVERY_S = 600.0
SWEEP_DOCUMENTS_EVERY_S = 3600.0  # an S3 bucket is listed whole
_KEYS_PER_TURN = 2_000  # looked at before others get their turn on the loop


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A table and how long its rows are kept after their final state."""

    table: Table[Any]
    keep_ms: int


class DocumentRetention:
    """`owned`: the partitions that this worker has now; who has the first sweeps the store, for all. `now_ms`: epoch
    milliseconds."""

    def __init__(
        self, store: DocumentStore, keep_ms: int, *, owned: Callable[[], Collection[int]], now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._keep_ms = keep_ms
        self._owned = owned
        self._now_ms = now_ms

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(SWEEP_DOCUMENTS_EVERY_S)
            await self.sweep()

    async def sweep(self) -> None:
        if 0 not in self._owned():
            return
        match await self._store.remove(before_ms=self._now_ms() - self._keep_ms):
            case StoreUnavailable(reason):
                log.warning(
                    "documents whose time is over can't be removed; allow the worker to list and to delete, or see to "
                    "the store that CONNECTOR_DOCUMENTS__URL names",
                    extra={"because": reason},
                )
            case 0:
                pass
            case removed:
                log.info("documents whose time is over are removed", extra={"documents": removed})


class Retention:
    """`tables`: by name. `owned`: the partitions that this worker has now."""

    def __init__(self, tables: Mapping[str, Kept], issuer: Issuer, owned: Callable[[], Iterable[int]]) -> None:
        self._tables = tables
        self._issuer = issuer
        self._owned = owned

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            await self.sweep()

    async def sweep(self) -> None:
        for name, kept in self._tables.items():
            for partition in tuple(self._owned()):
                for merchant_id, keys in (await self._expired(kept, partition)).items():
                    for begin in range(0, len(keys), KEYS_PER_COMMAND):
                        command = ForgetRows(name, tuple(keys[begin : begin + KEYS_PER_COMMAND]))
                        await self._issuer.issue(partition, merchant_id, command)

    async def forget(self, partition: int, name: str, keys: Sequence[str], now_ms: int) -> None:
        """A row that has come to life again meanwhile stays."""
        kept = self._tables.get(name)
        if kept is None:
            return
        async with kept.table.lock(partition):
            expired = kept.table.expired(partition, now_ms - kept.keep_ms, keys)
            await kept.table.write(partition, dict.fromkeys(expired))

    async def remember(self, partition: int, merchant_id: str, seen_id: str, now_ms: int) -> None:
        """That what has this id was dealt with, for as long as `seen` is kept."""
        table = self._tables[SEEN.name].table
        async with table.lock(partition):
            await table.write(partition, {seen_key(merchant_id, seen_id): SeenRow(now_ms)})

    async def _expired(self, kept: Kept, partition: int) -> Mapping[str, list[str]]:
        """Keys by merchant, with which every key begins."""
        found = defaultdict[str, list[str]](list)
        keys = tuple(kept.table.rows(partition))
        for begin in range(0, len(keys), _KEYS_PER_TURN):
            before_ms = self._issuer.now_ms() - kept.keep_ms
            for key in kept.table.expired(partition, before_ms, keys[begin : begin + _KEYS_PER_TURN]):
                found[key.partition("|")[0]].append(key)
            await asyncio.sleep(0)
        return found
