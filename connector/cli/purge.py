"""`connector purge`: what is kept of a merchant who left is removed, as far as it can be."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from connector.agents.issuer import internal_command_record
from connector.cli.parquet.archived import Archive
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import AsJson, Because, By, progress_bar, tell, tell_json, user
from connector.cli.shared.times import iso
from connector.cli.shared.topics import open_admin
from connector.clock import now_ms
from connector.documents.store import DocumentStore, StoreUnavailable, open_place, open_store
from connector.domain.ids import stable_id
from connector.domain.internal_commands import ForgetMerchant
from connector.errors import ConnectorError, InputError
from connector.kafka.producer import OutRecord
from connector.kafka.topic_admin import retentions
from connector.kafka.topics import CONTROL, INTERNAL_COMMANDS, LISTINGS, TABLES, TOPICS, changelog_topic
from connector.merchants import load_merchants
from connector.settings import load_settings

ROWS_WITHIN_S = 60.0
_POLL_S = 0.2
_COMPACTED = (LISTINGS, CONTROL)


@dataclass(frozen=True, slots=True)
class Held:
    """How many rows by table, records by compacted topic, documents and files of the archive the merchant has."""

    rows: Mapping[str, int]
    records: Mapping[str, int]
    documents: int
    archive_files: int

    @property
    def is_nothing(self) -> bool:
        return not any((*self.rows.values(), *self.records.values(), self.documents, self.archive_files))

    def told(self) -> dict[str, Any]:
        return asdict(self)


def purge(
    merchant: Annotated[str, typer.Option(help="The merchant_id; the merchants file must not have it any more.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else it is only said what would be done.")] = False,
    wait_s: Annotated[float, typer.Option("--wait", help="Seconds to wait for the workers.")] = ROWS_WITHIN_S,
    reason: Because = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Remove what is kept of a merchant who left: rows, documents, archive; without --yes only say it.

    Rows are deleted by the worker that has the merchant's partition, so one must run. Topics that Kafka empties by time
    alone keep their records until then: it is said until when. The merchant's refresh token is where you put it.
    Exit code 1 if something is left that can be removed.

    Example: connector purge --merchant A2EXAMPLE --yes
    """
    settings = load_settings()
    if load_merchants(settings.merchants_file).get(merchant) is not None:
        raise InputError(
            f"merchant {merchant}: it is in {settings.merchants_file}; remove it there, on all workers, then purge it"
        )
    store, archive = open_store(settings.documents.url), Archive(open_place(settings.documents.url))
    with open_admin(settings) as admin:
        remain = retentions(admin, [topic.name for topic in TOPICS if not topic.compacted])
    with open_broker(settings) as broker:
        before = _held(broker, store, archive, merchant)
        if yes:
            with audited(broker, Deed(action="purge", merchant_id=merchant, by=by, reason=reason)):
                _forget_rows(broker, merchant, sum(before.rows.values()), wait_s, by or user())
                broker.write_all(list(_tombstones(broker, merchant)))
                _documents(store.remove(merchant_id=merchant))
                archive.remove(archive.parts(merchant))
        after = _held(broker, store, archive, merchant)
    _tell(merchant, before, after, _until(remain), yes=yes, as_json=as_json)
    if yes and not after.is_nothing:
        raise typer.Exit(1)


def _held(broker: Broker, store: DocumentStore, archive: Archive, merchant: str) -> Held:
    return Held(
        {table: len(_keys(broker, changelog_topic(broker.settings.app_id, table), merchant)) for table in TABLES},
        {topic.name: len(_keys(broker, topic.name, merchant)) for topic in _COMPACTED},
        _documents(store.count(merchant_id=merchant)),
        len(archive.parts(merchant)),
    )


def _keys(broker: Broker, topic: str, merchant: str) -> list[bytes]:
    """Of the merchant's records that are not deleted. A key is its id, or begins with it and a bar."""
    own = merchant.encode()
    return [key for key in broker.latest(topic, merchant) if key.partition(b"|")[0] == own]


def _documents(asked: Any) -> int:
    found: int | StoreUnavailable = asyncio.run(asked)
    if isinstance(found, StoreUnavailable):
        raise ConnectorError(f"the documents can't be removed: {found.reason}; see CONNECTOR_DOCUMENTS__URL")
    return found


def _forget_rows(broker: Broker, merchant: str, rows: int, wait_s: float, by: str) -> None:
    """Returns when there are none, or the time is over. Also where there are none: the alerts are to end."""
    now, key = now_ms(), merchant.encode()
    command_id = stable_id("purge", merchant, by, now)
    record = internal_command_record(command_id, merchant, ForgetMerchant(by), now, by)
    value = broker.encode(INTERNAL_COMMANDS.name, record)
    broker.write_all([OutRecord(INTERNAL_COMMANDS.name, broker.home(key), key, value)])
    deadline = time.monotonic() + wait_s
    with progress_bar("rows deleted", rows) as bar:
        while (left := sum(_rows(broker, merchant))) and time.monotonic() < deadline:
            bar.reach(rows - left)
            time.sleep(_POLL_S)
        bar.reach(rows - left)


def _rows(broker: Broker, merchant: str) -> Iterator[int]:
    for table in TABLES:
        yield len(_keys(broker, changelog_topic(broker.settings.app_id, table), merchant))


def _tombstones(broker: Broker, merchant: str) -> Iterator[OutRecord]:
    home = broker.home(merchant.encode())
    for topic in _COMPACTED:
        for key in _keys(broker, topic.name, merchant):
            yield OutRecord(topic.name, home, key, None)


def _until(remain: Mapping[str, int | None]) -> dict[str, str | None]:
    """By topic, when its newest record of now is old enough to go; None: never."""
    now = now_ms()
    return {topic: None if keep_ms is None else iso(now + keep_ms) for topic, keep_ms in sorted(remain.items())}


def _tell(
    merchant: str, before: Held, after: Held, until: Mapping[str, str | None], *, yes: bool, as_json: bool
) -> None:
    if as_json:
        tell_json(
            {
                "merchant": merchant,
                "dry_run": not yes,
                "held": before.told(),
                "left": after.told(),
                "remains_until": until,
            }
        )
        return
    done = "are removed" if yes else "would be removed"
    for table, count in before.rows.items():
        tell(f"{count - (after.rows[table] if yes else 0)} of {count} rows of the table {table} {done}")
    for topic, count in before.records.items():
        tell(f"{count - (after.records[topic] if yes else 0)} of {count} records of {topic} {done}")
    tell(f"{before.documents - (after.documents if yes else 0)} of {before.documents} documents {done}")
    kept = after.archive_files if yes else 0
    tell(f"{before.archive_files - kept} of {before.archive_files} files of the archive {done}")
    tell("older values of those rows and records stay on their topics until Kafka compacts them")
    for topic, time_ in until.items():
        gone = f"until {time_}" if time_ else "for ever: set its retention.ms"
        tell(f"records of {topic} remain {gone}")
    tell("its refresh token stays where you put it")
    if sum(after.rows.values()) and yes:
        tell("rows are left: does a worker run, and has its merchants file lost the merchant? Then run it again")
