"""A changelog's rows are those that aiokafka would give of it one by one, wherever a fetch begins."""

from collections.abc import Sequence

from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from connector.kafka.engine.fetch.rows import FetchedRow, records_of, rows_of
from tests.kit.kafka.engine.fetched import End, Entry, Rows, fetched

GZIP = 1
HEADERS = st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=3)), max_size=2)
ROW = st.tuples(st.integers(0, 3), st.binary(max_size=8), st.none() | st.binary(max_size=8), HEADERS)
BATCH = st.builds(
    Rows, st.lists(ROW, min_size=1, max_size=5), producer=st.integers(-1, 2), compression=st.sampled_from([0, GZIP])
)
LOG = st.lists(BATCH | st.builds(End, st.integers(0, 2), st.booleans()), max_size=8)


def rows_from(log: Sequence[Entry], start: int) -> tuple[list[FetchedRow], int]:
    """And where the next fetch begins."""
    content, aborted, _ = fetched(log)
    records = records_of(
        TopicPartition("app-ledger-changelog", 0),
        MemoryRecords(content),
        aborted,
        start,
        None,
        None,
        False,
        READ_COMMITTED,
    )
    return rows_of(list(records)), records.next_fetch_offset


@given(LOG, st.data())
def test_they_are_those_of_aiokafka(log: Sequence[Entry], data: st.DataObject) -> None:
    content, aborted, end = fetched(log)
    start = data.draw(st.integers(0, end))
    one_by_one = PartitionRecords(
        TopicPartition("t", 0), MemoryRecords(content), aborted, start, None, None, False, READ_COMMITTED
    )
    wanted = [(record.key, record.value, record.offset, record.timestamp) for record in one_by_one]
    rows, position = rows_from(log, start)
    assert [(row.key, row.value, row.offset, row.timestamp) for row in rows] == wanted
    assert position == one_by_one.next_fetch_offset


def test_what_is_aborted_or_compacted_away_is_no_row_and_a_fetch_may_begin_amid_a_batch() -> None:
    """What the test above makes of chance."""
    log: list[Entry] = [
        Rows([(0, b"a", b"1", []), (2, b"b", None, []), (0, b"c", b"3", [("name", b"x")])], compression=GZIP),
        Rows([(0, b"a", b"aborted", [])], producer=1),
        Rows([(0, b"a", b"committed", [])], producer=2),
        End(1, is_commit=False),
        End(2, is_commit=True),
    ]
    rows, position = rows_from(log, 2)
    assert [(row.key, row.value, row.offset) for row in rows] == [
        (b"b", None, 3),
        (b"c", b"3", 4),
        (b"a", b"committed", 6),
    ]
    assert position == 9


def test_other_topics_are_given_as_ever() -> None:
    content, _, _ = fetched([Rows([(0, b"a", b"1", [("name", b"x")])])])
    records = records_of(
        TopicPartition("oms.inventory", 3), MemoryRecords(content), [], 0, None, None, False, READ_COMMITTED
    )
    assert [(record.topic, record.partition, record.headers) for record in records] == [
        ("oms.inventory", 3, (("name", b"x"),))
    ]
