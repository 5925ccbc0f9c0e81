"""The archive holds what a history shows, and nothing of a buyer's."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.cli.history.entries import entries_of
from connector.cli.history.subject import FoundRecord, Subject, SubjectKind
from connector.cli.parquet.archived import ARCHIVE, Archive, archived_columns, place_in
from connector.cli.parquet.events import EVENTS
from connector.cli.parquet.files import naming
from connector.cli.parquet.kept import KEPT_FIELDS
from connector.cli.parquet.trimming import trimmed_json
from connector.kafka.avro import types as avro
from connector.kafka.avro.parsing import parse_type
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import API_CALLS, ORDERS, TOPICS
from tests.kit.history import records
from tests.kit.history.records import found
from tests.kit.parquet.runs import MemoryPlace, log_of, run_over

BUYERS = frozenset(
    {"Address", "Party", "TaxRegistration", "Gift", "GiftMessage", "CustomAttribute", "HandoverLocation", "Charge"}
)
"""Records within the schemas that say who buys, where they live, what they wrote and paid."""

BUYER = "Asha Rao, 12 MG Road, asha@example.com"
SHIPMENT = Subject(SubjectKind.SHIPMENT, frozenset({"SHP1"}))
SKU = Subject(SubjectKind.SKU, frozenset({"SKU-1"}))


def archived(topic: str, record: dict[str, Any]) -> MemoryPlace:
    place = MemoryPlace()
    run_over(
        log_of(topic, [record], written_ms=1_000),
        place,
        topic,
        layout=ARCHIVE,
        columns=archived_columns(topic),
        day=lambda *_: "1970-01-01",
    )
    return place


def read_back(place: MemoryPlace, subject: Subject) -> Iterator[FoundRecord]:
    archive = Archive(place)
    for part in archive.parts():
        for record in archive.records_naming(part, [needle.decode() for needle in subject.needles]):
            partition, offset, written_ms = place_in(record)
            yield FoundRecord(
                topic=part.topic, partition=partition, offset=offset, written_ms=written_ms, record=record
            )


@pytest.mark.parametrize(
    ("subject", "topic", "record"),
    [
        *((SHIPMENT, topic, record) for topic, record in records.of_shipment("SHP1") if topic in KEPT_FIELDS),
        *((SKU, topic, record) for topic, record in records.of_sku("SKU-1") if topic in KEPT_FIELDS),
        (SHIPMENT, ORDERS.name, records.order_event("SHP2", original_shipment_id="SHP1")),
        (
            Subject(SubjectKind.COMMAND, frozenset({"c1"})),
            API_CALLS.name,
            records.call(shipment_id="S1", asked=json.dumps({"commands": ["M1|S1||c1"]}), step='{"type":"X"}'),
        ),
        (
            Subject(SubjectKind.COMMAND, frozenset({"c1"})),
            API_CALLS.name,
            records.call(shipment_id="S1", step=json.dumps({"type": "Confirm", "value": {"command_id": "c1"}})),
        ),
    ],
)
def test_a_history_reads_the_same_from_the_archive(subject: Subject, topic: str, record: dict[str, Any]) -> None:
    told = list(entries_of(subject, found(topic, record, at_ms=1_000)))
    assert told
    (one,) = read_back(archived(topic, record), subject)
    assert list(entries_of(subject, one)) == told


def test_what_names_something_else_is_not_read() -> None:
    place = archived(API_CALLS.name, records.call(shipment_id="another"))
    assert list(read_back(place, SHIPMENT)) == []


def test_calls_events_results_and_alerts_are_archived_and_no_raw_messages() -> None:
    assert {name.split(".")[-1] for name in KEPT_FIELDS} == {
        *("api-calls", "orders", "cancellations", "returns", "inventory-results", "command-results", "alerts")
    }
    assert KEPT_FIELDS.keys() <= EVENTS.keys()


def types_within(kind: avro.AvroType, column: pa.DataType) -> Iterator[str]:
    """Names of the records of which the column holds something, and of the fields."""
    match kind:
        case avro.RecordType(name=name, fields=fields):
            yield avro.simple_name(name)
            for field in fields:
                if (number := column.get_field_index(field.name)) >= 0:
                    yield field.name
                    yield from types_within(field.type, column.field(number).type)
        case avro.ArrayType(items):
            yield from types_within(items, column.value_type)
        case avro.UnionType(branches):
            for branch in branches:
                if branch != avro.PrimitiveType("null"):
                    yield from types_within(branch, column)
        case _:
            return


@pytest.mark.parametrize("topic", KEPT_FIELDS)
def test_no_column_holds_what_is_a_buyers(topic: str) -> None:
    record = parse_type([text_of(EVENTS[topic].topic.schema)])
    columns = pa.struct(list(archived_columns(topic).schema))
    names = set(types_within(record, columns))
    assert not names & BUYERS
    assert not names & {"otp", "otp_valid_till", "reason", "invoice_id", "tax", "warnings", "ship_to", "parties"}


def test_those_records_are_in_the_schemas() -> None:
    """Else the test above would find nothing, whatever they are called."""
    texts = [text_of(topic.schema) for topic in TOPICS]
    assert {name for name in BUYERS if any(f'"name": "{name}"' in text for text in texts)} == BUYERS


def test_a_buyer_is_nowhere_in_the_files_of_an_order() -> None:
    address = {"name": BUYER, "address_line1": BUYER, "email": BUYER}
    snapshot = {
        **records.order_event("SHP1")["snapshot"],
        "ship_to": address,
        "line_items": [{"line_item_id": "L1", "sku": "SKU-1", "quantity": 1, "custom_attributes": [_attribute()]}],
    }
    for topic, record in (
        (ORDERS.name, records.order_event("SHP1", snapshot=snapshot, warnings=[BUYER])),
        (API_CALLS.name, records.call(shipment_id="SHP1", answer=json.dumps({"value": snapshot}), asked=BUYER)),
    ):
        place = archived(topic, record)
        (one,) = read_back(place, SHIPMENT)
        assert BUYER not in repr(one)
        assert BUYER not in repr(list(read_back(place, Subject(SubjectKind.SHIPMENT, frozenset({BUYER})))))


def _attribute() -> dict[str, str]:
    return {"key": "engraving", "type": "TEXT", "value": BUYER}


NAMES = st.sampled_from(["shipment_id", "status", "value", "name", "shipments", "commands", "email", "data"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["X", BUYER]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def leaves(content: Any, under: str = "") -> Iterator[tuple[str, Any]]:
    """(name of the object's field that it stands under, it)."""
    match content:
        case dict():
            for name, inner in content.items():
                yield from leaves(inner, name)
        case list():
            for inner in content:
                yield from leaves(inner, under)
        case _:
            yield under, content


@given(JSON)
def test_of_json_ids_and_states_alone_are_left(content: Any) -> None:
    left = trimmed_json(msgspec.json.encode(content).decode())
    wanted = [
        leaf
        for leaf in leaves(content)
        if leaf[0] in ("shipment_id", "status", "commands") and isinstance(leaf[1], str)
    ]
    assert list(leaves(json.loads(left or "{}"))) == wanted


@pytest.mark.parametrize("text", [None, "", "no json", BUYER, '"text"', "[1, 2]", "{}", "[[]]"])
def test_of_other_texts_nothing(text: str | None) -> None:
    assert trimmed_json(text) is None


def test_rows_that_name_it_wherever_in_them() -> None:
    table = pa.Table.from_pylist(
        [
            {"top": "a needle", "deep": []},
            {"top": None, "deep": [{"ids": ["hay"]}, {"ids": ["hay", "needle"]}]},
            {"top": "hay", "deep": None},
            {"top": "other", "deep": [{"ids": None}]},
        ],
        schema=pa.schema(
            [("top", pa.string()), ("deep", pa.list_(pa.struct([("ids", pa.list_(pa.string()))]))), ("n", pa.int64())]
        ),
    )
    assert naming(table, ["needle"]).to_pylist() == [True, True, False, False]
    assert naming(table, ["needle", "other"]).to_pylist() == [True, True, False, True]
    assert naming(pa.concat_tables([table, table]).slice(1), ["needle"]).to_pylist() == [
        True,
        *[False] * 2,
        True,
        True,
        False,
        False,
    ]
