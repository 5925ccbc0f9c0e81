"""The models of examples/dbt, over what was written: with events, with some topics empty, and with nothing at all.

By DuckDB alone; tests/flows/analytics/test_dbt.py has dbt itself build and test them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from connector.documents.directory import Directory
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import CANCELLATIONS, INVENTORY_RESULTS, ORDERS, RETURNS, Topic
from examples import analytics
from tests.kit.history import records
from tests.kit.parquet.exports import ROWS, TOLD, exported
from tests.kit.parquet.runs import MemoryPlace, log_of, run_over

MODELS: list[dict[str, Any]] = yaml.safe_load((analytics.MODELS / "models.yml").read_text())["models"]
ENUMS = {
    ("stg_cancellations", "cancelled_by"): CANCELLATIONS,
    ("stg_inventory_results", "outcome"): INVENTORY_RESULTS,
    ("stg_order_events", "observed_via"): ORDERS,
    ("stg_order_events", "type"): ORDERS,
}


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    exported(tmp_path, *TOLD)
    with duckdb.connect() as connection:
        analytics.stage(connection, str(tmp_path))
        yield connection


@pytest.mark.parametrize("topics", [[], [ORDERS.name], [CANCELLATIONS.name, RETURNS.name], list(TOLD)])
def test_views_have_what_was_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str], topics: list[str]) -> None:
    exported(tmp_path, *topics)
    analytics.main(str(tmp_path))
    wanted = [f"{view}: {rows if topic in topics else 0} rows" for view, (topic, rows) in ROWS.items()]
    assert capsys.readouterr().out.splitlines() == wanted


def test_what_they_say(everything: duckdb.DuckDBPyConnection) -> None:
    ask = everything.sql
    events = ask("from stg_order_events select merchant_id, shipment_id, type, previous_status, event_number")
    assert sorted(events.fetchall()) == [
        ("007", "S2", "ORDER_RECEIVED", None, 1),
        ("M1", "S1", "ORDER_RECEIVED", None, 1),
        ("M1", "S1", "SHIPPED", "CONFIRMED", 2),
    ]
    lines = ask("from stg_order_lines select oms_location, sku, quantity")
    assert lines.fetchall() == [("WH1", "SKU-1", 2)]
    assert ask("from stg_returns select return_id, status, quantity").fetchall() == [("R1", "DELIVERED", 1)]


@pytest.mark.parametrize("merchant_id", ["007", "2026-1-1"])
def test_a_merchant_that_looks_like_a_number_or_a_day_stays_as_it_is(tmp_path: Path, merchant_id: str) -> None:
    place = MemoryPlace()
    run_over(log_of(ORDERS.name, [records.order_event("S1", merchant_id=merchant_id)]), place, ORDERS.name)
    for name, content in place.files.items():
        Directory(tmp_path).write(name, content, "", "")
    with duckdb.connect() as connection:
        analytics.stage(connection, str(tmp_path))
        assert connection.sql("select merchant_id from stg_order_events").fetchall() == [(merchant_id,)]


def test_a_source_is_as_the_files_of_its_topic_are(tmp_path: Path, everything: duckdb.DuckDBPyConnection) -> None:
    """Else an empty topic would look otherwise than one that has events."""
    assert {table["config"]["meta"]["topic"] for table in analytics.sources()} == set(TOLD)
    for table in analytics.sources():
        files = f"{tmp_path}/{table['config']['meta']['topic']}/**/*.parquet"
        held = everything.sql(f"describe from read_parquet('{files}', hive_types = {{merchant_id: varchar}})")
        types = {name: kind.partition("(")[0] for name, kind, *_ in held.fetchall()}
        for column in table["columns"]:
            ((named,),) = everything.sql(f"select typeof(null::{column['data_type']})").fetchall()
            assert named.partition("(")[0] == types[column["name"]], (table["name"], column["name"])


def test_dbt_tests_each_model_by_columns_that_it_has(everything: duckdb.DuckDBPyConnection) -> None:
    assert {model["name"] for model in MODELS} == set(ROWS)
    for model in MODELS:
        columns = {row[0] for row in everything.sql(f"describe {model['name']}").fetchall()}
        assert {column["name"] for column in model["columns"]} <= columns
        (unique,) = (each["unique"]["arguments"]["column_name"] for each in model["data_tests"])
        assert set(re.findall(r"\w+", unique)) - {"concat_ws", "coalesce"} <= columns


def test_what_dbt_accepts_is_what_the_schema_allows() -> None:
    accepted = {
        (model["name"], column["name"]): test["accepted_values"]["arguments"]["values"]
        for model in MODELS
        for column in model["columns"]
        for test in column["data_tests"]
        if isinstance(test, dict) and "accepted_values" in test
    }
    assert accepted == {(view, column): _symbols(topic, column) for (view, column), topic in ENUMS.items()}


def _symbols(topic: Topic, field: str) -> list[str]:
    fields = yaml.safe_load(text_of(topic.schema))["fields"]  # JSON is YAML
    (kind,) = (each["type"] for each in fields if each["name"] == field)
    symbols: list[str] = kind["symbols"]
    return symbols
