"""Times as operators write and read them."""

import re
from datetime import UTC, datetime

from connector.clock import now_ms
from connector.errors import InputError
from connector.kafka.topics import DAY_MS

TIME_HELP = "a time (2026-01-31T18:30), -2h, today or yesterday; UTC unless it names a zone"
_UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY_MS, "w": 7 * DAY_MS}
_AGO = re.compile(rf"-(\d{{1,9}})([{''.join(_UNITS_MS)}])")
_DAYS_AGO = {"today": 0, "yesterday": 1}


def parse_time_ms(option: str, text: str) -> int:
    """ISO 8601, UTC where it names no zone; -30m, -2h, -7d before now; today and yesterday are when the day began.

    Before 1970 is 0: no record is older. Raises InputError.
    """
    if ago := _AGO.fullmatch(text):
        return max(0, now_ms() - int(ago[1]) * _UNITS_MS[ago[2]])
    if text in _DAYS_AGO:
        today_ms = now_ms() // DAY_MS * DAY_MS
        return today_ms - _DAYS_AGO[text] * DAY_MS
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        remedy = (
            "write a time such as 2026-01-31T18:30 (UTC unless it names a zone), of the years 1 to 9999, or -2h, "
            "-30m, -7d, today, yesterday"
        )
        raise InputError(f"{option} {text}: {remedy}") from None
    since_1970 = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    return max(0, round(since_1970.total_seconds() * 1000))


def iso(time_ms: int | None) -> str:
    """The number itself where it is no time that has a year of four digits."""
    return _iso(time_ms, "seconds")


def iso_exact(time_ms: int | None) -> str:
    """`iso`, to the millisecond."""
    return _iso(time_ms, "milliseconds")


def _iso(time_ms: int | None, exactness: str) -> str:
    if time_ms is None:
        return ""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec=exactness)
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"
