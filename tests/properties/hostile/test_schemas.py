"""Whatever a registry says a writer's schema is, and whatever bytes follow: a record of ours or BadRecord, soon.

A schema is vetted before it is used: nothing of it can end the process.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.kafka.avro.codec import BadRecord
from connector.kafka.avro.registry import RegisteredSchema
from connector.kafka.avro.schemas import SCHEMAS_DIR, text_of
from connector.kafka.avro.topic_codec import Incompatible, TopicCodec
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS
from tests.kit.hostile import outcome_of, spoilt_json, thrown

OURS = {topic.name: json.loads(text_of(topic.schema)) for topic in (INVENTORY, ORDER_COMMANDS)}
CODECS = {topic.name: TopicCodec(topic, SCHEMAS_DIR) for topic in (INVENTORY, ORDER_COMMANDS)}
LARGEST = 900_000


def nested(levels: int, kind: Any, wrap: Any) -> Any:
    for level in range(levels):
        kind = wrap(level, kind)
    return kind


def array(_: int, items: Any) -> Any:
    return {"type": "array", "items": items}


def record(level: int, kind: Any) -> Any:
    return {"type": "record", "name": f"R{level}", "fields": [{"name": "f", "type": kind}]}


def itself(kind: Any) -> Any:
    return {"type": "record", "name": "R", "fields": [{"name": "f", "type": kind}]}


def array_of(kind: Any) -> Any:
    return {"type": "array", "items": kind}


SKIPPED = {
    "array of null": array_of("null"),
    "array of an empty record": array_of({"type": "record", "name": "E", "fields": []}),
    "array of records in records": array_of(nested(58, "boolean", record)),
    "array of arrays": array_of(array_of("int")),
    "map of null": {"type": "map", "values": "null"},
    "60 arrays": nested(60, "int", array),
    "60 records": nested(60, "int", record),
    "itself": itself("R"),
    "a list of itself": itself(["null", "R"]),
    "itself within 50 arrays": itself(nested(50, "R", array)),
    "itself within 25 arrays of unions": itself(nested(25, "R", lambda _, kind: ["null", array_of(kind)])),
    "9,000 branches": [{"type": "record", "name": f"B{number}", "fields": []} for number in range(9_000)],
    "2 ways at each of 50 levels": nested(50, "int", lambda _, kind: array_of(["null", kind])),
    "fixed without end": {"type": "fixed", "name": "F", "size": 10**4_000},
}
FIXED = '{"type": "fixed", "name": "f", "size": %s}'
LENGTHS = {"zeros": b"\0" * LARGEST, "twos": b"\2" * LARGEST, "ones": b"\1" * LARGEST, "many": b"\xfe\xff\xff\x7f" * 9}
LENGTHS |= {"800,000": b"\x80\xd4\x61" + b"\0" * LARGEST, "negative": b"\xff\xd3\x61\0" + b"\0" * LARGEST}


def read(topic: str, text: str, data: bytes) -> Any:
    codec = CODECS[topic]
    reader = codec.reader_of(RegisteredSchema((text,)))
    if isinstance(reader, Incompatible):
        raise BadRecord("INCOMPATIBLE_SCHEMA", reader.told)
    return codec.read(reader, data, 0)


@pytest.mark.parametrize("data", LENGTHS)
@pytest.mark.parametrize("kind", SKIPPED)
def test_a_field_that_is_not_ours(kind: str, data: str) -> None:
    schema = json.loads(json.dumps(OURS[INVENTORY.name]))
    schema["fields"].insert(0, {"name": "not_ours", "type": SKIPPED[kind]})
    found = outcome_of(lambda: read(INVENTORY.name, json.dumps(schema), LENGTHS[data]), BadRecord)
    assert isinstance(found, BadRecord)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "[" * LARGEST,
            '{"type":' * 100_000,
            '{"type":' * 900 + '"int"' + "}" * 900,
            "9" * LARGEST,
            "1E+999999999",
        ),
        *(
            '{"type": "fixed", "name": "f", "size": ' + "9" * 5_000 + "}",
            '{"type": "fixed", "name": "f", "size": 1e999}',
        ),
        *(json.dumps("a" * LARGEST), json.dumps(["null"] * 100_000), json.dumps(nested(5_000 // 100, "int", array))),
        json.dumps({"type": "record", "name": "a" * LARGEST, "fields": []}),
        json.dumps({"type": "record", "name": "a." * (LARGEST // 2), "fields": []}),
        json.dumps({"type": "enum", "name": "E", "symbols": ["a"] * 100_000, "default": {}}),
    ],
    ids=lambda text: text[:20],
)
def test_a_schema_that_is_none_of_ours(text: str) -> None:
    assert isinstance(outcome_of(lambda: read(INVENTORY.name, text, b""), BadRecord), BadRecord)


@given(st.sampled_from(sorted(OURS)), st.data(), st.binary(max_size=300))
@thrown
def test_a_schema_that_was_ours(topic: str, data: st.DataObject, value: bytes) -> None:
    text = data.draw(spoilt_json(OURS[topic])).decode(errors="replace")
    outcome_of(lambda: read(topic, text, value), BadRecord)


@given(st.sampled_from(sorted(OURS)), st.lists(st.sampled_from([b"\0", b"\2", b"\4", b"\x80", b"\xff", b"a"])))
@thrown
def test_bytes_of_our_own_schema(topic: str, data: list[bytes]) -> None:
    codec = CODECS[topic]
    outcome_of(lambda: codec.read(codec.own, b"".join(data) * 20, 0), BadRecord)
