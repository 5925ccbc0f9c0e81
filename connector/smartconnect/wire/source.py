"""What Amazon's JSON is read from: it knows where in it is read, and keeps what could not be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connector.domain.unread import UnreadFact

MOST_BYTES = 400_000  # of one object in our JSON, which must fit into records of 900 kB: side facts beyond are left out
MOST_UNREAD = 100  # facts noted of one object
RAW_CHARACTERS = 2_000  # kept of a fact that can't be read
MOST_RAW_CHARACTERS = 20_000  # of all such facts of one object


class Unreadable(ValueError):
    """The message names the field and never its value (G10)."""


@dataclass(slots=True)
class Reading:
    """Of one object: what of it could not be read, and how many bytes of our JSON the rest makes.

    `document_bytes`: of its documents, in base64; they go to the document store and are not counted in `size`.
    `is_strict`: nothing is left out, what can't be read is fatal.
    """

    is_strict: bool = False
    unread: list[UnreadFact] = field(default_factory=list)
    size: int = 0
    document_bytes: int = 0
    _raw_size: int = 0

    @property
    def has_room(self) -> bool:
        return self.size < MOST_BYTES

    def note(self, path: str, why: str, value: object) -> None:
        """Raises Unreadable where nothing is left out."""
        if self.is_strict:
            raise Unreadable(f"{path} {why}")
        if len(self.unread) > MOST_UNREAD:
            return
        if len(self.unread) == MOST_UNREAD:
            path, why, value = "...", f"and others: more than {MOST_UNREAD} facts can't be read", None
        raw = raw_json(value)[: min(RAW_CHARACTERS, MOST_RAW_CHARACTERS - self._raw_size)]
        self._raw_size += len(raw)
        self.unread.append(UnreadFact(path, why, raw))

    def weigh(self, value: object, size_before: int, documents_before: int) -> None:
        """`value` was read since then: whatever was counted of its parts, it is as large as it is."""
        self.size = size_before + bytes_of(value) - (self.document_bytes - documents_before)


@dataclass(frozen=True, slots=True)
class Source:
    """An object of Amazon's JSON, at its path within the one that is read; all within share the `reading`."""

    values: Mapping[str, Any] = field(repr=False)
    path: str = ""
    reading: Reading = field(default_factory=Reading)

    @property
    def unread(self) -> tuple[UnreadFact, ...]:
        """Of the whole object that this belongs to, so far."""
        return tuple(self.reading.unread)

    def strict(self) -> "Source":
        """The same, of which what is there and can't be read is fatal."""
        return Source(self.values, self.path, Reading(is_strict=True))

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def inner(self, name: str, values: Mapping[str, Any]) -> "Source":
        return Source(values, self.at(name), self.reading)

    def leave_out(self, name: str, why: str, value: object = None) -> None:
        """`value`: of what is at `name`, as it came. Raises Unreadable where nothing is left out."""
        self.reading.note(self.at(name), why, value)


def bytes_of(value: object) -> int:
    """In bytes of JSON, as rows and answers are kept."""
    return len(msgspec.json.encode(value))


def raw_json(value: object) -> str:
    """Empty for None, and for what nests too deeply."""
    try:
        raw = "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:  # nested as deeply as it could just be read
        return ""
    return raw if raw.isascii() else raw.encode(errors="replace").decode()
