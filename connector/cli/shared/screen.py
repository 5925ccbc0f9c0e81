"""How commands talk: results on stdout (text, or JSON for programs), progress and remarks on stderr.

Whatever is shown goes through here, as it may hold what strangers wrote: it never drives the terminal.
"""

import csv
import getpass
import itertools
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import orjson
import typer
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connector.cli.shared.formulas import guarded_row
from connector.cli.shared.times import iso
from connector.errors import InputError
from connector.terminal import visible, visible_json, visible_lines

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
By = Annotated[str, typer.Option(help="Who does it; the user's name where left out.")]
Because = Annotated[str, typer.Option("--reason", help="Why; `connector audit` shows it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]

Form = Literal["text", "csv", "json"]

_ALERT_COLUMNS = ("id", "since", "severity", "merchant", "kind", "subject", "message", "remedy")
_GAP = "  "
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
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_ERR, disable=not _ERR.is_terminal) as shown:
        yield Bar(shown, shown.add_task(what, total=total))


@contextmanager
def live_picture() -> Iterator[Callable[[RenderableType], None]]:
    """What is given to it is shown in place of what was before; nothing where there is no terminal to show it on."""
    if not _ERR.is_terminal:
        yield lambda _: None
        return
    with Live(console=_ERR, refresh_per_second=4) as live:
        yield live.update


def has_live_picture() -> bool:
    return _ERR.is_terminal


def chosen_form(as_csv: bool, as_json: bool) -> Form:
    """Raises InputError where both are asked for."""
    if as_csv and as_json:
        raise InputError("--csv, --json: say one of them")
    return "csv" if as_csv else "json" if as_json else "text"


def tell(text: str) -> None:
    """A line."""
    typer.echo(visible(text))


def tell_json(value: Any) -> None:
    typer.echo(visible_json(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_plain).decode()))


def tell_json_line(value: Any) -> None:
    """One of many, where nobody knows how many there will be."""
    typer.echo(visible_json(orjson.dumps(value, default=_plain).decode()))


def tell_tabbed(cells: Iterable[object]) -> None:
    """A line for a program: its cells with tabs between them, which no cell has."""
    typer.echo("\t".join("" if cell is None else visible(str(cell)) for cell in cells))


def tell_csv(rows: Iterable[Sequence[object]]) -> None:
    """Without cells that a spreadsheet would take for formulas. A file has each text as it is."""
    shown = visible if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout)
    writer.writerows(guarded_row(row, shown) for row in rows)
    sys.stdout.flush()


def tell_rows(form: Form, records: Any, columns: Sequence[str], rows: Sequence[Sequence[str]], things: str) -> None:
    """`records`: what JSON has of the `rows`, which are so many `things`."""
    if form == "json":
        tell_json(records)
    elif form == "csv":
        tell_csv([columns, *rows])
    else:
        tell_table(columns, rows)
        remark(f"{len(rows)} {things}")


def tell_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """On a terminal columns of a width; what does not fit into its lines stands below its row. Into a pipe or a file
    values with tabs between them, a line each (no value has either)."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            tell_tabbed(row)
        return
    told = [["" if cell is None else visible(str(cell)) for cell in row] for row in rows]
    for line in table_lines(columns, told, shutil.get_terminal_size().columns):
        typer.echo(line)


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """No line is wider than `width` cells, unless a single word is."""
    widths = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]
    ends = [*itertools.accumulate(size + len(_GAP) for size in widths)]
    fitting = max(1, sum(end - len(_GAP) <= width for end in ends))

    def line(cells: Sequence[str]) -> str:
        padded = (cell + " " * (size - cell_len(cell)) for cell, size in zip(cells[:fitting], widths, strict=False))
        return _GAP.join(padded).rstrip()

    yield typer.style(line(columns), bold=True)
    for row in rows:
        yield line(row)
        for column, cell in zip(columns[fitting:], row[fitting:], strict=True):
            if cell:
                yield from textwrap.wrap(
                    f"{column}: {cell}",
                    width,
                    initial_indent=_GAP,
                    subsequent_indent=_GAP * 2,
                    break_long_words=False,
                    break_on_hyphens=False,
                )


def tell_alerts(alerts: Iterable[Mapping[str, Any]]) -> None:
    """A line each, in the shape of schemas/alert.avsc."""
    names = ("severity", "merchant_id", "kind", "subject", "message", "remedy")
    rows = [(alert["alert_id"][:_ID_SHOWN], iso(alert["since"]), *(alert[name] for name in names)) for alert in alerts]
    tell_table(_ALERT_COLUMNS, rows)


def remark(text: str) -> None:
    typer.echo(visible_lines(text), err=True)


def user() -> str:
    """Who gives the command; in a container nobody may have that name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _plain(value: Any) -> Any:
    """Bytes as text where they are text, else in hexadecimal; decimals as text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    return str(value)
