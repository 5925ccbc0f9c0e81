"""Events on their way from a topic to files, each once, grouped by day and merchant: on disk, not in memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connector.cli.parquet.layout import MerchantDay

CACHE_KB = 64 * 1024  # of memory, whatever there is to spool


class SpooledEvent(NamedTuple):
    """`written_ms`: Kafka's time of it, below 0 where it has none. `value`: as it is on the topic."""

    day: str
    merchant_id: str
    event_id: str
    partition: int
    offset: int
    written_ms: int
    value: bytes


class Spool:
    """The first of each (merchant, event) is kept. SQLite unlinks its file of a database without a name as it opens
    it, so nothing is left of one whose process was killed. It lies in SQLITE_TMPDIR, else TMPDIR, else /var/tmp."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(f"pragma cache_size=-{CACHE_KB}")
        self._db.execute("pragma journal_mode=off")
        self._db.execute("pragma synchronous=off")
        self._db.execute(
            "create table event(day text, merchant text, id text, partition int, offset int, written int, value blob)"
        )
        self._db.execute("create unique index by_id on event(merchant, id)")

    def close(self) -> None:
        self._db.close()

    def add(self, events: Iterable[SpooledEvent]) -> int:
        """How many of them are new. In the order of their partitions."""
        before = self._db.total_changes
        self._db.execute("begin")
        self._db.executemany("insert or ignore into event values (?, ?, ?, ?, ?, ?, ?)", events)
        self._db.execute("commit")
        return self._db.total_changes - before

    def forget(self, merchant_id: str, event_ids: Iterable[str]) -> int:
        """How many of them were there."""
        before = self._db.total_changes
        self._db.execute("begin")
        self._db.executemany(
            "delete from event where merchant = ? and id = ?", ((merchant_id, each) for each in event_ids)
        )
        self._db.execute("commit")
        return self._db.total_changes - before

    def groups(self) -> list[MerchantDay]:
        return self._db.execute("select distinct day, merchant from event order by day, merchant").fetchall()

    def index(self) -> None:
        """To be called once all of them are in, before `events`."""
        self._db.execute("create index by_group on event(day, merchant, partition, offset)")

    def events(self, day: str, merchant_id: str) -> Iterator[SpooledEvent]:
        """In the order of their partitions."""
        found = self._db.execute(
            "select * from event where day = ? and merchant = ? order by partition, offset", (day, merchant_id)
        )
        return map(SpooledEvent._make, found)
