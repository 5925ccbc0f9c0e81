"""Every schema has columns, every value of it is a row, and DuckDB reads what was written."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.cli.parquet.columns import TopicColumns, read_rows
from connector.cli.parquet.events import EVENTS, FIRST_MS, LAST_MS
from connector.cli.parquet.intake import LogRecord
from connector.kafka.avro.codec import BadRecord
from connector.kafka.avro.schemas import released, single_object_header, text_of
from connector.kafka.topics import API_CALLS, CANCELLATIONS, INVENTORY, ORDER_COMMANDS, ORDERS, Topic
from tests.kit.history import records
from tests.kit.history.records import CODEC
from tests.kit.kafka.avro.by_fastavro import written
from tests.kit.kafka.avro.writers import encoded
from tests.kit.parquet.runs import MemoryPlace, log_of, rows_in, run_over

AT_MS = 1_764_000_000_123
MONEY = {"amount": Decimal("12.3400"), "currency": "INR"}
PACKAGE = {"package_id": "P1", "length": {"value": Decimal("1.5"), "unit": "CM"}, "items": []}


def queried(tmp_path: Path, topic: Topic, told: list[dict[str, Any]], select: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers, of the files' rows as `events`."""
    place = MemoryPlace()
    run_over(log_of(topic.name, told, AT_MS), place, topic.name)
    for name, content in place.files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    with duckdb.connect() as connection:
        connection.sql("set timezone = 'UTC'")
        glob = f"{tmp_path}/{topic.name}/**/*.parquet"
        connection.sql(f"create view events as from read_parquet('{glob}', hive_partitioning = true)")
        return connection.sql(select).fetchall()


def test_types_mean_to_duckdb_what_they_mean_on_the_topic(tmp_path: Path) -> None:
    line = {"line_item_id": "L1", "sku": "SKU-1", "quantity": 2, "item_value": MONEY}
    snapshot = {
        "shipment_id": "S1",
        "location_id": "EXSB",
        "merchant_id": "M1",
        "status": "ACCEPTED",
        "last_updated_at": AT_MS,
        "line_items": [line],
    }
    event = records.order_event("S1", occurred_at=AT_MS, snapshot=snapshot)
    select = """select event_id, type, epoch_ms(occurred_at), typeof(occurred_at), ship_by,
        snapshot.line_items[1].item_value.amount, typeof(snapshot.line_items[1].item_value.amount),
        snapshot.line_items[1].quantity, merchant_id, day::varchar, kafka_offset, epoch_ms(kafka_timestamp)
        from events"""
    (row,) = queried(tmp_path, ORDERS, [event], select)
    assert row[:5] == ("e1", "ORDER_RECEIVED", AT_MS, "TIMESTAMP WITH TIME ZONE", None)
    assert row[5:] == (Decimal("12.3400"), "DECIMAL(18,4)", 2, "M1", "2025-11-24", 0, AT_MS)


def test_a_union_of_records_says_which_and_has_a_struct_for_each(tmp_path: Path) -> None:
    told = [
        records.command("S1", "c1", "Confirm"),
        records.command("S1", "c2", "Pack", packages=[PACKAGE]),
        records.command("S1", "c3", "Reject", reason="OUT_OF_STOCK"),
    ]
    select = """select action.type, action.Pack.packages[1].length.value, action.Reject.reason, action.Pack is null
        from events order by command_id"""
    assert queried(tmp_path, ORDER_COMMANDS, told, select) == [
        ("Confirm", None, None, True),
        ("Pack", Decimal("1.5000"), None, False),
        ("Reject", None, "OUT_OF_STOCK", True),
    ]


@pytest.mark.parametrize("odd_ms", [FIRST_MS - 1, LAST_MS + 1, -(2**63), 2**63 - 1])
def test_a_time_that_no_calendar_has_is_null_and_the_day_is_kafkas(tmp_path: Path, odd_ms: int) -> None:
    select = "select occurred_at, quantity, day::varchar from events"
    assert queried(tmp_path, INVENTORY, [records.update() | {"occurred_at": odd_ms}], select) == [
        (None, 5, "2025-11-24")
    ]
    place = MemoryPlace()
    log = log_of(INVENTORY.name, [records.update() | {"occurred_at": odd_ms}])
    assert [run_over(log, place, INVENTORY.name)[1].events for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("limit_ms", [FIRST_MS, LAST_MS])
def test_the_first_and_the_last_time_of_a_calendar_stay(tmp_path: Path, limit_ms: int) -> None:
    updates = [records.update() | {"occurred_at": limit_ms}]
    assert queried(tmp_path, INVENTORY, updates, "select epoch_ms(occurred_at) from events") == [(limit_ms,)]


def test_records_of_older_schemas_have_todays_columns_in_one_file() -> None:
    """Fields that they lack are at their defaults."""
    texts = [*released(CANCELLATIONS.schema), text_of(CANCELLATIONS.schema)]
    names = [{field["name"] for field in json.loads(text)["fields"]} for text in texts]
    assert names[0] < names[-1]
    log = []
    for number, text in enumerate(texts):
        event = records.cancellation_event("S1", f"x{number}")
        log.append(LogRecord(0, number, 0, written(text, event, single_object_header(text))))
    place = MemoryPlace()
    run_over(log, place, CANCELLATIONS.name)
    rows = rows_in(place)
    assert len(place.files) == 1
    assert [row["event_id"] for row in rows] == [f"x{number}" for number in range(len(texts))]
    assert all(names[-1] <= row.keys() for row in rows)
    assert rows[0]["reason_code"] == rows[-1]["reason_code"] == "OTHER"


@pytest.mark.parametrize("topic", EVENTS)
@given(data=st.data())
@settings(max_examples=10)
def test_whatever_a_schema_allows_is_a_row(topic: str, data: st.DataObject) -> None:
    events, text = EVENTS[topic], text_of(EVENTS[topic].topic.schema)
    columns = TopicColumns(events.topic)
    try:
        record = CODEC.decode(topic, single_object_header(text) + data.draw(encoded(json.loads(text))))
    except BadRecord:
        return
    table = columns.table([columns.row(record)])
    (row,) = read_rows(
        table.drop_columns(
            [name for name in table.column_names if not pa.types.is_string(table.schema.field(name).type)]
        )
    )
    assert {name: record[name] for name in row} == row


def test_ids_and_times_are_fields_of_their_topics() -> None:
    for events in EVENTS.values():
        names = {field["name"] for field in json.loads(text_of(events.topic.schema))["fields"]}
        assert {*events.id_fields, events.time_field, "merchant_id"} <= names
        assert events.time_field in TopicColumns(events.topic).times


def test_a_call_has_its_json_as_text(tmp_path: Path) -> None:
    select = "select operation, answer from events"
    told = [records.list_call({"shipment_id": "S1"})]
    assert queried(tmp_path, API_CALLS, told, select) == [("list_shipments", '{"shipments":[{"shipment_id":"S1"}]}')]
