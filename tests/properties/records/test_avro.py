"""Whatever schema a producer registers and whatever bytes it writes: a record of ours, or bad input (guarantee G7).

Nothing else is raised, and it ends soon.
"""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import avro.schema
import pytest
from avro.errors import AvroException
from avro.io import BinaryDecoder, DatumReader
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.orders.events import OrderEvent
from connector.domain.returns.events import ReturnEvent
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.decoder.binary import Cursor, Read, Undecodable
from connector.kafka.avro.decoder.flat import FlatRecord, is_flat
from connector.kafka.avro.decoder.resolution import resolve
from connector.kafka.avro.decoder.scalars import Mismatch, OutOfRange
from connector.kafka.avro.parsing import UnusableSchema, parse_type
from connector.kafka.avro.records import to_record
from connector.kafka.avro.schemas import single_object_header, text_of
from connector.kafka.topics import API_CALLS, INVENTORY, ORDER_COMMANDS, ORDERS, RETURNS, TOPICS, Topic
from tests.kit.kafka.avro.by_fastavro import written
from tests.kit.kafka.avro.writers import encoded, fits, plain, writers
from tests.kit.kafka.registries import RegisteredWriters
from tests.kit.orders.samples import filled

CODEC = AvroCodec()
WRITERS = RegisteredWriters()
DEADLINE = timedelta(seconds=2)  # of one example, drawing it included, on a busy machine
READ_FROM_OTHERS = (INVENTORY, ORDER_COMMANDS, API_CALLS)


def read(codec: AvroCodec, topic: Topic, data: bytes) -> dict[str, Any] | None:
    try:
        record = codec.decode(topic.name, data)
    except BadRecord:
        return None
    assert fits(json.loads(text_of(topic.schema)), record), record
    return record


@given(st.sampled_from(TOPICS), st.binary(max_size=200))
@settings(deadline=DEADLINE)
def test_any_bytes(topic: Topic, data: bytes) -> None:
    read(CODEC, topic, data)


@given(st.sampled_from(TOPICS), st.binary(max_size=300))
@settings(max_examples=500, deadline=DEADLINE)
def test_any_body_after_a_good_header(topic: Topic, body: bytes) -> None:
    read(CODEC, topic, single_object_header(text_of(topic.schema)) + body)


@given(st.sampled_from(TOPICS), st.data())
@settings(max_examples=500, deadline=DEADLINE)
def test_any_value_of_our_own_schema_and_nearly_so(topic: Topic, data: st.DataObject) -> None:
    text = text_of(topic.schema)
    read(CODEC, topic, single_object_header(text) + data.draw(encoded(json.loads(text))))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
@given(data=st.data())
@settings(deadline=DEADLINE)
def test_a_record_is_written_as_fastavro_writes_it(topic: Topic, data: st.DataObject) -> None:
    text = text_of(topic.schema)
    header = single_object_header(text)
    record = read(CODEC, topic, header + data.draw(encoded(json.loads(text))))
    if record is not None:
        assert CODEC.encode(topic.name, record) == written(text, record, header)


@pytest.mark.parametrize(("topic", "kind"), [(ORDERS, OrderEvent), (RETURNS, ReturnEvent)], ids=["orders", "returns"])
@given(data=st.data())
@settings(max_examples=300, deadline=DEADLINE)
def test_a_good_record_with_some_bytes_changed(topic: Topic, kind: type[object], data: st.DataObject) -> None:
    good = bytearray(CODEC.encode(topic.name, to_record(filled(kind))))
    for place in data.draw(st.lists(st.integers(10, len(good) - 1), min_size=1, max_size=4)):
        good[place] = data.draw(st.integers(0, 255))
    read(CODEC, topic, bytes(good))


@pytest.mark.parametrize("topic", READ_FROM_OTHERS, ids=lambda topic: topic.name)
@given(data=st.data())
@settings(max_examples=300, deadline=DEADLINE)
def test_any_writers_schema(topic: Topic, data: st.DataObject) -> None:
    """Ours changed here and there, with values of it."""
    schema = data.draw(writers(text_of(topic.schema)))
    value = data.draw(st.one_of(encoded(schema), st.binary(max_size=100)))
    header = WRITERS.header_of(topic, json.dumps(schema))
    read(WRITERS.codec, topic, header + value)


KEYS = ("type", "name", "fields", "items", "values", "symbols", "size", "aliases", "namespace", "logicalType")
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["record", "enum", "fixed", "array", "int", "", "a.b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner),
)


@given(ANY_JSON)
@settings(max_examples=500, deadline=DEADLINE)
def test_any_json_for_a_schema(schema: Any) -> None:
    header = WRITERS.header_of(INVENTORY, json.dumps(schema))
    assert read(WRITERS.codec, INVENTORY, header + bytes(40)) is None


@pytest.mark.parametrize("topic", READ_FROM_OTHERS, ids=lambda topic: topic.name)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_what_apache_s_reader_makes_of_it_too(topic: Topic, data: st.DataObject) -> None:
    """Where both read it. Logical types apart, for which the specification has no resolution."""
    ours = plain(json.loads(text_of(topic.schema)))
    schema = plain(data.draw(writers(json.dumps(ours))))
    value = data.draw(encoded(schema))
    cursor = Cursor(value, 0)
    try:
        mine = resolve(parse_type([json.dumps(schema)]), parse_type([json.dumps(ours)]))(cursor)
        stream = BytesIO(value)
        reader = DatumReader(avro.schema.parse(json.dumps(schema)), avro.schema.parse(json.dumps(ours)))
        theirs = reader.read(BinaryDecoder(stream))
    except (Mismatch, UnusableSchema, Undecodable, IndexError, OutOfRange):
        return  # told of, in tests/unit/kafka/avro
    except (AvroException, ValueError, TypeError):
        return  # it knows no union for what is none, no {"type": {"type": ...}}, ...
    assert (untagged(mine), cursor.at) == (theirs, stream.tell())


def untagged(value: Any) -> Any:
    match value:
        case tuple():
            return untagged(value[1])
        case dict():
            return {name: untagged(inner) for name, inner in value.items()}
        case list():
            return [untagged(inner) for inner in value]
        case _:
            return value


def read_fields(fields: list[tuple[str, Read]], data: bytes) -> tuple[dict[str, Any] | str, int]:
    """One by one. What was read, or the name of what was raised; and how far."""
    cursor = Cursor(data, 0)
    try:
        return {name: read_field(cursor) for name, read_field in fields}, cursor.at
    except (Undecodable, IndexError) as fault:
        return type(fault).__name__, 0


KINDS = st.sampled_from([Cursor.read_string, Cursor.read_int, Cursor.read_long])
NUMBERS = st.sampled_from(
    ["", "00", "01", "7f", "8001", "8080", "feffffff0f", "80808080108001", "ff" * 9 + "01", "ff" * 10]
)
TEXTS = st.sampled_from([b"", b"\x02a", b"\x04a", b"\x02\xff", b"\x06abc", b"\xc8\x01" + b"x" * 100])


@settings(deadline=DEADLINE)
@given(
    st.lists(KINDS, min_size=1, max_size=5),
    st.lists(NUMBERS.map(bytes.fromhex) | TEXTS | st.binary(max_size=4), max_size=6),
)
def test_a_record_that_is_read_at_once_is_as_if_read_field_by_field(kinds: list[Read], parts: list[bytes]) -> None:
    fields, data = [(f"f{number}", kind) for number, kind in enumerate(kinds)], b"".join(parts)
    assert is_flat(fields)
    flat = FlatRecord(fields)
    for end in range(len(data) + 1):
        value = data[:end]
        at_once, (one_by_one, read_to) = flat.at_once(value, 0), read_fields(fields, value)
        assert at_once == one_by_one or (at_once is None and not (isinstance(one_by_one, dict) and read_to == end))


@given(st.integers(0, 0xFFFF_FFFF_FFFF_FFFF), st.integers(0, 2))
def test_whole_numbers_of_any_length_are_read_at_once(zigzag: int, padded: int) -> None:
    """With superfluous bytes too, as some writers have them."""
    data = bytearray()
    while zigzag > 0x7F:
        data.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    data += bytes([zigzag | 0x80, *[0x80] * (padded - 1), 0][: padded + 1] if padded and len(data) < 8 else [zigzag])
    flat, cursor = FlatRecord([("n", Cursor.read_long)]), Cursor(bytes(data), 0)
    assert flat.at_once(bytes(data), 0) == {"n": cursor.read_long()}


def test_a_record_with_anything_but_texts_and_whole_numbers_is_not_read_at_once() -> None:
    assert not is_flat([("text", Cursor.read_string), ("flag", Cursor.read_boolean)])
