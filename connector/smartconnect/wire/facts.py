"""An object of Amazon's, read fact by fact: one that can't be read is left empty and kept aside, and hides no other."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from connector.domain.unreadable import UnreadableFact
from connector.smartconnect.wire.fields import Json, Unreadable, child, integer, text, time_ms

MAX_TEXT = 5_000
MAX_ITEMS = 100
MAX_RAW = 2_000
LAST_TIME_MS = 253_402_300_800_000  # the year 10000

T = TypeVar("T")


class Facts:
    """`source`: the object. Names of facts are paths from it: `otpDetails.otp`, `previousTrackingInfo[0].carrierName`.

    Only side facts are read so: without its core (id, status, time of the last update) an object is Unreadable.
    """

    def __init__(self, source: Json, path: str = "", unreadable: dict[str, tuple[Any, ...]] | None = None) -> None:
        self._source = source
        self._path = path
        self._unreadable: dict[str, tuple[Any, ...]] = {} if unreadable is None else unreadable

    @property
    def names(self) -> tuple[str, ...]:
        """Of what could not be read so far."""
        return tuple(self._unreadable)

    def unreadable_of(self, object_id: str) -> tuple[UnreadableFact, ...]:
        """What could not be read so far; what was only assumed has nothing to keep."""
        found = self._unreadable.items()
        return tuple(UnreadableFact(object_id, name, raw_text(*raw)) for name, raw in found if raw)

    def text(self, name: str) -> str:
        return self._side(name, _bounded_text, "")

    def time_ms(self, name: str) -> int | None:
        return self._side(name, reasonable_time_ms, None)

    def count(self, name: str, assumed: int) -> int:
        """A number of things, from 1; `assumed`, with a warning, where it is missing too."""
        found = self._side(name, _count, None)
        if found is None:
            self._unreadable.setdefault(self._path + name, ())
        return assumed if found is None else found

    def child(self, name: str) -> "Facts":
        """Empty where absent."""
        return Facts(self._side(name, child, {}), f"{self._path}{name}.", self._unreadable)

    def optional(self, name: str, read: Callable[["Facts"], T]) -> T | None:
        nothing: Json = {}
        source = self._side(name, child, nothing)
        return read(Facts(source, f"{self._path}{name}.", self._unreadable)) if source else None

    def each(self, name: str, read: Callable[["Facts"], T]) -> tuple[T, ...]:
        """What is no object is left out."""
        found: list[T] = []
        nothing: list[Any] = []
        for number, item in enumerate(self._side(name, _items, nothing)):
            path = f"{self._path}{name}[{number}]"
            if isinstance(item, dict):
                found.append(read(Facts(item, f"{path}.", self._unreadable)))
            else:
                self._unreadable[path] = (item,)
        return tuple(found)

    def _side(self, name: str, read: Callable[[Json, str], T], empty: T) -> T:
        try:
            return read(self._source, name)
        except Unreadable:
            self._unreadable[self._path + name] = (self._source[name],)
            return empty


def reasonable_time_ms(source: Json, name: str) -> int | None:
    """As `time_ms`, between the years 1970 and 9999."""
    moment_ms = time_ms(source, name)
    if moment_ms is not None and not 0 <= moment_ms < LAST_TIME_MS:
        raise Unreadable(f"{name} is not a time")
    return moment_ms


def raw_text(value: object) -> str:
    """Amazon's JSON again, cut to size."""
    return json.dumps(value, ensure_ascii=False, default=str)[:MAX_RAW].encode(errors="replace").decode()


def _bounded_text(source: Json, name: str) -> str:
    value = text(source, name)
    if len(value) > MAX_TEXT:
        raise Unreadable(f"{name} is too long")
    return value


def _count(source: Json, name: str) -> int | None:
    value = integer(source, name)
    if value is not None and not 1 <= value < 2**31:
        raise Unreadable(f"{name} is no number of things")
    return value


def _items(source: Json, name: str) -> list[Any]:
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise Unreadable(f"{name} is not a list, or too long a one")
    return value
