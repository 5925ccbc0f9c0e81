"""`connector archive run`: finished days' events to the document store, for disputes of half a year later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from connector.cli.parquet.archived import ARCHIVE, Archive, archived_columns
from connector.cli.parquet.dataset import Dataset
from connector.cli.parquet.events import EVENTS
from connector.cli.parquet.intake import Intake, open_spool, take_all
from connector.cli.parquet.kept import KEPT_FIELDS
from connector.cli.parquet.layout import day_of
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.merchants import merchants_here
from connector.cli.shared.screen import AsJson, remark, tell, tell_json
from connector.clock import now_ms
from connector.documents.store import DocumentPlace, open_place
from connector.errors import InputError
from connector.kafka.topics import DAY_MS
from connector.settings import load_settings

LATE_MS = 60 * 60 * 1000
"""Workers' clocks differ: records of a day may stand behind the first ones of the next."""

archive = typer.Typer()


@dataclass(frozen=True, slots=True)
class Archived:
    """Of one topic and day. `events`: archived now, in `files`. `known`: those that were there already."""

    topic: str
    day: str
    events: int
    files: int
    known: int
    unread: int
    first_unread: str

    @property
    def told(self) -> str:
        known = f", {self.known} were there already" if self.known else ""
        return f"{self.day} {self.topic}: {self.events} events are archived, in {self.files} files{known}"


@archive.command("run")
def run_archive(
    day: Annotated[
        list[str] | None, typer.Option(metavar="YYYY-MM-DD|yesterday", help="In UTC, over; several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Archive the calls, events, results and alerts of finished days, yesterday where none is named; for every night.

    Per merchant as Parquet in the document store, below archive/, without buyers' data; `connector history` reads it.
    What is there already is left, so run it again after one that was cut off or a night that was missed; one run at a
    time. Days beyond CONNECTOR_DOCUMENTS__ARCHIVE_RETENTION_DAYS are removed.

    Example: connector archive run --day yesterday
    """
    settings = load_settings()
    now = now_ms()
    days = sorted({_finished(given, now) for given in day or ["yesterday"]})
    place = open_place(settings.documents.url)
    keys = {merchant.merchant_id: merchant.kms_key_arn for merchant in merchants_here(settings)}
    told = []
    with open_broker(settings) as broker:
        for begin_ms in days:
            for topic in KEPT_FIELDS:
                told.append(_archive(broker, place, keys, topic, begin_ms))
                if not as_json:
                    tell(told[-1].told)
                if told[-1].unread:
                    remark(f"{topic}: {told[-1].unread} records can't be read; the first: {told[-1].first_unread}")
    oldest = day_of(max(0, now - settings.documents.archive_retention_days * DAY_MS))
    kept = Archive(place)
    removed = kept.remove([part for part in kept.parts() if part.day < oldest])
    if as_json:
        tell_json({"archived": [asdict(each) for each in told], "removed_files": removed, "kept_since": oldest})
    else:
        tell(f"{removed} files of days before {oldest} are removed")


def _finished(given: str, now: int) -> int:
    """When the day began, in epoch milliseconds. Raises InputError."""
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    try:
        day = today - timedelta(days=1) if given == "yesterday" else date.fromisoformat(given)
    except ValueError:
        raise InputError(f"--day {given}: write a day such as 2026-01-31, or yesterday") from None
    if not date(1970, 1, 1) <= day < today:
        raise InputError(f"--day {given}: it is not over; the last one that is, in UTC, is {today - timedelta(days=1)}")
    return (day - date(1970, 1, 1)).days * DAY_MS


def _archive(broker: Broker, place: DocumentPlace, keys: Mapping[str, str], topic: str, begin_ms: int) -> Archived:
    day = day_of(begin_ms)

    def day_it_was_written(_: int | None, written_ms: int) -> str | None:
        return day if begin_ms <= written_ms < begin_ms + DAY_MS else None

    with open_spool() as spool, broker.log([topic]) as reader:
        whole = reader.spans((topic, number) for number in range(reader.partitions[topic]))
        starts = reader.offsets_at(begin_ms, whole)
        stops = reader.offsets_at(begin_ms + DAY_MS + LATE_MS, whole)
        spans = {at: (starts[at], stops[at]) for at in whole}
        intake = Intake(
            spool, EVENTS[topic], decode=lambda values: broker.decode(topic, values), day=day_it_was_written
        )
        take_all(intake, reader, topic, spans)
        written = Dataset(
            place,
            ARCHIVE,
            EVENTS[topic],
            columns=archived_columns(topic),
            key_of=lambda merchant_id: keys.get(merchant_id, ""),
        ).write(spool, lambda values: broker.decode(topic, values))
    return Archived(topic, day, written.events, written.files, written.known, intake.unread, intake.first_unread)
