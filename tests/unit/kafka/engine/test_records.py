import gc
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from connector.kafka.engine.fetch.records import FetchedRecord, InputRecords

Row = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]

PLACE = TopicPartition("oms.inventory", 3)
FIELDS = ("topic", "partition", "offset", "timestamp", "key", "value", "headers")


def fetched(*rows: Row, compression: int = 0) -> MemoryRecords:
    builder = DefaultRecordBatchBuilder(2, compression, False, -1, -1, 0, 1_000_000)
    for at, (key, value, headers) in enumerate(rows):
        builder.append(at, 1_700_000_000_000 + at, key, value, headers)
    return MemoryRecords(bytes(builder.build()))


def read(kind: type[Any], *rows: Row, offset: int = 0, compression: int = 0) -> Sequence[Any]:
    return [*kind(PLACE, fetched(*rows, compression=compression), [], offset, None, None, True, 1)]


ROWS: tuple[Row, ...] = (
    (b"A1", b"one", []),
    (b"A1", b"two", [("trace", b"\xff"), ("trace", b"2")]),
    (None, b"no key", []),
    (b"A2", None, [("only", b"")]),
)


@pytest.mark.parametrize("offset", [0, 2])
@pytest.mark.parametrize("compression", [0, 1])
def test_a_record_says_what_aiokafkas_says(offset: int, compression: int) -> None:
    ours = read(InputRecords, *ROWS, offset=offset, compression=compression)
    theirs = read(PartitionRecords, *ROWS, offset=offset, compression=compression)
    assert len(ours) == len(ROWS) - offset
    assert [[getattr(each, name) for name in FIELDS] for each in ours] == [
        [getattr(each, name) for name in FIELDS] for each in theirs
    ]


def test_records_of_a_merchant_share_its_key_and_are_not_gone_through_for_garbage() -> None:
    first, second, *_ = read(InputRecords, *ROWS)
    assert isinstance(first, FetchedRecord)
    assert first.key is second.key
    assert not gc.is_tracked(first)
