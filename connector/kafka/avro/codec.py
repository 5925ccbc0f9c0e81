"""Avro on the topics: the Confluent wire format with a registry, single-object encoding without; both are read."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from fastavro import schemaless_reader, schemaless_writer

from connector.kafka.avro.schemas import (
    SCHEMAS_DIR,
    SINGLE_OBJECT_MARKER,
    Parsed,
    UnusableSchema,
    parse,
    released,
    text_of,
)
from connector.kafka.topics import TOPICS

CONFLUENT_HEADER = 5  # magic byte 0, then the schema id, 4 bytes big-endian
SINGLE_OBJECT_HEADER = 10  # the marker, then the CRC-64-AVRO fingerprint, 8 bytes little-endian
UNKNOWN_FOR_S = 30.0

NO_CONFLUENT_ID = (
    "the value is in Confluent's format but no registry is configured: set CONNECTOR_SCHEMA_REGISTRY__URL, "
    "or write Avro single-object encoding"
)


class Registry(Protocol):
    async def fetch(self, schema_id: int) -> list[str] | None: ...

    async def id_of(self, subject: str, schema: str) -> int: ...


class BadRecord(Exception):
    """A value that can't be used. `message` names the fault and the remedy, never the data."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


@dataclass(slots=True)
class _TopicCodec:
    """`writers`: header of a value -> the schema it was written with, or why it can't be read."""

    name: str
    schema: Parsed
    text: str
    header: bytes
    writers: dict[bytes, Any] = field(default_factory=dict)
    unknown_until: dict[bytes, float] = field(default_factory=dict)


class AvroCodec:
    """Encodes and decodes the values of the design's topics.

    Times are epoch milliseconds (int), decimals Decimal, a union of records a pair (full record name, fields).
    With a registry, `start` once before `encode`, and `prepare` each batch before `decode`.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        schemas_dir: Path = SCHEMAS_DIR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._topics = {topic.name: _load(topic.name, topic.schema, schemas_dir) for topic in TOPICS}
        if registry is not None:
            for codec in self._topics.values():
                codec.header = b""

    async def start(self) -> None:
        """Learn the ids to write with. Raises RegistryUnavailable, or RegistryRefused for a schema it won't take."""
        if self._registry is not None:
            await asyncio.gather(*(self._learn_id(self._registry, codec) for codec in self._topics.values()))

    def encode(self, topic: str, record: Mapping[str, Any]) -> bytes:
        """Fields with defaults may be left out. Raises ValueError where the record does not fit: our own mistake."""
        codec = self._topics[topic]
        if not codec.header:
            raise RuntimeError("AvroCodec.start() has not run: with a registry the ids to write with come from there")
        out = BytesIO()
        out.write(codec.header)
        schemaless_writer(out, codec.schema.schema, record, strict_allow_default=True)
        return out.getvalue()

    def decode(self, topic: str, data: bytes | None) -> dict[str, Any]:
        """The record in the fields of our own schema. Raises BadRecord; KeyError for a topic that is not ours."""
        codec = self._topics[topic]
        header = _header(data)
        writer = codec.writers.get(header)
        if data is None or writer is None or isinstance(writer, UnusableSchema):
            raise self._unreadable(codec, header, writer)
        stream = BytesIO(data)
        stream.seek(len(header))
        try:
            record = schemaless_reader(
                stream,
                writer,
                None if writer is codec.schema.schema else codec.schema.schema,
                return_record_name=True,
                return_record_name_override=True,
            )
        except Exception as error:  # noqa: BLE001 - broken bytes make fastavro raise nearly anything, MemoryError too
            raise BadRecord(
                "UNDECODABLE", f"the value does not fit its schema for {codec.name} ({type(error).__name__})"
            ) from None
        if stream.tell() != len(data):
            raise BadRecord("UNDECODABLE", f"{len(data) - stream.tell()} bytes are left over after the {codec.name}")
        return record  # type: ignore[no-any-return]  # fastavro ships no types; our schemas are all records

    async def prepare(self, topic: str, datas: Sequence[bytes | None]) -> None:
        """Fetch the registry's schemas that these values need. Raises RegistryUnavailable: then try again later."""
        if self._registry is None:
            return
        codec, now = self._topics[topic], self._clock()
        headers = {data[:CONFLUENT_HEADER] for data in datas if data and data[0] == 0}
        for header in headers - codec.writers.keys():
            if len(header) == CONFLUENT_HEADER and codec.unknown_until.get(header, now) <= now:
                await self._learn_writer(self._registry, codec, header)

    async def _learn_writer(self, registry: Registry, codec: _TopicCodec, header: bytes) -> None:
        texts = await registry.fetch(int.from_bytes(header[1:]))
        if texts is None:
            codec.unknown_until[header] = self._clock() + UNKNOWN_FOR_S
            return
        codec.writers[header] = _writer(codec.schema, texts)

    async def _learn_id(self, registry: Registry, codec: _TopicCodec) -> None:
        schema_id = await registry.id_of(f"{codec.name}-value", codec.text)
        codec.header = b"\x00" + schema_id.to_bytes(4)
        codec.writers[codec.header] = codec.schema.schema

    def _unreadable(self, codec: _TopicCodec, header: bytes, writer: UnusableSchema | None) -> BadRecord:
        if writer is not None:
            return BadRecord("INCOMPATIBLE_SCHEMA", f"the schema the value was written with: {writer}")
        if header[:1] != b"\x00":
            return BadRecord(
                "UNKNOWN_SCHEMA",
                f"no version of the {codec.name} schema here has the fingerprint {header[2:].hex()}: "
                "use a schema of schemas/, or a registry",
            )
        if self._registry is None:
            return BadRecord("UNKNOWN_SCHEMA", NO_CONFLUENT_ID)
        if header not in codec.unknown_until:
            raise RuntimeError("AvroCodec.prepare() has not seen this value")
        return BadRecord(
            "UNKNOWN_SCHEMA", f"the registry has no schema {int.from_bytes(header[1:])}: register the producer's schema"
        )


def _load(topic: str, schema: str, schemas_dir: Path) -> _TopicCodec:
    text = text_of(schema, schemas_dir)
    parsed = parse([text])
    codec = _TopicCodec(topic, parsed, text, parsed.single_object_header)
    for version in released(schema, schemas_dir):
        codec.writers[parse([version]).single_object_header] = _writer(parsed, [version])
    codec.writers[parsed.single_object_header] = parsed.schema
    return codec


def _writer(reader: Parsed, texts: list[str]) -> Any:
    """The schema to read with: our own where the bytes are the same, because only ours surely has our logical types."""
    try:
        writer = parse(texts)
    except UnusableSchema as unusable:
        return unusable
    return reader.schema if writer.canonical == reader.canonical else writer.schema


def _header(data: bytes | None) -> bytes:
    if not data:
        raise BadRecord("UNDECODABLE", "the record has no value")
    length = CONFLUENT_HEADER if data[0] == 0 else SINGLE_OBJECT_HEADER
    if data[0] != 0 and data[:2] != SINGLE_OBJECT_MARKER:
        raise BadRecord(
            "UNDECODABLE", "the value is neither Confluent's format (first byte 0) nor Avro single-object (C3 01)"
        )
    if len(data) < length:
        raise BadRecord("UNDECODABLE", "the value is cut off within its header")
    return data[:length]
