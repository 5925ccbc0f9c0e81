"""Times as operators write and read them."""

from datetime import UTC, datetime

from connector.errors import InputError


def parse_time_ms(option: str, text: str) -> int:
    """ISO 8601; UTC where it names no zone. Before 1970 is 0: no record is older. Raises InputError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        remedy = "write a time such as 2026-01-31T18:30 (UTC unless it names a zone), of the years 1 to 9999"
        raise InputError(f"{option} {text}: {remedy}") from None
    since_1970 = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    return max(0, round(since_1970.total_seconds() * 1000))


def iso(time_ms: int | None) -> str:
    """The number itself where it is no time that has a year of four digits."""
    if time_ms is None:
        return ""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"
