"""`connector export`: the events of topics as Parquet or as Iceberg tables, for analytics."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.parquet.columns import TopicColumns
from connector.cli.parquet.dataset import Dataset, Decode, WrittenParts
from connector.cli.parquet.events import EVENTS, Events
from connector.cli.parquet.intake import Intake, day_it_happened, open_spool, take_all
from connector.cli.parquet.layout import Layout
from connector.cli.parquet.spool import Spool
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.screen import AsJson, remark, tell, tell_json
from connector.cli.shared.times import TIME_HELP, parse_time_ms
from connector.documents.store import DocumentPlace, open_place
from connector.errors import InputError
from connector.kafka.reader import Place
from connector.settings import load_settings
from connector.settings.addresses import checked_documents_url

Write = Callable[[Events, Spool, Decode], WrittenParts]
"""What is in the spool and was not written before."""


class ExportFormat(StrEnum):
    PARQUET = "parquet"
    ICEBERG = "iceberg"


@dataclass(frozen=True, slots=True)
class Exported:
    """Of one topic. `events`: written now, in `files`. `known`: those that files had already. `repeated`: those that
    had come before within what was read. `tombstones`: records without a value."""

    topic: str
    events: int
    files: int
    known: int
    repeated: int
    tombstones: int
    unread: int
    first_unread: str

    @property
    def told(self) -> str:
        if not (self.events or self.known or self.unread):
            return f"{self.topic}: there are no events; nothing is written"
        again = f", {self.known} were there already" if self.known else ""
        twice = f", {self.repeated} had been published before" if self.repeated else ""
        return f"{self.topic}: {self.events} events are written, in {self.files} files{again}{twice}"


def export(
    target: Annotated[str, typer.Argument(metavar="DIR|s3://BUCKET/PREFIX", help="Where to; what is there stays.")],
    topic: Annotated[list[str], typer.Option(metavar="NAME", help=f"Of {', '.join(EVENTS)}; several times.")],
    to: Annotated[ExportFormat, typer.Option(help="The format.")] = ExportFormat.PARQUET,
    catalog: Annotated[
        str, typer.Option(metavar="NAME", help="Of pyiceberg's configuration (Glue, REST); else the target needs none.")
    ] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help=f"What was written from then on: {TIME_HELP}.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Only before then; now where left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the events of topics, each once, as Parquet or Iceberg tables, partitioned by day and merchant.

    Parquet: TARGET/topic/day=YYYY-MM-DD/merchant_id=X/part-ID.parquet. Iceberg: TARGET/smartconnect/topic, with _ for
    each . and -. An event that is there already is not written again, so run it as often as you like, over any span,
    also after a run that was cut off; one run at a time. The day is the event's own, in UTC. What can't be read is
    told. The files may hold buyers' data.

    Example: connector export --topic amazon.orders --to parquet warehouse --since yesterday
    """
    for name in topic:
        if name not in EVENTS:
            raise InputError(f"--topic {name}: it is none that holds events ({', '.join(EVENTS)})")
    since_ms = parse_time_ms("--since", since) if since else 0
    until_ms = parse_time_ms("--until", until) if until else None
    write = _writer(to, target, catalog)
    with open_broker(load_settings()) as broker:
        told = []
        for name in dict.fromkeys(topic):
            told.append(_export(broker, write, EVENTS[name], since_ms, until_ms))
            if not as_json:
                tell(told[-1].told)
            if told[-1].unread:
                remark(f"{name}: {told[-1].unread} records can't be read; the first: {told[-1].first_unread}")
    if as_json:
        tell_json({"format": to.value, "target": target, "topics": [asdict(each) for each in told]})


def _writer(to: ExportFormat, target: str, catalog: str) -> Write:
    """Raises InputError."""
    place = _place(target)
    if to is ExportFormat.PARQUET:
        if catalog:
            raise InputError("--catalog: only Iceberg has one, --to iceberg")
        return lambda events, spool, decode: Dataset(
            place, Layout(), events, columns=TopicColumns(events.topic), key_of=lambda _: ""
        ).write(spool, decode)
    try:
        from connector.cli.iceberg.catalog import FolderCatalog, configured_catalog  # an extra, and half a second
        from connector.cli.iceberg.table import EventTable
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "pyiceberg":
            raise
        raise InputError("--to iceberg needs pyiceberg: pip install 'smartconnect-connector[iceberg]'") from None
    root = target.rstrip("/") if "://" in target else str(Path(target).absolute())
    tables = configured_catalog(catalog) if catalog else FolderCatalog(place, root)
    return lambda events, spool, decode: EventTable(tables, root, events).write(spool, decode)


def _place(target: str) -> DocumentPlace:
    """Raises InputError."""
    if "://" not in target:
        return open_place(Path(target).absolute().as_uri())
    try:
        return open_place(checked_documents_url(target))
    except ValueError as fault:
        raise InputError(f"{str(fault).replace('file:///directory', 'a directory')}") from None


def _export(broker: Broker, write: Write, events: Events, since_ms: int, until_ms: int | None) -> Exported:
    name = events.topic.name
    with open_spool() as spool, broker.log([name]) as reader:
        whole = reader.spans((name, number) for number in range(reader.partitions[name]))
        starts = reader.offsets_at(since_ms, whole) if since_ms else {}
        stops = {} if until_ms is None else reader.offsets_at(until_ms, whole)
        spans: dict[Place, tuple[int, int]] = {
            at: (max(low, starts.get(at, low)), min(high, stops.get(at, high))) for at, (low, high) in whole.items()
        }
        intake = Intake(spool, events, decode=lambda values: broker.decode(name, values), day=day_it_happened)
        take_all(intake, reader, name, spans)
        written = write(events, spool, lambda values: broker.decode(name, values))
    return Exported(
        name,
        written.events,
        written.files,
        written.known,
        intake.repeated,
        intake.tombstones,
        intake.unread,
        intake.first_unread,
    )
