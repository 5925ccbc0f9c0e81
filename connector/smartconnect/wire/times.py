"""Times as Amazon writes them, to epoch milliseconds, and those that Amazon is asked for.

ISO 8601 and RFC 3339 (5.6: in lower case too, and with leap seconds) with a T or a blank; epochs in seconds or
milliseconds, as numbers or text. Where no zone is given it is UTC.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

EPOCH_SECONDS_END = 100_000_000_000  # the year 5138 in seconds, March 1973 in milliseconds
EARLIEST_MS = -62_135_596_800_000  # the year 1
LATEST_MS = 253_402_300_799_999  # the end of the year 9999: what lies outside, no calendar of ours can hold

_DAY_OF_YEAR = re.compile(r"(\d{4})-?(\d{3})(?=[T ]|$)")
_END_OF_DAY = re.compile(r"(?<=[T ])24(:?00(:?00([.,]0+)?)?)(?=[Z+-]|$)")
_LEAP_SECOND = re.compile(r"(?<=[T ])(\d\d:?\d\d:?)60(?=[.,Z+-]|$)")


def moment_of(text: str) -> int | None:
    """None: it is no time."""
    try:
        return _within(round(_moment(text.strip().upper()).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def moment_of_epoch(number: Decimal) -> int | None:
    """Of seconds, or of milliseconds where seconds would be thousands of years away. None: it is no time."""
    milliseconds = number if abs(number) >= EPOCH_SECONDS_END else number * 1000
    return _within(int(milliseconds))


def iso_time(moment_ms: int | None) -> str:
    """Empty for None, as query parameters are left out."""
    if moment_ms is None:
        return ""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    """What datetime.fromisoformat does not know is said in the way that it knows. Raises ValueError, OverflowError."""
    later = timedelta()
    if day := _DAY_OF_YEAR.match(text):
        text = f"{_day(int(day[1]), int(day[2]))}{text[day.end() :]}"
    if _END_OF_DAY.search(text):
        text, later = _END_OF_DAY.sub(r"00\1", text), timedelta(days=1)
    if _LEAP_SECOND.search(text):
        text, later = _LEAP_SECOND.sub(r"\g<1>59", text), timedelta(seconds=1)
    moment = datetime.fromisoformat(text) + later
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(year: int, number: int) -> date:
    day = date(year, 1, 1) + timedelta(days=number - 1)
    if day.year != year:
        raise ValueError(f"no year has a day {number}")
    return day


def _within(moment_ms: int) -> int | None:
    return moment_ms if EARLIEST_MS <= moment_ms <= LATEST_MS else None
