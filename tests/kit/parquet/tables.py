"""Runs of the writer of Iceberg tables over a log of a test's own, into a store in memory or a directory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.table import StaticTable, Table

from connector.cli.iceberg.catalog import FolderCatalog
from connector.cli.iceberg.table import EventTable
from connector.cli.parquet.dataset import WrittenParts
from connector.cli.parquet.events import EVENTS
from connector.cli.parquet.intake import Intake, LogRecord, day_it_happened, open_spool
from connector.documents.directory import Directory
from tests.kit.parquet.runs import MemoryPlace, decoded

ROOT = "memory://lake"


class ChangingPlace(MemoryPlace):
    """A store whose files may be written anew, as version-hint.text is."""

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:
        held = self.files.pop(name, None)
        try:
            return super().write(name, content, content_type, kms_key_arn)
        except BaseException:
            if held is not None:
                self.files[name] = held
            raise


def append_to(
    target: MemoryPlace | Path, log: Sequence[LogRecord], topic: str, catalog: Catalog | None = None
) -> WrittenParts:
    place, root = (Directory(target), str(target)) if isinstance(target, Path) else (target, ROOT)
    with open_spool() as spool:

        def decode(values: Sequence[bytes | None]) -> list[Any]:
            return [decoded(topic, value) for value in values]

        Intake(spool, EVENTS[topic], decode=decode, day=day_it_happened).add(log)
        tables = catalog or FolderCatalog(place, root)
        return EventTable(tables, root, EVENTS[topic]).write(spool, decode)


def table_in(target: MemoryPlace | Path, topic: str) -> Table:
    """Of a directory, as anyone reads it by its path; the connector's own reader alone knows a store in memory."""
    name = topic.replace(".", "_").replace("-", "_")
    if isinstance(target, Path):
        return StaticTable.from_metadata(f"{target}/smartconnect/{name}")
    return FolderCatalog(target, ROOT).load_table(("smartconnect", name))


def rows_of(target: MemoryPlace | Path, topic: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table_in(target, topic).scan().to_arrow().to_pylist()
    return rows
