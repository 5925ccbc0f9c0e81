"""Records of a topic into the spool: decoded once for who it is of, which event it is, and which day it belongs to."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from confluent_kafka import Message

from connector.cli.parquet.events import Events, calendar_ms
from connector.cli.parquet.layout import day_of, has_folder
from connector.cli.parquet.spool import Spool, SpooledEvent
from connector.cli.shared.screen import progress_bar
from connector.kafka.avro.codec import BadRecord
from connector.kafka.reader import LogReader, Place

DecodeEach = Callable[[Sequence[bytes | None]], Sequence[dict[str, Any] | BadRecord]]
"""Values of the topic, in their order."""
ChooseDay = Callable[[int | None, int], str | None]
"""The day of an event, by its own time and Kafka's, in epoch milliseconds; None: it is not wanted."""


class LogRecord(NamedTuple):
    """`written_ms`: Kafka's time of it, below 0 where it has none."""

    partition: int
    offset: int
    written_ms: int
    value: bytes | None


class Intake:
    """`read`: events that were wanted. `repeated`: of these, how many had come before. `tombstones`: records without a
    value. `unread`: those that can't be read, or whose merchant no folder can be named by; `first_unread`: where the
    first lies."""

    def __init__(self, spool: Spool, events: Events, *, decode: DecodeEach, day: ChooseDay) -> None:
        self.read = self.repeated = self.tombstones = self.unread = 0
        self.first_unread = ""
        self._spool = spool
        self._events = events
        self._decode = decode
        self._day = day

    def add(self, records: Sequence[LogRecord]) -> None:
        """In the order of their partitions."""
        valued = [record for record in records if record.value is not None]
        self.tombstones += len(records) - len(valued)
        decoded = self._decode([record.value for record in valued])
        events = [event for pair in zip(valued, decoded, strict=True) if (event := self._event(*pair)) is not None]
        self.read += len(events)
        self.repeated += len(events) - self._spool.add(events)

    def _event(self, record: LogRecord, decoded: Mapping[str, Any] | BadRecord) -> SpooledEvent | None:
        if isinstance(decoded, BadRecord) or not has_folder(decoded["merchant_id"]):
            self.unread += 1
            place = f"{self._events.topic.name}/{record.partition}/{record.offset}"
            self.first_unread = self.first_unread or place
            return None
        day = self._day(calendar_ms(decoded[self._events.time_field]), record.written_ms)
        if day is None:
            return None
        return SpooledEvent(
            day,
            decoded["merchant_id"],
            self._events.id_of(decoded),
            record.partition,
            record.offset,
            record.written_ms,
            record.value or b"",
        )


def day_it_happened(own_ms: int | None, written_ms: int) -> str:
    """By the event's own time; by Kafka's where no calendar has that."""
    return day_of(own_ms if own_ms is not None else max(0, calendar_ms(written_ms) or 0))


def take_all(intake: Intake, reader: LogReader, topic: str, spans: Mapping[Place, tuple[int, int]]) -> None:
    """What is on the topic there."""
    total = sum(max(0, stop - start) for start, stop in spans.values())
    with progress_bar(f"reading {topic}", total) as bar:
        for messages in reader.read(spans):
            intake.add(_log_records(messages))
            bar.advance(len(messages))
        bar.reach(total)


def _log_records(messages: Iterable[Message]) -> list[LogRecord]:
    return [
        LogRecord(message.partition() or 0, message.offset() or 0, message.timestamp()[1], message.value())
        for message in messages
    ]


@contextmanager
def open_spool() -> Iterator[Spool]:
    spool = Spool()
    try:
        yield spool
    finally:
        spool.close()
