"""What a broker gives to a fetch, as bytes; it rests on aiokafka's private details."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka.record.default_records import DefaultRecordBatchBuilder

_ATTRIBUTES_AT, _CONTROL, _TRANSACTIONAL = 21, 0x20, 0x10
_BATCH_BYTES = 1_000_000


@dataclass(frozen=True)
class Rows:
    """A batch. `rows`: (offsets that compaction took before it, key, value, headers); `producer` -1: in no transaction;
    `compression`: Kafka's number of it."""

    rows: Sequence[tuple[int, bytes, bytes | None, list[tuple[str, bytes | None]]]]
    producer: int = -1
    compression: int = 0


@dataclass(frozen=True)
class End:
    """Of a producer's transaction: its marker."""

    producer: int
    is_commit: bool


Entry: TypeAlias = Rows | End


def fetched(log: Sequence[Entry]) -> tuple[bytes, list[tuple[int, int]], int]:
    """The log's bytes, its aborted transactions (producer, first offset), and its end."""
    content, aborted, end = b"", list[tuple[int, int]](), 0
    begun: dict[int, int] = {}
    for entry in log:
        if isinstance(entry, Rows):
            if entry.producer >= 0:
                begun.setdefault(entry.producer, end)
            added, length = _batch(entry)
        else:
            began = begun.pop(entry.producer, None)
            if began is not None and not entry.is_commit:
                aborted.append((entry.producer, began))
            added, length = _marker(entry), 1
        struct.pack_into(">q", added, 0, end)
        content += added
        end += length
    return content, aborted, end


def _batch(entry: Rows) -> tuple[bytearray, int]:
    """And how many offsets it takes."""
    builder, offset = _builder(entry.compression, entry.producer), -1
    for gap, key, value, headers in entry.rows:
        offset += gap + 1
        builder.append(offset, timestamp=1_764_000_000_000 + offset, key=key, value=value, headers=headers)
    return bytearray(builder.build()), offset + 1


def _marker(entry: End) -> bytearray:
    builder = _builder(0, entry.producer)
    builder.append(0, timestamp=0, key=struct.pack(">HH", 0, entry.is_commit), value=bytes(6), headers=[])
    content = bytearray(builder.build())
    struct.pack_into(">H", content, _ATTRIBUTES_AT, _CONTROL | _TRANSACTIONAL)
    return content


def _builder(compression: int, producer: int) -> DefaultRecordBatchBuilder:
    is_transactional = producer >= 0
    return DefaultRecordBatchBuilder(2, compression, is_transactional, producer, 0, 0, _BATCH_BYTES)
