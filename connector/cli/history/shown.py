"""How a history is shown: lines for people, CSV for spreadsheets, JSON for programs."""

import shutil
import sys
import textwrap
from collections.abc import Sequence, Set
from dataclasses import asdict, fields
from typing import Any

from connector.cli.history.entry import EntryKind, HistoryEntry
from connector.cli.shared.screen import Form, tell, tell_csv, tell_json, tell_json_line, tell_tabbed
from connector.cli.shared.times import iso_exact
from connector.terminal import visible

_COLUMNS = ("at (UTC)", "what", "told")
HistoryRow = tuple[str, str, str]
_CSV_COLUMNS = ("at", *(field.name for field in fields(HistoryEntry)))
_AT_WIDTH, _KIND_WIDTH = 23, max(map(len, EntryKind))
_LEAST_TOLD = 20  # characters, however narrow the terminal
_ASKED = frozenset({EntryKind.UPDATE, EntryKind.COMMAND, EntryKind.RESULT})


def told_of(entry: HistoryEntry, subject_ids: Set[str]) -> str:
    """In one line, which need not say what the whole history is of."""
    units = [] if entry.quantity is None else [f"quantity {entry.quantity}"]
    units += [] if entry.sequence is None else [f"sequence {entry.sequence}"]
    http = [f"HTTP {entry.http_status}"] if entry.http_status else []
    latency = [] if entry.latency_ms is None else [f"{entry.latency_ms} ms"]
    latency += [f"attempt {entry.attempt}"] if (entry.attempt or 1) > 1 else []
    latency += ["never left"] if entry.sent is False else []
    place = f" at {entry.location_id}" if entry.location_id else ""
    about = f" of {entry.about}" if entry.about and entry.about not in subject_ids else ""
    asked = entry.command_id or entry.update_id
    named = f" {asked}" if asked and entry.kind in _ASKED else ""
    request = [f"request {entry.request_id}"] if entry.request_id else []
    times = [f"published {entry.times} times"] if entry.times > 1 else []
    outcome = f": {entry.outcome}" if entry.outcome else ""
    first = f"{entry.name}{named}{about}{place}{outcome}"
    return ", ".join([first, *units, *http, *filter(None, (entry.code, entry.message)), *latency, *request, *times])


class HistoryScreen:
    """`goes_on`: more comes later, so JSON is a line each."""

    def __init__(self, form: Form, *, goes_on: bool) -> None:
        self._form = form
        self._goes_on = goes_on
        self._is_headed = False

    def show(self, entries: Sequence[HistoryEntry], subject_ids: Set[str]) -> None:
        headed, self._is_headed = self._is_headed, True
        if self._form == "csv":
            tell_csv(([] if headed else [_CSV_COLUMNS]) + [tuple(_plain(entry).values()) for entry in entries])
        elif self._form == "text":
            self._lines(([] if headed else [_COLUMNS]) + [_row(entry, subject_ids) for entry in entries])
        elif self._goes_on:
            for entry in entries:
                tell_json_line(_plain(entry))
        else:
            tell_json([_plain(entry) for entry in entries])

    def _lines(self, rows: Sequence[HistoryRow]) -> None:
        if not sys.stdout.isatty():
            for row in rows:
                tell_tabbed(row)
            return
        for row in rows:
            for line in lines_of_row(row, shutil.get_terminal_size().columns):
                tell(line)


def lines_of_row(row: HistoryRow, width: int) -> list[str]:
    """As wide as a terminal of `width` characters; what is told goes on below itself."""
    at, what, told = row
    begin = f"{at:<{_AT_WIDTH}}  {what:<{_KIND_WIDTH}}  "
    lines = textwrap.wrap(
        visible(told),
        max(width, len(begin) + _LEAST_TOLD),
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_on_hyphens=False,
    )
    return lines or [begin]


def _row(entry: HistoryEntry, subject_ids: Set[str]) -> HistoryRow:
    at = iso_exact(entry.at_ms).removesuffix("+00:00").replace("T", " ")
    return at, entry.kind, told_of(entry, subject_ids)


def _plain(entry: HistoryEntry) -> dict[str, Any]:
    return {"at": iso_exact(entry.at_ms), **asdict(entry)}
