"""What to send to Amazon in a dispute: each call that left, what it said, and how Amazon answered. No buyers' data."""

from collections.abc import Iterable

from connector.cli.history.entry import EntryKind, HistoryEntry
from connector.cli.shared.times import iso, iso_exact

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
