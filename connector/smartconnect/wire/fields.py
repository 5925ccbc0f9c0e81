"""Lenient readers of Amazon's JSON: unknown fields ignored, numbers or text for numbers, times in any form.

A side fact that can't be read is left empty and noted with its path: it never hides its object, nor another fact. Fatal
(Unreadable) is only what `required` and its kin ask for, and what a strict source holds.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import msgspec

from connector.domain.ids import stable_id
from connector.domain.unread import UnreadableItem
from connector.smartconnect.wire.source import Source, Unreadable, bytes_of, raw_json
from connector.smartconnect.wire.values import (
    Odd,
    as_decimal,
    as_integer,
    as_list,
    as_long_text,
    as_object,
    as_text,
    as_time_ms,
)

T = TypeVar("T")
Json = dict[str, Any]
"""The body of a request."""

LONGEST_ID = 256  # characters of what is required: ids, SKUs, states
MOST_REQUIRED_BYTES = 600_000  # of one object in our JSON, with what is required of it: beyond, no record could hold it
MOST_KNOWN_ITEMS = 3_000
MOST_KNOWN_BYTES = 20_000  # of one, in JSON: larger ones are rare, or have documents
_VERSIONS = msgspec.json.Encoder(decimal_format="number")  # 1.5 is another value than "1.5"

_NO_VALUES: Mapping[str, Any] = {}
_NO_ITEMS: Sequence[Any] = ()


def text(source: Source, name: str) -> str:
    """Empty where absent."""
    return _read(source, name, source.values.get(name), as_text, "")


def content(source: Source, name: str) -> str:
    """Of a document, which goes to no record and so may be of any length. Empty where absent."""
    return _converted(source, name, source.values.get(name), as_long_text, "")


def decimal(source: Source, name: str) -> Decimal | None:
    return _read(source, name, source.values.get(name), as_decimal, None)


def integer(source: Source, name: str, *, bits: int = 32) -> int | None:
    """`bits`: of the Avro type that is to hold it."""
    return _read(source, name, source.values.get(name), lambda value: as_integer(value, bits), None)


def time_ms(source: Source, name: str) -> int | None:
    """Epoch milliseconds."""
    return _read(source, name, source.values.get(name), as_time_ms, None)


def texts(source: Source, name: str) -> tuple[str, ...]:
    """An item that can't be read is left out, not its list."""
    found = (_read(source, place, item, as_text, None) for place, item in _placed(source, name))
    return tuple(item for item in found if item is not None)


def child(source: Source, name: str) -> Source:
    """Empty where absent."""
    return source.inner(name, _converted(source, name, source.values.get(name), as_object, _NO_VALUES))


def optional(source: Source, name: str, read: Callable[[Source], T]) -> T | None:
    """None where absent, empty, or without what is required of it."""
    inner = child(source, name)
    return next(_objects(source, [(name, inner.values)], read), None) if inner.values else None


def each(source: Source, name: str, read: Callable[[Source], T]) -> tuple[T, ...]:
    """An item that can't be read, or lacks what is required of it, is left out, not its list."""
    return tuple(_objects(source, _placed(source, name), read))


def required(source: Source, name: str) -> str:
    """What identifies an object, or its state."""
    value = text(source.strict(), name)
    if not value.strip():
        raise Unreadable(f"{source.at(name)} is missing")
    if len(value) > LONGEST_ID:
        raise Unreadable(f"{source.at(name)} is longer than {LONGEST_ID} characters")
    return value


def required_integer(source: Source, name: str) -> int:
    """0 or more."""
    number = _given(source, name, integer(source.strict(), name))
    if number < 0:
        raise Unreadable(f"{source.at(name)} is below 0")
    return number


def required_time_ms(source: Source, name: str) -> int:
    return _given(source, name, time_ms(source.strict(), name))


def required_each(source: Source, name: str, read: Callable[[Source], T]) -> tuple[T, ...]:
    """At least one, and none is left out. What `read` does not require of an item is a side fact as everywhere."""
    found: list[T] = []
    for place, item in _placed(source.strict(), name):
        values = _converted(source.strict(), place, item, as_object, _NO_VALUES)
        found.append(_weighed(source.inner(place, values), read))
        if source.reading.size > MOST_REQUIRED_BYTES:
            raise Unreadable(f"{source.at(name)} is too long")
    return _given(source, name, tuple(found) or None)


def require_list(source: Source, name: str) -> None:
    """It may be empty. Raises Unreadable where it is absent: that is not empty."""
    _converted(source.strict(), name, _given(source, name, source.values.get(name)), as_list, _NO_ITEMS)


@dataclass(frozen=True, slots=True)
class Items(Generic[T]):
    """What a page has. `version`: a digest of all items, "" where there are none."""

    read: tuple[T, ...]
    unreadable: tuple[UnreadableItem, ...]
    version: str


def page_of(source: Source, name: str, read: Callable[[Source], T]) -> Items[T]:
    """What can be read, and the ids of what can't: one odd item must not hide its page from us.

    What has no id to be read by is left out. A page without its list is Unreadable, not empty.
    """
    require_list(source, name)
    found: list[T] = []
    unreadable: list[UnreadableItem] = []
    marks: list[str] = []
    for place, item in _placed(source, name):
        item_source = Source(item if isinstance(item, dict) else {})
        marks.append(_mark(item_source.values, item))
        try:
            found.append(read(item_source))
        except Unreadable:
            try:
                unreadable.append(UnreadableItem(required(item_source, "id"), stable_id(raw_json(item))))
            except Unreadable:
                source.leave_out(place, "has no id to be read by", item)
    return Items(tuple(found), tuple(unreadable), stable_id(*marks) if marks else "")


class KnownVersions(Generic[T]):
    """What was read of items, by their versions, as much as is kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, T] = OrderedDict()  # the last shown last

    def get(self, version: bytes) -> T | None:
        if version not in self._known:
            return None
        self._known.move_to_end(version)
        return self._known[version]

    def keep(self, version: bytes, read: T) -> None:
        self._known[version] = read
        if len(self._known) > MOST_KNOWN_ITEMS:
            self._known.popitem(last=False)


class KnownItems(Generic[T]):
    """Reads items of lists as `read` does, each version of one once, and gives the same object for the same version.

    The windows of polls overlap: a list shows an item some eighty times until it has left them, and to read it takes
    longer than all else that is done with it. A version is all that Amazon tells, not its time of update alone.
    """

    def __init__(self, read: Callable[[Source], T]) -> None:
        self._read = read
        self._known = KnownVersions[T]()

    def read(self, source: Source) -> T:
        """Raises what `read` does, each time."""
        version = _version(source.values)
        known = None if version is None else self._known.get(version)
        if known is not None:
            return known
        found = self._read(source)
        if version is not None:
            self._known.keep(version, found)
        return found


def _version(values: Mapping[str, Any]) -> bytes | None:
    """None: of what is too large to be kept, or can't be written as JSON."""
    try:
        written = _VERSIONS.encode(values)
    except (ValueError, RecursionError):
        return None
    return blake2b(written, digest_size=16).digest() if len(written) <= MOST_KNOWN_BYTES else None


def item_mark(object_id: object, updated: object) -> str:
    """What tells an item from others and from itself before a change."""
    return raw_json([object_id, updated])


def _mark(values: Mapping[str, Any], item: object) -> str:
    return item_mark(values["id"], values.get("lastUpdatedDateTime")) if values.get("id") else raw_json(item)


def _read(source: Source, name: str, value: Any, convert: Callable[[Any], T], empty: T) -> T:
    found = _converted(source, name, value, convert, empty)
    if found == empty:
        return empty
    if not source.reading.has_room:
        source.leave_out(name, "is more than there is room for", value)
        return empty
    source.reading.size += bytes_of(found)
    return found


def _converted(source: Source, name: str, value: Any, convert: Callable[[Any], T], empty: T) -> T:
    """The one place where what can't be read is noted and left empty."""
    if value is None:
        return empty
    try:
        return convert(value)
    except Odd as odd:
        source.leave_out(name, str(odd), value)
        return empty


def _placed(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    """The items of a list, each with its place. Those that are null say nothing."""
    items = _converted(source, name, source.values.get(name), as_list, _NO_ITEMS)
    return ((f"{name}[{position}]", item) for position, item in enumerate(items) if item is not None)


def _objects(source: Source, placed: Iterable[tuple[str, Any]], read: Callable[[Source], T]) -> Iterator[T]:
    for place, item in placed:
        if not isinstance(item, dict):
            source.leave_out(place, "is not an object", item)
            continue
        if not source.reading.has_room:
            source.leave_out(place, "and what follows are more than there is room for")
            return
        try:
            yield _weighed(source.inner(place, item), read)
        except Unreadable as unreadable:
            source.leave_out(place, f"can't be told apart: {unreadable}", item)


def _weighed(source: Source, read: Callable[[Source], T]) -> T:
    size, documents = source.reading.size, source.reading.document_bytes
    found = read(source)
    source.reading.weigh(found, size, documents)
    return found


def _given(source: Source, name: str, value: T | None) -> T:
    if value is None:
        raise Unreadable(f"{source.at(name)} is missing")
    return value
