"""The archive: finished days' events of each merchant, in the document store, without buyers' data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.cli.parquet.columns import OFFSET, PARTITION, WRITTEN_AT, TopicColumns, read_rows
from connector.cli.parquet.events import EVENTS
from connector.cli.parquet.files import naming, parts_below, place_faults_told, read_part
from connector.cli.parquet.kept import JSON_FIELDS, KEPT_FIELDS
from connector.cli.parquet.layout import Layout, Part
from connector.cli.parquet.trimming import trimmed_json
from connector.documents.store import DocumentPlace
from connector.kafka.topics import API_CALLS

ARCHIVE = Layout("archive/", merchants_apart=True)


def archived_columns(topic: str) -> TopicColumns:
    changed = dict.fromkeys(JSON_FIELDS, trimmed_json) if topic == API_CALLS.name else {}
    return TopicColumns(EVENTS[topic].topic, KEPT_FIELDS[topic], changed)


class Archive:
    """Raises ConnectorError where the store fails."""

    def __init__(self, place: DocumentPlace) -> None:
        self._place = place

    def parts(self, merchant_id: str = "") -> list[Part]:
        """The merchant's files, or all."""
        return parts_below(self._place, ARCHIVE, ARCHIVE.root(merchant_id) if merchant_id else ARCHIVE.prefix)

    def remove(self, parts: Iterable[Part]) -> int:
        """How many."""
        names = [part.name for part in parts]
        with place_faults_told(ARCHIVE.prefix):
            self._place.remove(names)
        return len(names)

    def records_naming(self, part: Part, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Those of the file that may name one of these, in any field: with their places, and a null for each field
        that was not archived then."""
        table = read_part(self._place, part)
        wanted = table.filter(naming(table, list(texts)))
        known: Mapping[str, Any] = dict.fromkeys(archived_columns(part.topic).schema.names)
        for row in read_rows(wanted):
            yield {**known, **row, "merchant_id": part.merchant_id}


def place_in(record: dict[str, Any]) -> tuple[int, int, int]:
    """(partition, offset, Kafka's time in epoch milliseconds), taken out of the record."""
    partition, offset, written_ms = (record.pop(name) for name in (PARTITION, OFFSET, WRITTEN_AT))
    return partition, offset, -1 if written_ms is None else written_ms
