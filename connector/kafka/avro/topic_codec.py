"""The values of one topic: written with our schema, read as our schema whoever wrote them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from connector.kafka.avro import types as avro
from connector.kafka.avro.decoder.binary import Cursor, Read, Undecodable
from connector.kafka.avro.decoder.flat import FlatRecord
from connector.kafka.avro.decoder.resolution import resolve
from connector.kafka.avro.decoder.scalars import Mismatch, OutOfRange
from connector.kafka.avro.encoder.compounds import WrittenArray
from connector.kafka.avro.encoder.encoder import writer_of
from connector.kafka.avro.encoder.scalars import WriteValue
from connector.kafka.avro.parsing import UnusableSchema, parse_type
from connector.kafka.avro.registry import RegisteredSchema
from connector.kafka.avro.schemas import released, single_object_header, text_of
from connector.kafka.topics import Topic

MAX_FAULT_TEXT = 2_000


Reason = Literal[
    "INCOMPATIBLE_SCHEMA",
    "INVALID",
    "UNDECODABLE",
    "UNEXPECTED",
    "UNKNOWN_LOCATION",
    "UNKNOWN_MERCHANT",
    "UNKNOWN_SCHEMA",
    "UNKNOWN_TYPE",
    "UNREADABLE",
    "UNREADABLE_FACT",
    "WRONG_KEY",
]
"""Why a record is a dead letter."""


class BadRecord(Exception):
    """A value that can't be used. `message` names the fault and the remedy, never the data."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason: Reason = reason
        self.message = message if len(message) <= MAX_FAULT_TEXT else f"{message[:MAX_FAULT_TEXT]}..."
        super().__init__(f"{reason}: {self.message}")


@dataclass(frozen=True, slots=True)
class Incompatible:
    """Why nothing written with a schema can be read."""

    told: str


Reader: TypeAlias = Read | Incompatible


class TopicCodec:
    """`header`: what values are written under; b"" until the registry gave its id. `readers`: by header."""

    def __init__(self, topic: Topic, schemas_dir: Path) -> None:
        self.topic = topic
        self.text = text_of(topic.schema, schemas_dir)
        self._ours = parse_type([self.text])
        self._write = writer_of(self._ours)
        self._array_writers: dict[tuple[str, ...], WriteValue] = {}
        older = [text for text in reversed(released(topic.schema, schemas_dir)) if text != self.text]
        headers = [*map(single_object_header, (self.text, *older))]
        self._versions = [resolve(written, self._ours) for written in (self._ours, *(parse_type([t]) for t in older))]
        self.header, self.own = headers[0], self._versions[0]
        self.readers: dict[bytes, Reader] = dict(zip(headers, self._versions, strict=True))

    def encode(self, record: Mapping[str, Any]) -> bytes:
        """Text that UTF-8 has not (half of a surrogate pair) is written as its escape sequence."""
        try:
            return self._encode(record)
        except UnicodeEncodeError:
            return self._encode(_encodable(record))

    def _encode(self, record: Mapping[str, Any]) -> bytes:
        out = bytearray(self.header)
        self._write(out, record)
        return bytes(out)

    def write_array(self, path: tuple[str, ...], items: Sequence[Any]) -> WrittenArray:
        """As `encode` would write it where the record has it."""
        write = self._array_writers.get(path)
        if write is None:
            write = self._array_writers[path] = _array_writer(self._ours, *path)
        out = bytearray()
        try:
            write(out, {path[-1]: items})
        except UnicodeEncodeError:
            out.clear()
            write(out, {path[-1]: _encodable(items)})
        return WrittenArray(out)

    def reader_of(self, written: RegisteredSchema) -> Reader:
        try:
            if written.kind != "AVRO":
                raise UnusableSchema(f"it is no Avro schema but {written.kind}")
            return resolve(parse_type(written.texts), self._ours)
        except (UnusableSchema, Mismatch) as fault:
            return Incompatible(str(fault))

    def read(self, read: Read, data: bytes, at: int) -> dict[str, Any]:
        """Raises BadRecord, whatever the bytes are."""
        if isinstance(read, FlatRecord) and (flat := read.at_once(data, at)) is not None:
            return flat
        cursor = Cursor(data, at)
        try:
            record = read(cursor)
            if cursor.at != cursor.end:  # asked here, for nearly all end as they should
                cursor.finish()
        except Undecodable as fault:
            message = f"the value does not fit its schema for {self.topic.name}: {fault}"
            raise BadRecord("UNDECODABLE", message) from None
        except IndexError:
            raise BadRecord("UNDECODABLE", f"the value is cut off within the {self.topic.name}") from None
        except Mismatch as fault:
            raise BadRecord("INCOMPATIBLE_SCHEMA", str(fault)) from None
        except OutOfRange as fault:
            raise BadRecord("INVALID", str(fault)) from None
        return record  # type: ignore[no-any-return]  # our schemas are all records

    def read_as_ours(self, data: bytes, at: int) -> dict[str, Any] | None:
        """By whichever of our released versions fits to the last byte, the newest first."""
        for version in self._versions:
            try:
                return self.read(version, data, at)
            except BadRecord:
                continue
        return None


def _array_writer(schema: avro.AvroType, name: str, *within: str) -> WriteValue:
    """Of a record that has nothing but this field of the schema's, which is written as the field alone is."""
    if not isinstance(schema, avro.RecordType):
        raise NotImplementedError(f"{name} is looked for in a {avro.told(schema)}")
    field = next(each for each in schema.fields if each.name == name)
    return _array_writer(field.type, *within) if within else writer_of(replace(schema, fields=(field,)))


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case Mapping():
            return {name: _encodable(inner) for name, inner in value.items()}
        case list():
            return [_encodable(inner) for inner in value]
        case tuple():
            return tuple(_encodable(inner) for inner in value)
        case _:
            return value
