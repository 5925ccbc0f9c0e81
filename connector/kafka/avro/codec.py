"""Avro on the topics: the Confluent wire format with a registry, single-object encoding without; both are read.

The connector's internal topics are always in single-object encoding: what it told itself is read without a registry.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connector.kafka.avro.encoder.compounds import WrittenArray
from connector.kafka.avro.schemas import SCHEMAS_DIR, SINGLE_OBJECT_MARKER
from connector.kafka.avro.topic_codec import BadRecord, Incompatible, Reader, TopicCodec
from connector.kafka.avro.writers import Patience, Registry, WriterSchemas
from connector.kafka.topics import TOPICS

__all__ = ["AvroCodec", "BadRecord", "Registry"]

CONFLUENT_HEADER = 5  # magic byte 0, then the schema id, 4 bytes big-endian
SINGLE_OBJECT_HEADER = 10  # the marker, then the CRC-64-AVRO fingerprint, 8 bytes little-endian

NO_CONFLUENT_ID = (
    "the value is in Confluent's format but no registry is configured: set CONNECTOR_SCHEMA_REGISTRY__URL, "
    "or write Avro single-object encoding"
)


class AvroCodec:
    """Encodes and decodes the values of the design's topics.

    Times are epoch milliseconds (int), decimals Decimal, a union of records a pair (full record name, fields).
    With a registry, `start` once before `encode`; and `decode` a value only when `waits_for` gives nothing for it.
    """

    def __init__(
        self, registry: Registry | None = None, schemas_dir: Path = SCHEMAS_DIR, patience: Patience | None = None
    ) -> None:
        self._registry = registry
        self._writers = None if registry is None else WriterSchemas(registry, patience or Patience())
        self._topics = {topic.name: TopicCodec(topic, schemas_dir) for topic in TOPICS}
        self._registered = [each for each in self._topics.values() if registry is not None and not each.topic.internal]
        for codec in self._registered:
            codec.header = b""

    async def start(self) -> None:
        """Learn the ids to write with. Raises RegistryUnavailable, or RegistryRefused for a schema it won't take."""
        if self._registry is not None:
            await asyncio.gather(*(self._learn_id(self._registry, codec) for codec in self._registered))

    async def aclose(self) -> None:
        if self._registry is not None:
            await self._registry.aclose()

    def encode(self, topic: str, record: Mapping[str, Any]) -> bytes:
        """Fields as the topic's schema has them, or those of the domain (see `told`); what is left out or None is its
        default. Raises ValueError where the record does not fit: our own mistake."""
        codec = self._topics[topic]
        if not codec.header:
            raise RuntimeError("AvroCodec.start() has not run: with a registry the ids to write with come from there")
        return codec.encode(record)

    def write_array(self, topic: str, path: tuple[str, ...], items: Sequence[Any]) -> WrittenArray:
        """What `encode` takes in place of these items: for an array that several records have. `path`: names of fields,
        one within the other. Raises ValueError where the items do not fit."""
        return self._topics[topic].write_array(path, items)

    def decode(self, topic: str, data: bytes | None) -> dict[str, Any]:
        """The record in the fields and types of our own schema. Raises BadRecord, whatever the bytes are; KeyError for
        a topic that is not ours."""
        codec = self._topics[topic]
        header, data = _header(data), data or b""
        reader = codec.readers.get(header)
        if reader is None or isinstance(reader, Incompatible):
            if (ours := _as_ours(codec, header, data)) is not None:
                return ours
            reader = reader or self._reader(codec, header)
        if isinstance(reader, Incompatible):
            schema_id = int.from_bytes(header[1:])
            raise BadRecord("INCOMPATIBLE_SCHEMA", f"schema {schema_id} of the registry: {reader.told}")
        return codec.read(reader, data, len(header))

    def is_known(self, topic: str, data: bytes | None) -> bool:
        """No question to the registry is needed for this value."""
        return data is None or data[:1] != b"\x00" or self._unknown_id(topic, data) is None

    def waits_for(self, topic: str, data: bytes | None) -> "asyncio.Future[None] | None":
        """What ends when the schema of this value is known, or given up; None: it can be decoded now."""
        schema_id = self._unknown_id(topic, data)
        return None if schema_id is None or self._writers is None else self._writers.waits_for(schema_id)

    async def learn(self, topic: str, datas: Iterable[bytes | None]) -> None:
        """Waits until all of them can be decoded: for ever, where the registry is away."""
        waits = {wait for data in datas if (wait := self.waits_for(topic, data)) is not None}
        if waits:
            await asyncio.wait(waits)

    async def prepare(self, topic: str, datas: Iterable[bytes | None]) -> None:
        """For those who can't wait: asks once for each schema that these values need. Raises RegistryUnavailable."""
        for schema_id in {self._unknown_id(topic, data) for data in datas}:
            if schema_id is not None and self._writers is not None:
                await self._writers.ask_once(schema_id)

    async def _learn_id(self, registry: Registry, codec: TopicCodec) -> None:
        schema_id = await registry.id_of(f"{codec.topic.name}-value", codec.text)
        codec.header = b"\x00" + schema_id.to_bytes(4)
        codec.readers[codec.header] = codec.own
        if self._writers is not None:
            self._writers.witness = schema_id

    def _unknown_id(self, topic: str, data: bytes | None) -> int | None:
        """The registry's id that the value names and nothing is known of."""
        codec, header = self._topics[topic], (data or b"")[:CONFLUENT_HEADER]
        if header[:1] != b"\x00" or len(header) < CONFLUENT_HEADER or header in codec.readers:
            return None
        return None if _as_ours(codec, header, data or b"") is not None else int.from_bytes(header[1:])

    def _reader(self, codec: TopicCodec, header: bytes) -> Reader:
        """Of a header that was not met before."""
        if header[0] != 0:
            raise BadRecord(
                "UNKNOWN_SCHEMA",
                f"no version of the {codec.topic.name} schema here has the fingerprint {header[2:].hex()}: "
                "use a schema of schemas/, or a registry",
            )
        if self._writers is None:
            raise BadRecord("UNKNOWN_SCHEMA", NO_CONFLUENT_ID)
        schema_id = int.from_bytes(header[1:])
        if (known := self._writers.known(schema_id)) is not None:
            codec.readers[header] = codec.reader_of(known)
            return codec.readers[header]
        if (told := self._writers.given_up(schema_id)) is None:
            raise RuntimeError("nobody waited for the schema of this value: see AvroCodec.waits_for()")
        raise BadRecord(
            "UNKNOWN_SCHEMA",
            f"the registry was asked for schema {schema_id} and answered {told}: register the producer's schema, or "
            "correct what answers in the registry's place, then retry",
        )


def _as_ours(codec: TopicCodec, header: bytes, data: bytes) -> dict[str, Any] | None:
    """In Confluent's format, on a topic that only the connector writes: written before internal topics were in
    single-object encoding, so of a version of ours, whatever the registry says of its id today."""
    if codec.topic.written_by != "connector" or header[0] != 0:
        return None
    return codec.read_as_ours(data, len(header))


def _header(data: bytes | None) -> bytes:
    if data is not None and data[:2] == SINGLE_OBJECT_MARKER and len(data) >= SINGLE_OBJECT_HEADER:
        return data[:SINGLE_OBJECT_HEADER]
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
