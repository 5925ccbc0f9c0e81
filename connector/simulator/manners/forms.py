"""Other ways to write the same fact, shared by what rewrites the bodies of shipments, returns and labels."""

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

NAMES = (
    ("आशा उदाहरण", "बेंगलुरु"),
    ("Łucja Żółć", "Łódź"),
    ("見本 花子", "東京都千代田区"),
    ("آشا مثال", "القاهرة"),
    ("Asha 🎁 Example", "Zürich"),
)
CARRIERS = ("भारतीय डाक", "Poczta Główna", "日本郵便")
INDIA = timezone(timedelta(hours=5, minutes=30))


def copied(body: dict[str, Any]) -> dict[str, Any]:
    """The body in the state is not the answer's to change."""
    return copy.deepcopy(body)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


TIME_FORMS: tuple[Callable[[datetime], Any], ...] = (
    lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z",
    lambda moment: moment.astimezone(INDIA).isoformat(timespec="milliseconds"),
    lambda moment: moment.isoformat(timespec="microseconds"),
    _milliseconds,
    lambda moment: str(_milliseconds(moment)),
)


def rewrite_times(body: dict[str, Any], form: Callable[[datetime], Any]) -> None:
    """Every time of the body, at any depth. No form loses milliseconds: the last update must stay what it was."""
    for parent, name in list(_times(body)):
        parent[name] = form(datetime.fromisoformat(parent[name]).astimezone(UTC))


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """At a path of names and positions; nothing where the body has not got so far."""
    *way, last = path.split(".")
    found: Any = body
    for step in way:
        found = found[int(step)] if isinstance(found, list) else found.get(step)
        if not found:
            return
    found[last] = value


def _times(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    match value:
        case dict():
            for name, inner in value.items():
                if isinstance(inner, str) and name.endswith(("DateTime", "DateTimeInUTC")):
                    yield value, name
                yield from _times(inner)
        case list():
            for inner in value:
                yield from _times(inner)
