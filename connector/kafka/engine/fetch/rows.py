"""Rows of changelogs, read out of what was fetched in a third of the time that aiokafka's records take.

A recovery reads millions of them, in a thread that shares the interpreter with the event loop. aiokafka 0.14 gives each
its topic, partition, sizes, checksum and headers, one at a time; here a batch gives all of its rows at once. Which
batches count (committed, aborted, already read) is aiokafka's to tell, as ever.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
from aiokafka.consumer import fetcher

from connector.kafka.engine.fetch.records import InputRecords


class FetchedRow(msgspec.Struct, frozen=True, gc=False):
    """`value` None: deleted. The garbage collector does not look at it: hundreds of thousands wait to be replayed."""

    key: bytes
    value: bytes | None
    offset: int
    timestamp: int


def read_records_and_rows() -> None:
    """From now on, in this process: aiokafka's fetcher finds the class that unpacks fetched records by this name. What
    it gives of a changelog are lists of rows (see `rows_of`), and of any other topic FetchedRecords."""
    fetcher.PartitionRecords = records_of


def is_changelog(topic: str) -> bool:
    return topic.endswith("-changelog")  # Faust's naming


def rows_of(batches: Iterable[Iterable[FetchedRow]]) -> list[FetchedRow]:
    return [*chain.from_iterable(batches)]


def records_of(tp: Any, records: Any, *how: Any) -> Any:
    return _ChangelogRecords(tp, _Batches(records), *how) if is_changelog(tp.topic) else InputRecords(tp, records, *how)


class _ChangelogRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka's types are not followed (pyproject.toml)
    def _consumer_record(self, _: Any, batch: "_Batch") -> list[FetchedRow]:
        rows, wanted = batch.rows, self.next_fetch_offset
        if rows[0].offset < wanted:  # a seek may lead amid a batch
            rows = [row for row in rows if row.offset >= wanted]
        return [FetchedRow(row.key, row.value, row.offset, row.timestamp) for row in rows]


class _Batches:
    """Those of what was fetched, each as one record of all its rows."""

    def __init__(self, records: Any) -> None:
        self._records = records
        self.has_next = records.has_next

    def next_batch(self) -> "_Batch":
        return _Batch(self._records.next_batch())


class _Batch:
    """As a batch, it gives itself; as a record, it has the offset of its last row."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch
        self.rows: Sequence[Any] = ()
        self.offset = -1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator["_Batch"]:
        self.rows = list(self._batch)
        if self.rows:
            self.offset = self.rows[-1].offset
            yield self
