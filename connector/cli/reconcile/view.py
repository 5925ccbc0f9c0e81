"""One merchant's rows of a table, followed in its changelog: read whole once, then only what is new."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from connector.cli.shared.broker import Broker
from connector.kafka.reader import LogReader
from connector.kafka.topics import changelog_topic
from connector.tables.table import TableSpec, UnreadableRow

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Version(Generic[Row]):
    """A row, None where it was deleted, and its record's offset: two looks at one offset saw the same."""

    offset: int
    row: Row | None


class TableView(Generic[Row]):
    """By key without the merchant. Get it from `open_view`. Calls block."""

    def __init__(self, reader: LogReader, table: TableSpec[Row], topic: str, *, partition: int, merchant: str) -> None:
        self._reader = reader
        self._table = table
        self._read = table.reader()
        self._place = (topic, partition)
        self._prefix = f"{merchant}|".encode()
        self._next = 0
        self._versions: dict[str, Version[Row]] = {}

    @property
    def rows(self) -> Mapping[str, Row]:
        return {key: version.row for key, version in self._versions.items() if version.row is not None}

    def version(self, key: str) -> Version[Row] | None:
        return self._versions.get(key)

    def row(self, key: str) -> Row | None:
        version = self._versions.get(key)
        return None if version is None else version.row

    def refresh(self) -> None:
        """Up to what is written by now. Raises ConnectorError for a row that can't be read."""
        ((low, stop),) = self._reader.spans([self._place]).values()
        for messages in self._reader.read({self._place: (max(low, self._next), stop)}):
            for message in messages:
                key, value, offset = message.key() or b"", message.value(), message.offset() or 0
                self._next = offset + 1  # not `stop`: up to there a transaction may still be open
                if key.startswith(self._prefix):
                    name = key.removeprefix(self._prefix).decode(errors="backslashreplace")
                    self._versions[name] = Version(offset, self._decoded(key, value))

    def _decoded(self, key: bytes, value: bytes | None) -> Row | None:
        if value is None:
            return None
        try:
            return self._read(value)
        except UnreadableRow as misfit:
            raise self._table.unreadable(self._place[0], key, misfit) from None


@contextmanager
def open_view(broker: Broker, table: TableSpec[Row], merchant_id: str) -> Iterator[TableView[Row]]:
    topic, home = changelog_topic(broker.settings.app_id, table.name), broker.home(merchant_id.encode())
    with broker.log([topic]) as reader:
        view = TableView(reader, table, topic, partition=home, merchant=merchant_id)
        view.refresh()
        yield view
