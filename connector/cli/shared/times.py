"""Times as operators write and read them."""

import re
from datetime import UTC, datetime, time, timedelta

from connector.clock import now_ms
from connector.errors import InputError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"-(\d{1,6})([smhdw])", re.ASCII)
_DAYS_AGO = {"today": 0, "yesterday": 1}
_REMEDY = (
    "write a time such as 2026-01-31T18:30 (UTC unless it names a zone), of the years 1 to 9999; "
    "-90s, -15m, -2h, -3d or -1w for as long ago; today or yesterday, which begin at midnight UTC; or now"
)


def parse_time_ms(option: str, text: str) -> int:
    """ISO 8601; UTC where it names no zone. Or relative to now: `-2h`, `yesterday`. Before 1970 is 0: no record is
    older. Raises InputError."""
    try:
        at = _relative(text, now_ms()) or datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text}: {_REMEDY}") from None
    since_1970 = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    return max(0, round(since_1970.total_seconds() * 1000))


def _relative(text: str, now: int) -> datetime | None:
    """None: it is not relative to now."""
    at, word = datetime.fromtimestamp(now / 1000, UTC), text.lower()
    if ago := _AGO.fullmatch(word):
        try:
            return at - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            return datetime.fromtimestamp(0, UTC)
    if word in _DAYS_AGO:
        return datetime.combine(at.date() - timedelta(days=_DAYS_AGO[word]), time(), UTC)
    return at if word == "now" else None


def iso(time_ms: int | None) -> str:
    """The number itself where it is no time that has a year of four digits."""
    if time_ms is None:
        return ""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"
