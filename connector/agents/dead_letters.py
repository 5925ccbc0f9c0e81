"""A record that could not be used, as it is kept on connector.dead-letters: whole where it fits, cut where not.

Whatever the record is, this must not fail: there is nowhere else to put it.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import MAX_RECORD_BYTES

if TYPE_CHECKING:  # the engine hands these over; nothing here needs the engine to be there
    from connector.kafka.engine.fetch.records import KafkaRecord

Header: TypeAlias = tuple[str, bytes | None]

FIRST_PARTITION = "connector-first-partition"
FIRST_OFFSET = "connector-first-offset"

ROOM_BYTES = 20_000  # what a dead letter says beside the record itself, lengths of its parts included
KEPT_BYTES = 100_000  # of a value that is cut
KEPT_HEADERS = 100
KEPT_SMALL_BYTES = 1_000  # of a key, and of a header's name or value

_NUMBER = re.compile(rb"[0-9]{1,18}")


def size_of(record: "KafkaRecord") -> int:
    """Bytes of its key, value and headers."""
    size = len(record.key or b"") + len(record.value or b"")
    for name, value in record.headers:  # most have none
        size += len(name.encode()) + len(value or b"")
    return size


def letter_of(record: "KafkaRecord", bad: BadRecord, partitions: int, now_ms: int) -> dict[str, Any]:
    """A record of connector.dead-letters. What is cut is said in its message; of a value, also in two fields."""
    key, value, headers = record.key, record.value, record.headers
    first_partition, first_offset = first_place(headers, partitions) or (None, None)
    letter = {
        "merchant_id": "" if key is None else key[:KEPT_SMALL_BYTES].decode(errors="replace"),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": key,
        "value": value,
        "headers": [{"name": name, "value": content} for name, content in headers],
        "reason": bad.reason,
        "message": bad.message,
        "failed_at": now_ms,
        "first_partition": first_partition,
        "first_offset": first_offset,
    }
    size = size_of(record) + len(key or b"") + 10 * len(headers)  # the key is the dead letter's own as well
    return letter | _cut(key, value, headers, bad.message) if size > MAX_RECORD_BYTES - ROOM_BYTES else letter


def first_place(headers: Sequence[Header], partitions: int) -> tuple[int, int] | None:
    """Partition and offset where a record lay before it was sent on to its home, as the sender wrote them; None where
    headers of these names are somebody else's."""
    named = dict(headers)
    partition, offset = (_number(named.get(name)) for name in (FIRST_PARTITION, FIRST_OFFSET))
    if partition is None or offset is None or partition >= partitions:
        return None
    return partition, offset


def _cut(key: bytes | None, value: bytes | None, headers: Sequence[Header], message: str) -> dict[str, Any]:
    letter: dict[str, Any] = {}
    told = []
    if value is not None and len(value) > KEPT_BYTES:
        digest = hashlib.sha256(value).hexdigest()
        told.append(f"value of {len(value)} bytes, sha256 {digest}")
        letter |= {"value": value[:KEPT_BYTES], "value_length": len(value), "value_sha256": digest}
    if key is not None and len(key) > KEPT_SMALL_BYTES:
        told.append(f"key of {len(key)} bytes, sha256 {hashlib.sha256(key).hexdigest()}")
        letter["key"] = key[:KEPT_SMALL_BYTES]
    kept = [{"name": _cut_name(name), "value": content and content[:KEPT_SMALL_BYTES]} for name, content in headers]
    if kept[:KEPT_HEADERS] != [{"name": name, "value": content} for name, content in headers]:
        told.append(f"{len(headers)} headers")
        letter["headers"] = kept[:KEPT_HEADERS]
    letter["message"] = f"{message}; cut here, whole at its topic, partition and offset: {', '.join(told)}"
    return letter


def _cut_name(name: str) -> str:
    return name.encode()[:KEPT_SMALL_BYTES].decode(errors="replace")


def _number(content: bytes | None) -> int | None:
    return int(content) if content is not None and _NUMBER.fullmatch(content) else None
