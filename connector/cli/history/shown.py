"""How a history is shown: lines for people, CSV for spreadsheets, JSON for programs."""

from collections.abc import Sequence, Set
from dataclasses import asdict, fields
from typing import Any

from connector.cli.history.entry import EntryKind, HistoryEntry
from connector.cli.shared.screen import tell_csv, tell_json, tell_json_line, tell_table
from connector.cli.shared.times import iso_exact

_COLUMNS = ("at (UTC)", "what", "told")
_CSV_COLUMNS = ("at", *(field.name for field in fields(HistoryEntry)))
_WIDTHS = (23, max(map(len, EntryKind)))  # so that lines which come later stand below these

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
    """`form`: "text", "csv" or "json". `goes_on`: more comes later, so JSON is a line each."""

    def __init__(self, form: str, *, goes_on: bool) -> None:
        self._form = form
        self._goes_on = goes_on
        self._is_headed = False

    def show(self, entries: Sequence[HistoryEntry], subject_ids: Set[str]) -> None:
        headed, self._is_headed = not self._is_headed, True
        if self._form == "csv":
            tell_csv(_CSV_COLUMNS, [tuple(_plain(entry).values()) for entry in entries], headed=headed)
        elif self._form == "text":
            tell_table(_COLUMNS, [_row(entry, subject_ids) for entry in entries], headed=headed, widths=_WIDTHS)
        elif self._goes_on:
            for entry in entries:
                tell_json_line(_plain(entry))
        else:
            tell_json([_plain(entry) for entry in entries])


def _row(entry: HistoryEntry, subject_ids: Set[str]) -> tuple[str, str, str]:
    at = iso_exact(entry.at_ms).removesuffix("+00:00").replace("T", " ")
    return at, entry.kind, told_of(entry, subject_ids)


def _plain(entry: HistoryEntry) -> dict[str, Any]:
    return {"at": iso_exact(entry.at_ms), **asdict(entry)}
