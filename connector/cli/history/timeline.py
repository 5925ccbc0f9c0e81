"""The history of a subject: one line of time, made of records in whatever order they were found."""

from collections.abc import Iterable
from dataclasses import replace

from connector.cli.history.entries import entries_of
from connector.cli.history.entry import EntryKind, HistoryEntry
from connector.cli.history.subject import FoundRecord, Subject

_TOLD_AGAIN = frozenset({EntryKind.EVENT, EntryKind.RESULT, EntryKind.DOCUMENT, EntryKind.ALERT, EntryKind.CALL})
"""What the connector may publish twice, after a crash or a replay, and means once. What others wrote came twice."""

_KINDS = list(EntryKind)
"""Of one millisecond, what came in stands before what came of it."""


def timeline(subject: Subject, records: Iterable[FoundRecord]) -> list[HistoryEntry]:
    """By time; what was published again stands where it came first."""
    entries = sorted((entry for found in records for entry in entries_of(subject, found)), key=_order)
    first: dict[object, HistoryEntry] = {}
    for entry in entries:
        is_same = entry.kind in _TOLD_AGAIN and entry.id
        topic, _, _ = entry.source.partition("/")
        again = (topic, entry.kind, entry.id, entry.about, entry.location_id) if is_same else entry.source
        known = first.setdefault(again, replace(entry, times=0))
        first[again] = replace(known, times=known.times + 1)
    return list(first.values())


def _order(entry: HistoryEntry) -> tuple[object, ...]:
    topic, partition, offset = entry.source.rsplit("/", 2)
    place = (topic, int(partition), int(offset))
    return (entry.at_ms, _KINDS.index(entry.kind), place, entry.id, entry.about, entry.location_id)
