"""Rows of the tables and records of compacted topics, by partition: counted, moved, and compared.

A row is written to its new partition and deleted from its old one in one transaction, so that it is at one place at
any time, and a move that is run again goes on with what is left.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import msgspec

from connector.cli.partitions.growth import Growth
from connector.cli.partitions.transactions import Transactions, WrittenRecord
from connector.cli.shared.broker import Broker
from connector.domain.inventory.updates import forget_offsets
from connector.kafka.reader import LogReader, Place
from connector.kafka.topics import DEAD_LETTER_MARKS, TABLES, TOPICS, changelog_topic
from connector.tables.ledger import LEDGER
from connector.tables.table import UnreadableRow

_READ_AT_ONCE = 500_000  # records, whose newest are held in memory
_ROWS_AT_ONCE = 1_000  # in a transaction
_DIGEST_MASK = (1 << 128) - 1

_Newest = Mapping[tuple[int, bytes], tuple[bytes, int]]
"""(partition, key) -> the newest value that is not deleted, and its time."""


@dataclass(frozen=True, slots=True)
class RowSurvey:
    """`rows`, wherever they are; `leaving`: those whose home changes. `elsewhere`: not at home now either, where no
    worker looks: they stay. `digest` is of keys and values, in any order. `fault`: of the first row that can't be
    read."""

    rows: int = 0
    leaving: int = 0
    elsewhere: int = 0
    digest: int = 0
    fault: str = ""


def compacted_topics(app_id: str) -> list[str]:
    """Those of which the newest value of each key is state: changelogs first."""
    return [changelog_topic(app_id, table) for table in TABLES] + [one.name for one in TOPICS if one.compacted]


def survey_rows(broker: Broker, topic: str, growth: Growth) -> RowSurvey:
    return _go_through(broker, topic, growth, lambda _: None)


def move_rows(broker: Broker, topic: str, growth: Growth, transactions: Transactions) -> RowSurvey:
    """As it was before."""
    renewed = _renewed(broker, topic)

    def move(newest: _Newest) -> None:
        leaving = _leaving(topic, newest, growth)
        while some := list(islice(leaving, _ROWS_AT_ONCE)):
            transactions.commit(
                record
                for partition, key, home in some
                for value, time_ms in [newest[partition, key]]
                for record in (
                    WrittenRecord(topic, home, key, renewed(value), time_ms=time_ms),
                    WrittenRecord(topic, partition, key, None),
                )
            )

    return _go_through(broker, topic, growth, move)


def _go_through(broker: Broker, topic: str, growth: Growth, heed: Callable[[_Newest], None]) -> RowSurvey:
    renewed = _renewed(broker, topic)
    rows = leaving = elsewhere = digest = 0
    fault = ""
    with broker.log([topic]) as reader:
        whole = reader.spans((topic, number) for number in range(reader.partitions[topic]))
        for spans in _parts(whole):  # ends are those of before: what moves meanwhile is not read again
            newest = _read(reader, spans)
            for (partition, key), (value, _) in newest.items():
                home_key = home_key_of(topic, key)
                rows += 1
                leaving += growth.leaves_for(home_key, partition) is not None
                elsewhere += not growth.is_home(home_key, partition)
                try:
                    digest += digest_of(key, renewed(value))
                except UnreadableRow as misfit:
                    fault = fault or str(LEDGER.unreadable(f"{topic}/{partition}", key, misfit))
            heed(newest)
    return RowSurvey(rows, leaving, elsewhere, digest & _DIGEST_MASK, fault)


def _leaving(topic: str, newest: _Newest, growth: Growth) -> Iterator[tuple[int, bytes, int]]:
    for partition, key in newest:
        home = growth.leaves_for(home_key_of(topic, key), partition)
        if home is not None:
            yield partition, key, home


def _parts(whole: Mapping[Place, tuple[int, int]]) -> Iterator[dict[Place, tuple[int, int]]]:
    """Of some partitions each, so that not all rows of a large table are in memory."""
    part: dict[Place, tuple[int, int]] = {}
    size = 0
    for place, (start, stop) in sorted(whole.items()):
        part[place] = (start, stop)
        size += stop - start
        if size >= _READ_AT_ONCE:
            yield part
            part, size = {}, 0
    if part:
        yield part


def _read(reader: LogReader, spans: Mapping[Place, tuple[int, int]]) -> _Newest:
    newest: dict[tuple[int, bytes], tuple[bytes, int]] = {}
    for messages in reader.read(spans):
        for message in messages:
            place, value = (message.partition() or 0, message.key() or b""), message.value()
            if value is None:
                newest.pop(place, None)
            else:
                newest[place] = (value, message.timestamp()[1])
    return newest


def home_key_of(topic: str, key: bytes) -> bytes:
    """What a record's partition is made of: its merchant, of a mark of a dead letter the whole key."""
    return key if topic == DEAD_LETTER_MARKS.name else key.partition(b"|")[0]


def digest_of(key: bytes | None, value: bytes | None) -> int:
    """A sum of these tells whether two sets of records are the same."""
    content = hashlib.blake2b(digest_size=16)
    content.update(b"%d|" % (-1 if key is None else len(key)))
    content.update(key or b"")
    content.update(b"-" if value is None else b"+" + value)
    return int.from_bytes(content.digest())


def _renewed(broker: Broker, topic: str) -> Callable[[bytes], bytes]:
    """A row as it is after the move: of the ledger without the offsets of its updates, which are of another partition's
    log then. Raises UnreadableRow."""
    if topic != changelog_topic(broker.settings.app_id, LEDGER.name):
        return lambda value: value
    read = LEDGER.reader()
    return lambda value: msgspec.json.encode(forget_offsets(read(value)))
