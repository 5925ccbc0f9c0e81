"""Runs of the writer of Parquet over a log of a test's own, into a store in memory: whole, or cut off at a write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pyarrow.parquet as pq

from connector.cli.parquet.columns import TopicColumns, read_rows
from connector.cli.parquet.dataset import Dataset, WrittenParts
from connector.cli.parquet.events import EVENTS
from connector.cli.parquet.intake import ChooseDay, Intake, LogRecord, day_it_happened, open_spool
from connector.cli.parquet.layout import Layout, Part
from connector.kafka.avro.codec import BadRecord
from tests.kit.history.records import CODEC


class Killed(BaseException):
    """The process ends here."""


@dataclass
class MemoryPlace:
    """A store of documents. `kill_at`: the write, from 0, at which the process is killed, with nothing written."""

    files: dict[str, bytes] = field(default_factory=dict)
    kill_at: int | None = None
    writes: int = 0

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:
        del content_type, kms_key_arn
        if self.writes == self.kill_at:
            raise Killed
        self.writes += 1
        assert name not in self.files, "a file is never changed"
        self.files[name] = content
        return name

    def read(self, uri: str) -> bytes:
        return self.files[uri]

    def read_named(self, name: str) -> bytes:
        return self.files[name]

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        return ((name, 0) for name in list(self.files) if name.startswith(prefix))

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            del self.files[name]


def log_of(topic: str, records: Iterable[dict[str, Any] | None], written_ms: int = 0) -> list[LogRecord]:
    """One partition; None: a tombstone."""
    return [
        LogRecord(0, offset, written_ms, None if record is None else CODEC.encode(topic, record))
        for offset, record in enumerate(records)
    ]


def run_over(
    log: Sequence[LogRecord],
    place: MemoryPlace,
    topic: str,
    *,
    layout: Layout | None = None,
    columns: TopicColumns | None = None,
    day: ChooseDay = day_it_happened,
) -> tuple[Intake, WrittenParts]:
    events = EVENTS[topic]

    def decode(values: Sequence[bytes | None]) -> list[dict[str, Any] | BadRecord]:
        return [decoded(topic, value) for value in values]

    with open_spool() as spool:
        intake = Intake(spool, events, decode=decode, day=day)
        intake.add(log)
        columns = columns or TopicColumns(events.topic)
        written = Dataset(place, layout or Layout(), events, columns=columns, key_of=lambda _: "").write(spool, decode)
    return intake, written


def decoded(topic: str, value: bytes | None) -> dict[str, Any] | BadRecord:
    try:
        return CODEC.decode(topic, value)
    except BadRecord as bad:
        return bad


def parts_in(place: MemoryPlace, layout: Layout | None = None) -> list[Part]:
    """All of it; nothing else lies there."""
    parts = [(layout or Layout()).part(name) for name in place.files]
    found = [part for part in parts if part is not None]
    assert len(found) == len(parts), list(place.files)
    return found


def rows_in(place: MemoryPlace, layout: Layout | None = None) -> list[dict[str, Any]]:
    """With the merchant and the day that the names of their files say."""
    return [
        {**row, "merchant_id": part.merchant_id, "day": part.day}
        for part in parts_in(place, layout)
        for row in read_rows(pq.read_table(BytesIO(place.files[part.name]), partitioning=None))
    ]
