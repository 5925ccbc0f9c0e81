"""Which rows a snapshot is of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPlace:
    """A partition of a changelog, and how its rows are written by this release."""

    topic: str
    partition: int
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """`offset`: up to which rows stand. At `at_ms` nothing came after it in the changelog."""

    offset: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBounds:
    """Offsets of a changelog's first record, or of what comes first in its place, and of its last one."""

    first: int
    last: int
