"""`connector changelog show|mend`: rows of the tables that no worker can read, which stop every start."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from connector.cli.records.changelog_rows import ChangelogRow, newest_rows
from connector.cli.shared.broker import open_broker
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import AsJson, Because, By, DryRun, remark, tell, tell_json, tell_table
from connector.errors import InputError
from connector.kafka.connection.reach import members_of
from connector.kafka.producer import OutRecord
from connector.kafka.topics import changelog_topic
from connector.settings import load_settings
from connector.tables.ledger import LEDGER
from connector.tables.limits import LIMIT_ROWS
from connector.tables.returns import RETURN_ROWS
from connector.tables.seen import SEEN
from connector.tables.shipments import SHIPMENTS
from connector.tables.table import TableSpec
from connector.tables.watermarks import WATERMARKS

_SPECS: dict[str, TableSpec[Any]] = {
    spec.name: spec for spec in (LEDGER, SHIPMENTS, RETURN_ROWS, WATERMARKS, SEEN, LIMIT_ROWS)
}
_LOST = {
    LEDGER.name: "their quantities and sequence numbers: seed those that Amazon knows (`connector ledger seed`), and "
    "have the OMS send their stock again",
    SHIPMENTS.name: "their commands that wait have no result, and the shipments are read again: look in Seller Central "
    "at what was done",
    RETURN_ROWS.name: "nothing that Amazon's lists don't show again; what has changed since may be told as new",
    WATERMARKS.name: "how far that list was read: it is read from as far back as at the beginning",
    SEEN.name: "that a message was handled: its events may be published once more",
    LIMIT_ROWS.name: "how long Amazon had asked to be left alone: it says so again",
}
"""What is forgotten with a row of this table."""

_Table = Annotated[str, typer.Argument(metavar="TABLE", help=", ".join(_SPECS))]

changelog = typer.Typer()


@changelog.command("show")
def show_changelog(
    table: _Table,
    key: Annotated[str, typer.Option(help="This row whole, whether or not it can be read.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the rows of a table that can't be read, by place and key; or one row whole.

    A row of a shipment or return whole may hold buyers' data.

    Example: connector changelog show shipments
    """
    with open_broker(load_settings()) as broker:
        places = newest_rows(broker, _spec(table))
    if key:
        place = _chosen(places, [key])[-1]
        told = _told(place) | {"row": place.value.decode(errors="backslashreplace")}
        if as_json:
            tell_json(told)
        for name, content in () if as_json else told.items():
            tell(f"{name}: {content}")
        return
    unreadable = [place for place in places if place.fault]
    if as_json:
        tell_json([_told(place) for place in unreadable])
        return
    rows = [(place.partition, place.offset, place.shown_key, place.fault) for place in unreadable]
    tell_table(("partition", "offset", "key", "fault"), rows)
    remark(f"{len(unreadable)} of {len(places)} rows can't be read")


@changelog.command("mend")
def mend_changelog(
    table: _Table,
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY", help="As `show` tells them.")] = None,
    unreadable: Annotated[bool, typer.Option("--all", help="Every row that can't be read.")] = False,
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Delete rows of a table that can't be read, so that workers start again. No worker may run meanwhile.

    What is forgotten with them is told. A row that can be read is never deleted. If another version wrote the rows,
    run that version: nothing is forgotten then.

    Example: connector changelog mend shipments 'M1|S-17'
    """
    settings = load_settings()
    spec = _spec(table)
    if bool(keys) == unreadable:
        raise InputError("say which: KEY..., or --all")
    with open_broker(settings) as broker:
        places = newest_rows(broker, spec)
        chosen = _chosen(places, keys) if keys else [place for place in places if place.fault]
        for place in chosen:
            if not place.fault:
                raise InputError(f"{place.shown_key}: this row can be read, and is not deleted")
        if not dry_run and chosen:
            members = members_of(settings.kafka, settings.app_id)
            if members:
                raise InputError(f"{len(members)} workers run ({', '.join(members)}); stop them all, then run it again")
            topic = changelog_topic(settings.app_id, spec.name)
            what = f"{table}: {' '.join(place.shown_key for place in chosen)}"
            with audited(broker, Deed(action="changelog mend", subject=what, by=by, reason=reason)):
                broker.write_all([OutRecord(topic, place.partition, place.key, None) for place in chosen])
    if as_json:
        tell_json(
            {"deleted": 0 if dry_run else len(chosen), "dry_run": dry_run, "rows": [_told(row) for row in chosen]}
        )
        return
    tell(f"{len(chosen)} rows {'would be' if dry_run else 'are'} deleted")
    if chosen:
        remark(f"forgotten with them: {_LOST[spec.name]}")


def _spec(table: str) -> TableSpec[Any]:
    if table not in _SPECS:
        raise InputError(f"there is no table {table}; there are {', '.join(_SPECS)}")
    return _SPECS[table]


def _chosen(places: Sequence[ChangelogRow], keys: Sequence[str]) -> list[ChangelogRow]:
    known = {place.shown_key for place in places}
    for key in keys:
        if key not in known:
            raise InputError(f"there is no row {key}")
    return [place for place in places if place.shown_key in keys]


def _told(place: ChangelogRow) -> dict[str, Any]:
    return {
        "partition": place.partition,
        "offset": place.offset,
        "key": place.shown_key,
        "bytes": len(place.value),
        "fault": place.fault,
    }
