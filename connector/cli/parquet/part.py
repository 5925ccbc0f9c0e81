"""One file of Parquet on its way: row groups are added until it is large enough."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from connector.cli.parquet.spool import SpooledEvent

DECODED_BYTES, DECODED_EVENTS = 1024 * 1024, 2_000
"""Of events that are decoded at once: as Python's objects they take fifty times their Avro."""
GROUP_BYTES = 16 * 1024 * 1024
"""Avro of one row group, which is held until then as Arrow has it."""
PART_BYTES = 64 * 1024 * 1024
"""Avro of one file, which is smaller: it is held until it is written."""


class NewPart:
    """`is_full`: it is large enough to be written."""

    def __init__(self, schema: pa.Schema) -> None:
        self.rows = 0
        self._avro_bytes = self._group_bytes = 0
        self._group: list[pa.Table] = []
        self._buffer = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._buffer, schema, compression="zstd")
        self._ids = hashlib.sha256()

    @property
    def is_full(self) -> bool:
        return self._avro_bytes >= PART_BYTES

    def add(self, table: pa.Table, events: Sequence[SpooledEvent]) -> None:
        size = sum(len(event.value) for event in events)
        self.rows += len(events)
        self._avro_bytes += size
        self._group_bytes += size
        self._group.append(table)
        for event in events:
            self._ids.update(event.event_id.encode())
        if self._group_bytes >= GROUP_BYTES:
            self._write_group()

    def finish(self) -> tuple[bytes, int, str]:
        """(content, rows, name). The same events make the same name."""
        if self._group:
            self._write_group()
        self._writer.close()
        name = f"part-{self._ids.hexdigest()[:32]}.parquet"
        return self._buffer.getvalue().to_pybytes(), self.rows, name

    def _write_group(self) -> None:
        self._writer.write_table(pa.concat_tables(self._group))
        self._group, self._group_bytes = [], 0


def decoded_at_once(events: Iterable[SpooledEvent]) -> Iterator[list[SpooledEvent]]:
    chunk: list[SpooledEvent] = []
    size = 0
    for event in events:
        chunk.append(event)
        size += len(event.value)
        if size >= DECODED_BYTES or len(chunk) == DECODED_EVENTS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
