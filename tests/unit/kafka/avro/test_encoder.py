"""Records as bytes: what the domain tells fits, and our own mistakes are told by their field."""

import json
from decimal import Decimal
from typing import Any

import pytest

from connector.kafka.avro.decoder.binary import Cursor
from connector.kafka.avro.decoder.resolution import resolve
from connector.kafka.avro.encoder.compounds import Unwritable
from connector.kafka.avro.encoder.encoder import writer_of
from connector.kafka.avro.parsing import parse_type

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 4}
TIME = {"type": "long", "logicalType": "timestamp-millis"}
LINE = {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}
WAYS = [
    {"type": "record", "name": "Air", "namespace": "x", "fields": [{"name": "flight", "type": "string"}]},
    {"type": "record", "name": "Sea", "namespace": "x", "fields": []},
]


def told(record: dict[str, Any], **kinds: Any) -> Any:
    """As it is read again; each field is of its type in `kinds`, which is one, or one and a default."""
    fields = [
        {"name": name, "type": kind[0], "default": kind[1]} if isinstance(kind, tuple) else {"name": name, "type": kind}
        for name, kind in kinds.items()
    ]
    schema = parse_type([json.dumps({"type": "record", "name": "Told", "fields": fields})])
    out = bytearray()
    writer_of(schema)(out, record)
    cursor = Cursor(bytes(out), 0)
    read = resolve(schema, schema)(cursor)
    cursor.finish()
    return read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("19.99", "19.9900"),
        ("0.123456", "0.1235"),
        ("0.00005", "0.0000"),  # half to even
        ("0.00015", "0.0002"),
        ("1E+1", "10"),
        ("-0.5", "-0.5"),
        ("99.9999", "99.9999"),
        ("0", "0"),
        ("-0.0128", "-0.0128"),  # one byte: 0x80
    ],
)
def test_decimals_are_rounded_to_the_schemas_scale(given: str, read: str) -> None:
    assert told({"amount": Decimal(given)}, amount=DECIMAL) == {"amount": Decimal(read)}


@pytest.mark.parametrize("beyond", ["100", "99.99995", "1E+30", "NaN", "Infinity"])
def test_a_decimal_beyond_the_schemas_precision_is_told(beyond: str) -> None:
    with pytest.raises(Unwritable, match=r"^amount: it is missing, or of another type or range"):
        told({"amount": Decimal(beyond)}, amount=DECIMAL)


def test_a_decimal_that_no_one_scale_fits_is_text() -> None:
    assert told({"rate": Decimal("1E-8")}, rate="string") == {"rate": "0.00000001"}


@pytest.mark.parametrize("name", ["at", "at_ms"])
@pytest.mark.parametrize("kind", [TIME, (["null", TIME], None)], ids=["time", "time or null"])
def test_a_time_is_found_by_the_domains_name_too(name: str, kind: Any) -> None:
    assert told({name: 7}, at=kind) == {"at": 7}
    assert told({name: 0}, at=kind) == {"at": 0}


def test_no_other_field_has_two_names() -> None:
    with pytest.raises(Unwritable, match=r"^Told has no wait_ms$"):
        told({"wait_ms": 7}, wait=("long", 1))


@pytest.mark.parametrize("record", [{}, {"many": None, "word": None, "lines": None}], ids=["left out", "None"])
def test_what_is_not_there_is_its_default(record: dict[str, Any]) -> None:
    lines = {"type": "array", "items": LINE}
    assert told(record, many=("int", 3), word=("string", "w"), lines=(lines, [])) == {
        "many": 3,
        "word": "w",
        "lines": [],
    }


def test_what_has_no_default_must_be_there() -> None:
    with pytest.raises(Unwritable, match=r"^lines.sku: it is missing"):
        told({"lines": [{}]}, lines={"type": "array", "items": LINE})


def test_a_field_that_the_schema_has_not_is_a_mistake_but_within() -> None:
    assert told({"line": {"sku": "s", "unread": ()}}, line=LINE) == {"line": {"sku": "s"}}
    with pytest.raises(Unwritable, match=r"^Told has no qantity$"):
        told({"qantity": 1}, quantity=("int", 0))


def test_tuples_are_arrays_and_pairs_choose_a_record() -> None:
    way = told(
        {"way": ("x.Air", {"flight": "AI1"}), "lines": ({"sku": "s"},)},
        way=WAYS,
        lines={"type": "array", "items": LINE},
    )
    assert way == {"way": ("x.Air", {"flight": "AI1"}), "lines": [{"sku": "s"}]}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 7),
        ("string", b"bytes"),
        ("int", "7"),
        ("int", 2**31),
        ("long", 2**63),
        ("long", -(2**63) - 1),
        ("long", 1.5),
        ("boolean", 1),
        ("bytes", "text"),
        ("double", "text"),
        (DECIMAL, "1.5"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B"),
        ({"type": "array", "items": "string"}, "text"),
        (LINE, "text"),
        (WAYS, ("x.Road", {})),
        (["null", "int"], "text"),
    ],
)
def test_another_type_is_told_by_its_field_and_not_by_its_value(kind: Any, value: Any) -> None:
    with pytest.raises(Unwritable) as caught:
        told({"field": value}, field=kind)
    assert str(caught.value).startswith("field")
    assert str(value) not in str(caught.value)


@pytest.mark.parametrize("value", [0, 1, -1, 63, 64, -64, -65, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)])
def test_whole_numbers_to_their_ends(value: int) -> None:
    assert told({"long": value, "int": max(-(2**31), min(2**31 - 1, value))}, long="long", int="int")["long"] == value


@pytest.mark.parametrize("length", [0, 31, 32, 63, 64, 8191, 8192])
def test_texts_of_any_length(length: int) -> None:
    assert told({"word": "é" * length}, word="string") == {"word": "é" * length}


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "map", "values": "int"},
        "float",
        ["int", "string"],
        {"type": "fixed", "name": "F", "size": 2},
        [WAYS[0], WAYS[1], "null"],
    ],
    ids=["map", "float", "union", "fixed", "records and null"],
)
def test_a_type_that_no_schema_of_ours_has_yet_is_told_at_the_start(kind: Any) -> None:
    with pytest.raises(NotImplementedError):
        told({}, field=kind)
