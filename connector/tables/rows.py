"""The rows of one partition in memory, by merchant, and which of them are unsettled."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from connector.tables.short import ShortForm
from connector.tables.table import TableSpec
from connector.tables.untracked import untrack, untrack_alone

V = TypeVar("V")

NO_ROWS: Mapping[str, Any] = MappingProxyType({})


class PartitionRows(Generic[V]):
    """Kept as objects, or in short where their table has them so: see TableSpec."""

    def __init__(self, spec: TableSpec[V]) -> None:
        self._short = ShortForm(spec.row_type) if spec.kept_short else None
        self._is_unsettled = spec.is_unsettled
        self._rows: dict[str, dict[str, Any]] = {}
        self.unsettled: dict[str, dict[str, None]] = {}  # keys by merchant, in the order in which they came

    def get(self, key: str) -> V | None:
        kept = self._rows.get(_merchant_id(key), NO_ROWS).get(key)
        return kept if kept is None or self._short is None else self._short.read(kept)

    def put(self, key: str, row: V) -> None:
        merchant_id = _merchant_id(key)
        mine = self._rows.get(merchant_id)
        if mine is None:
            mine = self._rows[merchant_id] = {}
        if self._short is None:
            untrack(row)
            mine[key] = row
            untrack_alone(mine)
        else:
            mine[key] = self._short.write(row)  # of texts and bytes: the collector does not look at it anyway
        if self._is_unsettled(row):
            self.unsettled.setdefault(merchant_id, {})[key] = None
        elif key in self.unsettled.get(merchant_id, NO_ROWS):
            self._settle(merchant_id, key)

    def delete(self, key: str) -> None:
        merchant_id = _merchant_id(key)
        mine = self._rows.get(merchant_id)
        if mine is None:
            return
        mine.pop(key, None)
        if not mine:
            del self._rows[merchant_id]
        if key in self.unsettled.get(merchant_id, NO_ROWS):
            self._settle(merchant_id, key)

    def _settle(self, merchant_id: str, key: str) -> None:
        del self.unsettled[merchant_id][key]
        if not self.unsettled[merchant_id]:
            del self.unsettled[merchant_id]

    def of_merchant(self, merchant_id: str) -> Mapping[str, V]:
        """A live view."""
        mine = self._rows.get(merchant_id, NO_ROWS)
        return MappingProxyType(mine) if self._short is None else _Read(mine, self._short.read)

    def all(self) -> Mapping[str, V]:
        """A live view, merchant by merchant."""
        return _All(self, self._rows)

    def parts(self, size: int = 1_000) -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
        """Of a table that is kept in short: a merchant, some rows of it as they are kept, and which of these are
        unsettled. Rows may change meanwhile; what comes when they have been gone through is not in it."""
        for merchant_id, mine in tuple(self._rows.items()):
            keys = tuple(mine)
            for at in range(0, len(keys), size):
                some = {key: mine[key] for key in keys[at : at + size] if key in mine}
                unsettled = self.unsettled.get(merchant_id, NO_ROWS)
                yield merchant_id, some, [key for key in some if key in unsettled] if unsettled else []

    def take(self, merchant_id: str, kept: Mapping[str, bytes], unsettled: Collection[str]) -> None:
        """What `parts` gave."""
        mine = self._rows.setdefault(merchant_id, {})
        mine.update(kept)
        if unsettled:
            self.unsettled.setdefault(merchant_id, {}).update(dict.fromkeys(unsettled))

    def drop_some(self) -> bool:
        """A merchant's, and whether there are more: to free a million rows at once would hold up the loop."""
        self.unsettled.clear()
        if self._rows:
            self._rows.popitem()
        return bool(self._rows)


def _merchant_id(key: str) -> str:
    return key.partition("|")[0]


class _Read(Mapping[str, V]):
    """Rows that are read when they are asked for."""

    def __init__(self, kept: Mapping[str, bytes], read: Callable[[bytes], V]) -> None:
        self._kept = kept
        self._read = read

    def __getitem__(self, key: str) -> V:
        return self._read(self._kept[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


class _All(Mapping[str, V]):
    def __init__(self, rows: PartitionRows[V], by_merchant: Mapping[str, Mapping[str, Any]]) -> None:
        self._rows = rows
        self._by_merchant = by_merchant

    def __getitem__(self, key: str) -> V:
        return self._rows.of_merchant(_merchant_id(key))[key]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._by_merchant.values())

    def __len__(self) -> int:
        return sum(map(len, self._by_merchant.values()))
