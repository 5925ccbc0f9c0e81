"""`connector audit`: who changed what."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from connector.cli.shared.broker import open_broker
from connector.cli.shared.screen import AsJson, chosen_form, remark, tell_rows
from connector.cli.shared.times import TIME_HELP, iso_exact, parse_time_ms
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import AUDIT
from connector.settings import load_settings

_COLUMNS = ("at", "by", "action", "merchant", "subject", "reason", "outcome", "message", "worker", "address")


def audit(
    merchant: Annotated[str, typer.Option(help="Only what was about this merchant.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help=f"Only from then on: {TIME_HELP}.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, for a spreadsheet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show who changed what by a command or the control API, the newest first, and how it ended.

    BEGUN where no end was written: the command was killed, say, and may have done it. "worker" and "address" tell where
    it was asked: of a worker's control API, or on the command line of a machine.

    Example: connector audit --merchant A2EXAMPLE --since yesterday
    """
    form, since_ms = chosen_form(as_csv, as_json), parse_time_ms("--since", since) if since else 0
    with open_broker(load_settings()) as broker:
        records = broker.decode(
            AUDIT.name, [message.value() for message in broker.read_since_ever(AUDIT.name, merchant)]
        )
    deeds = _deeds(record for record in records if not isinstance(record, BadRecord))
    chosen = [deed for deed in deeds if merchant in ("", deed["merchant_id"]) and deed["at"] >= since_ms]
    newest = sorted(chosen, key=lambda deed: int(deed["at"]), reverse=True)[:limit]
    told = [deed | {"at": iso_exact(deed["at"])} for deed in newest]
    tell_rows(form, told, _COLUMNS, [tuple(_row(deed)) for deed in told], "changes")
    if unread := sum(isinstance(record, BadRecord) for record in records):
        remark(f"{unread} records of {AUDIT.name} can't be read: look at them with a Kafka tool")
    if len(chosen) > limit:
        remark(f"{len(chosen) - limit} older ones are left out; see --limit and --since")


def _deeds(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One for each audit_id: since when it began, and how it ended. A partition has them in order."""
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        begun = found.setdefault(record["audit_id"], dict(record))
        begun |= {"outcome": record["outcome"], "message": record["message"]}
    return [*found.values()]


def _row(deed: Mapping[str, Any]) -> Iterator[str]:
    for column in _COLUMNS:
        yield str(deed["merchant_id" if column == "merchant" else column])
