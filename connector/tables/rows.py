"""The rows of one partition in memory, by merchant, and which of them are unsettled."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import chain
from sys import intern
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from connector.tables.table import TableSpec
from connector.tables.untracked import untrack, untrack_alone

V = TypeVar("V")

NO_ROWS: Mapping[str, Any] = MappingProxyType({})


class PartitionRows(Generic[V]):
    """Kept as objects, or in short where their table has them so: see TableSpec. By merchant, and then by what follows
    in the key: to each text of a million it saves the merchant's id."""

    def __init__(self, spec: TableSpec[V]) -> None:
        self._short = spec.kept_short
        self._names_recur = spec.names_recur
        self._is_unsettled = spec.is_unsettled
        self._rows: dict[str, dict[str, Any]] = {}
        self.unsettled: dict[str, dict[str, None]] = {}  # keys by merchant, in the order in which they came

    def get(self, key: str) -> V | None:
        merchant_id, _, name = key.partition("|")
        kept = self._rows.get(merchant_id, NO_ROWS).get(name)
        return kept if kept is None or self._short is None else self._short.read(name, kept)

    def put(self, key: str, row: V) -> None:
        merchant_id, _, name = key.partition("|")
        mine = self._rows.get(merchant_id)
        if mine is None:
            mine = self._rows[merchant_id] = {}
        if self._short is None:
            untrack(row)
            mine[intern(name) if self._names_recur else name] = row
            untrack_alone(mine)
        else:
            mine[name] = self._short.write(name, row)  # of texts and bytes: the collector does not look at it anyway
        if self._is_unsettled(row):
            self.unsettled.setdefault(merchant_id, {})[key] = None
        elif key in self.unsettled.get(merchant_id, NO_ROWS):
            self._settle(merchant_id, key)

    def delete(self, key: str) -> None:
        merchant_id, _, name = key.partition("|")
        mine = self._rows.get(merchant_id)
        if mine is None:
            return
        mine.pop(name, None)
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
        mine = self._rows.get(merchant_id)
        return NO_ROWS if mine is None else _OfMerchant(self, merchant_id, mine)

    def all(self) -> Mapping[str, V]:
        """A live view, merchant by merchant."""
        return _All(self, self._rows)

    def parts(self, size: int = 1_000) -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
        """Of a table that is kept in short: a merchant, some rows of it as they are kept, by what follows the merchant
        in their keys, and the keys of those that are unsettled. Rows may change meanwhile; what comes when they have
        been gone through is not in it."""
        for merchant_id, mine in tuple(self._rows.items()):
            names = tuple(mine)
            for at in range(0, len(names), size):
                some = {name: mine[name] for name in names[at : at + size] if name in mine}
                unsettled = self.unsettled.get(merchant_id, NO_ROWS)
                keys = map(partial(_key, merchant_id), some if unsettled else ())
                yield merchant_id, some, [key for key in keys if key in unsettled]

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


def _key(merchant_id: str, name: str) -> str:
    """A row may be of the merchant as such: its key is the id alone."""
    return f"{merchant_id}|{name}" if name else merchant_id


class _OfMerchant(Mapping[str, V]):
    """One merchant's rows by their whole keys, read when they are asked for."""

    def __init__(self, rows: PartitionRows[V], merchant_id: str, mine: Mapping[str, Any]) -> None:
        self._rows = rows
        self._merchant_id = merchant_id
        self._mine = mine

    def __getitem__(self, key: str) -> V:
        row = self._rows.get(key) if key.partition("|")[0] == self._merchant_id else None
        if row is None:
            raise KeyError(key)
        return row

    def __iter__(self) -> Iterator[str]:
        return map(partial(_key, self._merchant_id), self._mine)

    def __len__(self) -> int:
        return len(self._mine)


class _All(Mapping[str, V]):
    def __init__(self, rows: PartitionRows[V], by_merchant: Mapping[str, Mapping[str, Any]]) -> None:
        self._rows = rows
        self._by_merchant = by_merchant

    def __getitem__(self, key: str) -> V:
        row = self._rows.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(self._rows.of_merchant, self._by_merchant))

    def __len__(self) -> int:
        return sum(map(len, self._by_merchant.values()))
