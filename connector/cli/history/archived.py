"""What `connector archive run` kept of a subject, beyond what the topics still have."""

from collections.abc import Sequence

from connector.cli.history.search import Search
from connector.cli.history.subject import TOPICS_OF, FoundRecord, Subject
from connector.cli.parquet.archived import Archive, place_in
from connector.cli.parquet.layout import Part, day_of
from connector.cli.shared.screen import progress_bar
from connector.documents.store import open_place
from connector.kafka.topics import DAY_MS


def find_archived(
    search: Search, found: Sequence[FoundRecord], subject: Subject, merchant_id: str, span_ms: tuple[int, int | None]
) -> list[FoundRecord]:
    """In no order; none of `found`. `span_ms`: as `Search.spans` takes it. Raises ConnectorError."""
    since_ms, until_ms = span_ms
    archive = Archive(open_place(search.settings.documents.url))
    parts = _needed(search, archive.parts(merchant_id), subject, since_ms, until_ms)
    known, records = {one.source for one in found}, []
    with progress_bar("reading the archive", len(parts)) as bar:
        for part in parts:
            for record in archive.records_naming(part, [needle.decode() for needle in subject.needles]):
                partition, offset, written_ms = place_in(record)
                one = FoundRecord(
                    topic=part.topic, partition=partition, offset=offset, written_ms=written_ms, record=record
                )
                if one.source not in known and since_ms <= written_ms and (until_ms is None or written_ms < until_ms):
                    records.append(one)
            bar.advance()
    return records


def _needed(search: Search, parts: Sequence[Part], subject: Subject, since_ms: int, until_ms: int | None) -> list[Part]:
    """Of the days asked for, up to where the topic begins; its first record is not its oldest, by workers' clocks."""
    asked = [
        part
        for part in parts
        if part.topic in TOPICS_OF[subject.kind]
        and part.day >= day_of(since_ms)
        and (until_ms is None or part.day <= day_of(until_ms))
    ]
    begins = {topic: search.kept_from_ms(topic) for topic in {part.topic for part in asked}}
    last_days = {topic: day_of(begin + DAY_MS) for topic, begin in begins.items() if begin is not None}
    return [part for part in asked if part.day <= last_days.get(part.topic, part.day)]
