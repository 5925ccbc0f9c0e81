"""Events as Parquet files. A file is whole or not there and never changed; an event that a file has gets into no other.

So whatever was written before, and wherever a run was cut off, the next one adds what is missing and nothing else. One
run at a time: two would not know of each other's files.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connector.cli.parquet.columns import TopicColumns, place_columns, read_rows
from connector.cli.parquet.events import Events
from connector.cli.parquet.files import parts_below, place_faults_told, read_part
from connector.cli.parquet.layout import Layout, Part
from connector.cli.parquet.part import NewPart, decoded_at_once
from connector.cli.parquet.spool import Spool, SpooledEvent
from connector.documents.store import DocumentPlace

_AT_ONCE = 4  # files read side by side

Decode = Callable[[Sequence[bytes]], Sequence[Any]]
"""Values of the topic as records; all of them can be decoded."""


@dataclass(frozen=True, slots=True)
class WrittenParts:
    """`known`: events that were in files already."""

    events: int
    files: int
    known: int


class Dataset:
    """The files of one topic. `key_of`: a merchant's KMS key, "" where it has none."""

    def __init__(
        self,
        place: DocumentPlace,
        layout: Layout,
        events: Events,
        *,
        columns: TopicColumns,
        key_of: Callable[[str], str],
    ) -> None:
        self._place = place
        self._layout = layout
        self._events = events
        self._columns = columns
        self._key_of = key_of

    def write(self, spool: Spool, decode: Decode) -> WrittenParts:
        """What is in the spool and in no file yet. Raises ConnectorError; what was written stays."""
        known = self._forget_known(spool)
        spool.index()
        count = files = 0
        for day, merchant_id in spool.groups():
            folder = self._layout.folder(self._events.topic.name, day, merchant_id)
            for content, rows, name in self._parts(spool.events(day, merchant_id), decode):
                with place_faults_told(folder):
                    self._place.write(
                        f"{folder}{name}", content, "application/vnd.apache.parquet", self._key_of(merchant_id)
                    )
                count, files = count + rows, files + 1
        return WrittenParts(count, files, known)

    def _forget_known(self, spool: Spool) -> int:
        known = 0
        merchants = {merchant_id for _, merchant_id in spool.groups()}
        parts = defaultdict[str, list[Part]](list)
        for folder in sorted(self._layout.known_below(self._events.topic.name, spool.groups())):
            for part in parts_below(self._place, self._layout, folder):
                parts[part.merchant_id].append(part)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for merchant_id in sorted(merchants & parts.keys()):
                held = parts[merchant_id]
                for begin in range(0, len(held), _AT_ONCE):
                    for ids in pool.map(self._ids, held[begin : begin + _AT_ONCE]):
                        known += spool.forget(merchant_id, ids)
        return known

    def _ids(self, part: Part) -> list[str]:
        table = read_part(self._place, part, list(self._events.id_fields))
        return [self._events.id_of(row) for row in read_rows(table)]

    def _parts(self, events: Iterable[SpooledEvent], decode: Decode) -> Iterator[tuple[bytes, int, str]]:
        """(content, rows, name) of each file."""
        part = NewPart(self._columns.schema)
        for chunk in decoded_at_once(events):
            part.add(table_of(self._columns, chunk, decode), chunk)
            if part.is_full:
                yield part.finish()
                part = NewPart(self._columns.schema)
        if part.rows:
            yield part.finish()


def table_of(columns: TopicColumns, events: Sequence[SpooledEvent], decode: Decode) -> pa.Table:
    """The events as rows, each with its place on the topic."""
    records = decode([event.value for event in events])
    return columns.table(
        [
            columns.row(record) | place_columns(event.partition, event.offset, event.written_ms)
            for event, record in zip(events, records, strict=True)
        ]
    )
