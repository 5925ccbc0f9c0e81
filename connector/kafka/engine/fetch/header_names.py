"""Records whose header names are not UTF-8: aiokafka fails on them, and would never get past them.

Kafka itself checks no name, and other producers write bytes. Their names are read as text with escapes (\\xff), which
tells the bytes.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

_MAGIC_OF_HEADERS = 2  # older batches have none


def read_any_header_name() -> None:
    """From now on, in this process: aiokafka 0.14's fetcher finds the class that reads fetched bytes by this name."""
    fetcher.MemoryRecords = _MemoryRecords


class _MemoryRecords(_MemoryRecordsPy):  # type: ignore[misc]  # aiokafka's types are not followed (pyproject.toml)
    def next_batch(self) -> Any:
        raw = self._next_slice
        batch = super().next_batch()
        return batch if batch is None or batch.magic < _MAGIC_OF_HEADERS else _Batch(batch, raw)


class _Batch:
    """aiokafka's fast batch; where that fails, its slow one over bytes whose every piece is text."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            slow = _DefaultRecordBatchPy(self._raw)
            slow._maybe_uncompress()
            slow._buffer = _Readable(slow._buffer)
            return iter(slow)


class _Readable(bytearray):
    """Its slices, too: header names are the only ones that aiokafka decodes."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Readable(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)
