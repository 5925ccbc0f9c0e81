"""Query parameters, and their checks."""

from collections.abc import Collection, Mapping
from datetime import datetime

from connector.simulator.http.answers import ApiError


def choice(query: Mapping[str, str], name: str, allowed: Collection[str], *, required: bool = False) -> str:
    value = query.get(name, "")
    if (value and value not in allowed) or (required and not value):
        raise ApiError(400, f"{name} must be one of {', '.join(allowed)}.")
    return value


def instant(query: Mapping[str, str], name: str) -> float | None:
    """Epoch seconds of an ISO 8601 time with a zone."""
    text = query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError(400, f"{name} must be an ISO 8601 date-time.") from error
    if moment.tzinfo is None:
        raise ApiError(400, f"{name} must have a time zone.")
    return moment.timestamp()


def between(value: float, since: float | None, until: float | None) -> bool:
    """since <= value < until: consecutive windows neither share nor miss an instant."""
    return (since is None or value >= since) and (until is None or value < until)
