"""What Amazon asked of one merchant's calls of one operation, kept for whoever makes them next (guarantee G3)."""

from dataclasses import dataclass, replace

ROUNDED_MS = 2  # by how much the times of a record may be too early
LONGEST_CLOSED_MS = 3_600_000  # whatever a Retry-After says
RENEWED_AFTER_MS = 60_000  # a limit that is stated with every answer is written once a minute


@dataclass(frozen=True, slots=True)
class LimitRow:
    """No call before `closed_until_ms` (a 429's Retry-After). `limit_per_s`: below the configured one, as stated at
    `stated_at_ms`; None: Amazon states no lower one."""

    closed_until_ms: int = 0
    limit_per_s: float | None = None
    stated_at_ms: int = 0


NOTHING_ASKED = LimitRow()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """By one answer, at `answered_at_ms`. None: it says nothing of it."""

    answered_at_ms: int
    retry_after_ms: int | None
    limit_per_s: float | None


def believable(row: LimitRow, now_ms: int) -> LimitRow:
    """Without what a clock that was ahead has dated: nothing was stated later than now, and nothing is closed for twice
    the longest closing (once could be true, where it is this worker's clock that is behind)."""
    is_dated_ahead = row.closed_until_ms > now_ms + 2 * LONGEST_CLOSED_MS
    closed_until_ms = 0 if is_dated_ahead else row.closed_until_ms
    if closed_until_ms == row.closed_until_ms and row.stated_at_ms <= now_ms:
        return row
    return replace(row, closed_until_ms=closed_until_ms, stated_at_ms=min(row.stated_at_ms, now_ms))


def heed(row: LimitRow, asked: Asked, configured_per_s: float) -> LimitRow:
    """The row after an answer; the same where it says nothing new. Answers may come late, and twice."""
    if asked.retry_after_ms is not None:
        until_ms = asked.answered_at_ms + min(asked.retry_after_ms, LONGEST_CLOSED_MS) + ROUNDED_MS
        row = replace(row, closed_until_ms=max(row.closed_until_ms, until_ms))
    if asked.limit_per_s is None or asked.answered_at_ms < row.stated_at_ms:
        return row
    stated = asked.limit_per_s if 0 < asked.limit_per_s < configured_per_s else None
    is_old = stated is not None and asked.answered_at_ms - row.stated_at_ms >= RENEWED_AFTER_MS
    if stated == row.limit_per_s and not is_old:
        return row
    return replace(row, limit_per_s=stated, stated_at_ms=asked.answered_at_ms)


def is_over(row: LimitRow, now_ms: int) -> bool:
    """It holds nothing back any more."""
    return row.limit_per_s is None and row.closed_until_ms <= now_ms
