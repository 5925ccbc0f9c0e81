"""How commands talk: results on stdout (text, or JSON for programs), progress and remarks on stderr."""

import getpass
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from connector.errors import InputError

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]

_ALERT_COLUMNS = ("id", "since", "severity", "merchant", "kind", "subject", "message", "remedy")
_ID_SHOWN = 12  # characters: enough to tell it from the others
_ERR = Console(stderr=True, soft_wrap=True)


class Bar:
    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress, self._task = progress, task

    def advance(self, count: int = 1) -> None:
        self._progress.advance(self._task, count)

    def reach(self, count: int) -> None:
        self._progress.update(self._task, completed=count)


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_ERR) as shown:
        yield Bar(shown, shown.add_task(what, total=total))


def tell_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_plain))


def tell_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


def tell_alerts(alerts: Iterable[Mapping[str, Any]]) -> None:
    """A line each, in the shape of schemas/alert.avsc."""
    names = ("severity", "merchant_id", "kind", "subject", "message", "remedy")
    rows = [(alert["alert_id"][:_ID_SHOWN], iso(alert["since"]), *(alert[name] for name in names)) for alert in alerts]
    tell_table(_ALERT_COLUMNS, rows)


def remark(text: str) -> None:
    typer.echo(text, err=True)


def user() -> str:
    """Who gives the command; in a container nobody may have that name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def parse_time_ms(option: str, text: str) -> int:
    """ISO 8601; UTC where it names no zone. Raises InputError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        remedy = "write a time such as 2026-01-31T18:30 (UTC unless it names a zone)"
        raise InputError(f"{option} {text}: {remedy}") from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def iso(time_ms: int | None) -> str:
    return "" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")


def _plain(value: Any) -> Any:
    """Bytes as text where they are text, else in hexadecimal; decimals as text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    return str(value)
