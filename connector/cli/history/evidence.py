"""What to send to Amazon in a dispute: each call that left, what it said, and how Amazon answered. No buyers' data."""

import csv
from collections.abc import Iterable
from pathlib import Path

from connector.cli.history.entry import EntryKind, HistoryEntry
from connector.cli.shared.formulas import guarded_row
from connector.cli.shared.times import iso, iso_exact
from connector.errors import InputError

EVIDENCE_COLUMNS = (
    *("sent_at", "answered_at", "merchant_id", "call", "about", "location_id", "sequence", "quantity"),
    *("outcome", "http_status", "code", "answer", "request_id", "latency_ms", "attempt"),
)


def evidence_rows(entries: Iterable[HistoryEntry]) -> list[tuple[object, ...]]:
    """In the order of EVIDENCE_COLUMNS. `answered_at` is Amazon's time, to the second; `answer` is what it said,
    without what is no word of errors."""
    return [
        (
            iso_exact(entry.at_ms),
            iso(entry.answered_at_ms),
            entry.merchant_id,
            entry.name,
            entry.about,
            entry.location_id,
            entry.sequence,
            entry.quantity,
            entry.outcome,
            entry.http_status,
            entry.code,
            entry.message,
            entry.request_id,
            entry.latency_ms,
            entry.attempt,
        )
        for entry in entries
        if entry.kind is EntryKind.CALL and entry.sent
    ]


def write_evidence(file: Path, entries: Iterable[HistoryEntry]) -> int:
    """How many calls are in the new CSV file. Raises InputError where it can't be written, or is there already."""
    rows = evidence_rows(entries)
    try:
        with file.open("x", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(EVIDENCE_COLUMNS)
            writer.writerows(map(guarded_row, rows))
    except OSError as fault:
        raise InputError(f"--evidence {file}: it can't be written: {fault.strerror}") from None
    return len(rows)
