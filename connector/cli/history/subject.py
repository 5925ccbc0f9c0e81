"""What a history is of, and whether a record is about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from connector.cli.shared.record_fields import has_field
from connector.kafka import topics

_EVENTS = (topics.ORDERS.name, topics.CANCELLATIONS.name, topics.RETURNS.name)
_OURS = (topics.API_CALLS.name, topics.INTERNAL_COMMANDS.name, topics.DEAD_LETTERS.name, topics.ALERTS.name)


class SubjectKind(StrEnum):
    SHIPMENT = "shipment"
    SKU = "sku"
    COMMAND = "command"
    RETURN = "return"


TOPICS_OF: Mapping[SubjectKind, tuple[str, ...]] = {
    SubjectKind.SHIPMENT: (
        topics.NOTIFICATIONS.name,
        topics.ORDER_COMMANDS.name,
        topics.COMMAND_RESULTS.name,
        *_EVENTS,
        *_OURS,
    ),
    SubjectKind.SKU: (topics.INVENTORY.name, topics.INVENTORY_RESULTS.name, *_EVENTS, *_OURS),
    SubjectKind.COMMAND: (topics.ORDER_COMMANDS.name, topics.COMMAND_RESULTS.name, *_OURS),
    SubjectKind.RETURN: (topics.ORDER_COMMANDS.name, topics.COMMAND_RESULTS.name, topics.RETURNS.name, *_OURS),
}
"""Where something may be said of it."""

_FIELDS: Mapping[SubjectKind, frozenset[str]] = {
    SubjectKind.SHIPMENT: frozenset(
        {
            *("shipment_id", "shipment_ids", "original_shipment_id", "replacement_shipment_id"),
            *("replacement_shipment_ids", "target", "object_id", "subject"),
        }
    ),
    SubjectKind.SKU: frozenset({"sku", "skus", "client_sku", "channel_sku", "subject"}),
    SubjectKind.COMMAND: frozenset({"command_id", "commands"}),
    SubjectKind.RETURN: frozenset({"return_id", "target", "object_id", "subject"}),
}
"""The fields that name it, in a record or in the JSON that a call has within its own."""

_COMMAND = frozenset({"command_id"})
_JSON_FIELDS = ("step", "asked", "answer")


@dataclass(frozen=True, slots=True)
class Subject:
    """`ids`: all of its names; a SKU has the OMS's and Amazon's. `commands`: of those that were for it among others,
    so that their results do not name it."""

    kind: SubjectKind
    ids: frozenset[str]
    commands: frozenset[str] = frozenset()

    @property
    def needles(self) -> tuple[bytes, ...]:
        """A record that is about it holds one of these bytes: Avro and JSON write an id as it is, but for what JSON
        escapes."""
        named = sorted(self.ids | self.commands)
        in_json = (msgspec.json.encode(one)[1:-1] for one in named)
        return tuple(dict.fromkeys([*(one.encode() for one in named), *in_json]))

    def may_be_named_in(self, value: bytes | None) -> bool:
        return value is not None and any(needle in value for needle in self.needles)

    def is_named_in(self, record: Any) -> bool:
        """`record`: decoded, JSON within it too."""
        return has_field(record, _FIELDS[self.kind], self.ids) or has_field(record, _COMMAND, self.commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A record that may be about a subject. `written_ms`: Kafka's time of it. `letter`: of a dead letter, what the
    record in it says, None where nobody can read that."""

    topic: str
    partition: int
    offset: int
    written_ms: int
    record: Mapping[str, Any]
    letter: Mapping[str, Any] | None = None

    @property
    def source(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    def is_about(self, subject: Subject) -> bool:
        if self.topic == topics.DEAD_LETTERS.name:
            if self.letter is None:
                return subject.may_be_named_in(self.record["value"])
            return subject.is_named_in(self.letter)
        if self.topic == topics.API_CALLS.name and subject.kind is not SubjectKind.SKU:  # orders name SKUs all the time
            return subject.is_named_in(opened(self.record))
        return subject.is_named_in(self.record)


def row_of(kind: SubjectKind, key: str) -> tuple[str, str]:
    """(merchant, what it is of), by the key of a row of the table that has such a row."""
    parts = key.split("|", 2 if kind is SubjectKind.SKU else 1)
    return parts[0], parts[-1]


def opened(call: Mapping[str, Any]) -> dict[str, Any]:
    """A record of connector.api-calls with the JSON in it read; what is none stays text."""
    told = {name: _opened(content) if name in _JSON_FIELDS else content for name, content in call.items()}
    match told.get("asked"):
        case {"commands": list(keys)}:  # of rows: a command that reads a return has one of its own
            told["asked"] = {"commands": [str(key).partition("||")[2] for key in keys]}
    return told


def _opened(content: Any) -> Any:
    try:
        return msgspec.json.decode(content or "null")
    except msgspec.MsgspecError:
        return content
