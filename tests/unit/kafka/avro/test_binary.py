"""Bytes are read strictly, and whatever they and their schema are, in bounded time and memory."""

import json
import time
import tracemalloc
from typing import Any

import pytest

from connector.kafka.avro.decoder.binary import MAX_ITEMS, Cursor, Undecodable
from connector.kafka.avro.decoder.resolution import resolve
from connector.kafka.avro.parsing import MAX_SCHEMA_DEPTH, UnusableSchema, parse_type
from tests.kit.kafka.avro.writers import number

OURS = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int", "default": 0}]}
NULLS = {"type": "array", "items": "null"}
LIST = {"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}


def with_extra(kind: Any) -> Any:
    """A writer's record with a field that we don't ask for before ours."""
    return {"type": "record", "name": "R", "fields": [{"name": "extra", "type": kind}, {"name": "x", "type": "int"}]}


def read(writer: Any, data: bytes, reader: Any = OURS) -> Any:
    cursor = Cursor(data, 0)
    value = resolve(parse_type([json.dumps(writer)]), parse_type([json.dumps(reader)]))(cursor)
    cursor.finish()
    return value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("00", 0),
        ("01", -1),
        ("feffffff0f", 2**31 - 1),
        ("feffffffffffffffff01", 2**63 - 1),
        ("ffffffffffffffffff01", -(2**63)),
        ("8000", 0),  # longer than need be, as some writers pad
    ],
)
def test_numbers(data: str, value: int) -> None:
    assert Cursor(bytes.fromhex(data), 0).read_long() == value


@pytest.mark.parametrize("data", ["80808080808080808002", "ffffffffffffffffff7f", "80" * 10 + "00", "ff" * 100 + "00"])
def test_a_number_that_overflows_is_never_another_one(data: str) -> None:
    with pytest.raises(Undecodable, match="64 bits"):
        Cursor(bytes.fromhex(data), 0).read_long()


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63 - 1])
def test_an_int_has_32_bits(value: int) -> None:
    with pytest.raises(Undecodable, match="32 bits"):
        Cursor(number(value), 0).read_int()


def test_a_boolean_is_0_or_1() -> None:
    assert [Cursor(bytes([each]), 0).read_boolean() for each in (0, 1)] == [False, True]
    with pytest.raises(Undecodable):
        Cursor(b"\x02", 0).read_boolean()


@pytest.mark.parametrize("length", [-1, 1, 2**62])
def test_a_length_beyond_what_is_there(length: int) -> None:
    for method in (Cursor.read_bytes, Cursor.read_string):
        with pytest.raises(Undecodable):
            method(Cursor(number(length), 0))


def test_text_that_is_not_utf8() -> None:
    with pytest.raises(Undecodable, match="UTF-8"):
        Cursor(number(2) + b"\xff\xfe", 0).read_string()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("null", b""),
        ("boolean", b"\x01"),
        ("int", b"\x05"),
        ("double", bytes(8)),
        ("string", number(3) + b"abc"),
        ({"type": "fixed", "name": "F", "size": 3}, b"abc"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, b"\x00"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}, number(1) + b"\x05"),
        ({"type": "array", "items": "int"}, number(2) + b"\x02\x04" + number(-1) + number(1) + b"\x06" + b"\x00"),
        ({"type": "map", "values": "int"}, number(1) + number(1) + b"k" + b"\x02" + b"\x00"),
        (["null", "string"], b"\x02" + number(1) + b"s"),
        (LIST, b"\x02\x02\x00"),
        (NULLS, number(2**62) + b"\x00"),
    ],
    ids=str,
)
def test_what_is_not_asked_for_is_skipped(kind: Any, data: bytes) -> None:
    assert read(with_extra(kind), data + number(7)) == {"x": 7}


@pytest.mark.parametrize(
    ("writer", "data"),
    [
        (with_extra(LIST), b"\x02" * 1_000_000),
        (with_extra({"type": "record", "name": "S", "fields": [{"name": "s", "type": "S"}]}), bytes(10)),
        (with_extra({"type": "array", "items": {"type": "array", "items": "null"}}), number(2**62) + bytes(1000)),
        (with_extra({"type": "map", "values": "null"}), number(2**62) + bytes(1000)),
        (with_extra({"type": "fixed", "name": "F", "size": 2**62}), bytes(1000)),
        (with_extra("bytes"), number(2**62) + bytes(1000)),
    ],
    ids=["deep", "endless", "arrays", "maps", "fixed", "bytes"],
)
def test_a_giant_is_told_at_once(writer: Any, data: bytes) -> None:
    """fastavro's reader ends the process on the first, and never ends on others."""
    began = time.process_time()
    with pytest.raises((Undecodable, IndexError)):
        read(writer, data)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("items", "size"), [("null", 0), ("int", 1), ({"type": "record", "name": "I", "fields": []}, 0)], ids=str
)
def test_the_items_that_are_kept_are_bounded(items: Any, size: int) -> None:
    reader = {"type": "array", "items": items}
    tracemalloc.start()
    try:
        with pytest.raises(Undecodable, match=str(MAX_ITEMS)):
            read(reader, (number(MAX_ITEMS // 2) + bytes(MAX_ITEMS // 2 * size)) * 3, reader)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def chain(length: int, first: Any) -> Any:
    """Records that each hold the one before twice, by name."""
    named = [{"name": "f0", "type": {"type": "record", "name": "C0", "fields": [{"name": "v", "type": first}]}}]
    for n in range(1, length):
        fields = [{"name": name, "type": f"C{n - 1}"} for name in ("a", "b")]
        named.append({"name": f"f{n}", "type": {"type": "record", "name": f"C{n}", "fields": fields}})
    return {"type": "record", "name": "R", "fields": [*named, {"name": "x", "type": "int"}]}


def test_records_that_double_at_each_level_take_no_time_where_they_take_no_bytes() -> None:
    began = time.process_time()
    assert read(chain(60, "null"), number(7)) == {"x": 7}
    with pytest.raises((Undecodable, IndexError)):
        read(chain(60, "int"), bytes(100_000))
    assert time.process_time() - began < 2


def test_fields_that_take_no_bytes_take_no_time() -> None:
    nulls = [{"name": f"n{n}", "type": "null"} for n in range(5_000)]
    item = {"type": "record", "name": "I", "fields": [*nulls, {"name": "v", "type": "int"}]}
    began = time.process_time()
    data = number(50_000) + bytes(50_000) + b"\x00" + number(7)
    assert read(with_extra({"type": "array", "items": item}), data) == {"x": 7}
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "schema",
    [
        chain(MAX_SCHEMA_DEPTH + 10, "int"),
        {"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": "null"} for n in range(20_000)]},
        {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}, {"name": "x", "type": "int"}]},
        {"type": "enum", "name": "E", "symbols": [1]},
        {"type": "fixed", "name": "F", "size": True},
        {"type": "record", "name": "1R", "fields": []},
        [["int"]],
        [{"type": "fixed", "name": "F", "size": 1}, {"type": "fixed", "name": "F", "size": 2}],
        {},
        None,
        7,
    ],
    ids=lambda schema: str(schema)[:40],
)
def test_schemas_that_are_none_or_out_of_bounds(schema: Any) -> None:
    with pytest.raises(UnusableSchema):
        parse_type([json.dumps(schema)])


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '"' + "x" * 2_000_000 + '"', '{"type":"array","items":' * 70 + '"int"' + "}" * 70]
)
def test_texts_that_are_none_or_out_of_bounds(text: str) -> None:
    with pytest.raises(UnusableSchema):
        parse_type([text])


def test_unions_with_too_many_combinations() -> None:
    """Each of ten variants of a record, in namespaces of their own, holds any of the ten of the level below."""
    texts: list[str] = []
    below: Any = "int"
    reader: Any = "int"
    for level in range(6):
        names = [f"n{n}.V{level}" for n in range(10)]
        texts += [
            json.dumps({"type": "record", "name": name, "fields": [{"name": "f", "type": below}]}) for name in names
        ]
        below = names
        reader = {"type": "record", "name": f"V{level}", "fields": [{"name": "f", "type": reader}]}
    began = time.process_time()
    with pytest.raises(UnusableSchema, match="combinations"):
        resolve(parse_type([*texts, json.dumps(below)]), parse_type([json.dumps(reader)]))
    assert time.process_time() - began < 1
