"""Kafka in memory: logs, transactions, committed offsets. Brokers never lie; clients may not hear them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connector.kafka.engine.fetch.records import FetchedRecord, KafkaRecord
from tests.kit.simulation.engine.timeline import News

Headers = Sequence[tuple[str, bytes]]
OnRecord = Callable[[KafkaRecord, str], None]
"""(record, the process that wrote it)."""


@dataclass(slots=True)
class Log:
    """One partition. Offsets have gaps, as of transactions' markers and of compaction."""

    records: list[KafkaRecord] = field(default_factory=list)
    begin: int = 0
    end: int = 0
    news: News = field(default_factory=News)

    def from_offset(self, offset: int, most: int = 10_000) -> list[KafkaRecord]:
        at = len(self.records)
        while at and self.records[at - 1].offset >= offset:
            at -= 1
        return self.records[at : at + most]


class Kafka:
    """`wall_ms`: of the brokers. `on_record` hears of each record as it comes into its log."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.logs: defaultdict[tuple[str, int], Log] = defaultdict(Log)
        self.history: list[tuple[KafkaRecord, str]] = []
        self.on_record: list[OnRecord] = []
        self.committed: dict[tuple[str, int], tuple[int, str]] = {}
        self.commits: list[tuple[int, tuple[str, int], int]] = []  # (length of the history then, partition, offset)
        self.epochs: defaultdict[str, int] = defaultdict(int)
        self.out_of_range: set[tuple[str, int]] = set()
        """Partitions of which somebody asked for what is deleted."""
        self._wall_ms = wall_ms

    def append(
        self, writer: str, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> int:
        """The record's offset."""
        log, offset = self.logs[topic, partition], self.logs[topic, partition].end
        record = FetchedRecord(topic, partition, log.end, self._wall_ms(), key, value, tuple(headers))
        log.records.append(record)
        log.end += 1
        self.history.append((record, writer))
        for hear in self.on_record:
            hear(record, writer)
        log.news.tell()
        return offset

    def mark(self, topics: Sequence[tuple[str, int]]) -> None:
        """The end of a transaction takes an offset in each log that it wrote to."""
        for topic, partition in topics:
            self.logs[topic, partition].end += 1
            self.logs[topic, partition].news.tell()

    def compact(self, topic: str, partition: int) -> None:
        """Only the last record of each key is left; the newest stays, whatever it is."""
        log = self.logs[topic, partition]
        last = {record.key: record.offset for record in log.records}
        log.records[:] = [record for record in log.records if last[record.key] == record.offset]

    def truncate(self, topic: str, partition: int) -> list[KafkaRecord]:
        """All is deleted. What nobody had committed of it."""
        log, (committed, _) = self.logs[topic, partition], self.committed.get((topic, partition), (0, ""))
        unread = [record for record in log.records if record.offset >= committed]
        log.records.clear()
        log.begin = log.end
        return unread

    def commit(self, tp: tuple[str, int], offset: int, metadata: str) -> None:
        self.committed[tp] = (offset, metadata)
        self.commits.append((len(self.history), tp, offset))

    def claim(self, transactional_id: str) -> int:
        """The epoch that writes from now on; none of an older one does."""
        self.epochs[transactional_id] += 1
        return self.epochs[transactional_id]

    def of(self, topic: str) -> list[KafkaRecord]:
        return [record for record, _ in self.history if record.topic == topic]
