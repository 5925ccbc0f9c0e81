"""A table holds each event once: whatever came twice, whichever spans the runs had, wherever they were cut off."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connector.cli.iceberg import catalog as iceberg_catalog
from connector.cli.iceberg import table as iceberg_table
from connector.cli.iceberg.catalog import FolderCatalog
from connector.cli.parquet.columns import TopicColumns
from connector.cli.parquet.events import EVENTS
from connector.documents.directory import Directory
from connector.errors import ConnectorError, InputError
from connector.kafka.topics import ALERTS, DAY_MS, INVENTORY, INVENTORY_RESULTS, ORDERS
from tests.kit.history import records
from tests.kit.parquet.runs import Killed, log_of
from tests.kit.parquet.tables import ROOT, ChangingPlace, append_to, rows_of, table_in

TOPIC = INVENTORY_RESULTS.name


def result(merchant: int, event: int, day: int = 0) -> dict[str, Any]:
    told = records.inventory_result(f"SKU-{event}", f"u{event}", settled_at=day * DAY_MS + event)
    return {**told, "merchant_id": f"M{merchant}" if merchant else ""}


@given(
    copies=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 2)), max_size=15),
    runs=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15), st.none() | st.integers(0, 12)), max_size=3),
    one_an_append=st.booleans(),
)
@settings(max_examples=25, phases=[Phase.generate])  # to shrink an example takes minutes
def test_each_event_is_in_the_table_once(
    copies: list[tuple[int, int, int]], runs: list[tuple[int, int, int | None]], one_an_append: bool
) -> None:
    """`runs`: (first offset, first no longer wanted, the write that kills it), then one over all that ends well."""
    log = log_of(TOPIC, (result(*copy) for copy in copies))
    place = ChangingPlace()
    with pytest.MonkeyPatch.context() as patch:
        if one_an_append:
            patch.setattr(iceberg_table, "APPENDED_BYTES", 1)
        for first, stop, kill_at in runs:
            held = held_in(place)
            place.kill_at, place.writes = kill_at, 0
            with suppress(Killed):
                append_to(place, log[first:stop], TOPIC)
            place.kill_at = None
            now = held_in(place)
            assert now in (held, held | Counter(wanted(copies[first:stop]))), "a run is whole or not there"
        append_to(place, log, TOPIC)
        assert held_in(place) == Counter(wanted(copies))
        before = dict(place.files)
        again = append_to(place, log, TOPIC)
    assert (again.events, again.files, again.known) == (0, 0, len(wanted(copies)))
    assert place.files == before, "running again adds nothing"


def wanted(copies: list[tuple[int, int, int]]) -> set[tuple[str | None, str]]:
    return {(f"M{merchant}" if merchant else None, f"of-u{event}") for merchant, event, _ in copies}


def held_in(place: ChangingPlace) -> Counter[tuple[str | None, str]]:
    if not any(name.endswith("version-hint.text") for name in place.files):
        return Counter()
    names = table_in(place, TOPIC).schema().column_names
    rows = rows_of(place, TOPIC) if "result_id" in names else []
    return Counter((row["merchant_id"], row["result_id"]) for row in rows)


def test_anyone_reads_it_by_its_path_partitioned_by_day_and_merchant(tmp_path: Path) -> None:
    line = {"oms_location": "WH1", "line_item_id": "L1", "sku": "SKU-1", "quantity": 2}
    told = [records.order_event("S1", "e1", allocations=[line]), records.order_event("S2", "e2", merchant_id="")]
    written = append_to(tmp_path, log_of(ORDERS.name, told), ORDERS.name)
    assert (written.events, written.files) == (2, 2)
    table = table_in(tmp_path, ORDERS.name)
    assert [field.name for field in table.spec().fields] == ["day", "merchant_id"]
    of_one = table.scan("day = '1970-01-01' and merchant_id = 'M1'")
    assert len(list(of_one.plan_files())) == 1
    (row,) = of_one.to_arrow().to_pylist()
    assert (row["event_id"], row["kafka_offset"], row["allocations"][0]["sku"]) == ("e1", 0, "SKU-1")
    assert [each["event_id"] for each in rows_of(tmp_path, ORDERS.name) if each["merchant_id"] is None] == ["e2"]
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")} == {0}, "it holds buyers' data"


@pytest.mark.parametrize("topic", EVENTS)
def test_of_an_empty_topic_there_is_an_empty_table_with_all_columns(tmp_path: Path, topic: str) -> None:
    assert append_to(tmp_path, [], topic).events == 0
    table = table_in(tmp_path, topic)
    named = [field.name for field in table.schema().fields]
    assert named == ["day", "merchant_id", *TopicColumns(EVENTS[topic].topic).schema.names]
    assert table.scan().to_arrow().num_rows == 0


def test_what_makes_two_the_same_holds_for_times_too(tmp_path: Path) -> None:
    """Iceberg has microseconds where the topic has milliseconds."""
    log = log_of(ALERTS.name, [records.alert("S1"), records.alert("S1", ended_at=9), records.alert("S1", ended_at=9)])
    updates = log_of(INVENTORY.name, [{**records.update(), "occurred_at": time} for time in (5, 6, 2**60)])
    for events, known in ((2, 0), (0, 2)):
        written = append_to(tmp_path, log, ALERTS.name)
        assert (written.events, written.known) == (events, known)
    assert [append_to(tmp_path, updates, INVENTORY.name).events for _ in range(2)] == [3, 0]


def test_a_column_that_is_new_is_added_to_the_table_that_is_there(tmp_path: Path) -> None:
    older = FolderCatalog(Directory(tmp_path), str(tmp_path))
    table = iceberg_catalog.topic_table(older, str(tmp_path), TOPIC)
    kept = [field for field in TopicColumns(INVENTORY_RESULTS).schema if field.name != "code"]
    with table.update_schema() as update:
        update.union_by_name(pa.schema(kept))
    table.append(pa.Table.from_pylist([{"merchant_id": "M1", "result_id": "old"}], _with_partition(kept)))
    append_to(tmp_path, log_of(TOPIC, [result(1, 1)]), TOPIC)
    assert {row["result_id"]: row["code"] for row in rows_of(tmp_path, TOPIC)} == {"old": None, "of-u1": ""}


def _with_partition(fields: list[pa.Field]) -> pa.Schema:
    return pa.schema([("day", pa.date32()), ("merchant_id", pa.string()), *fields])


def test_a_commit_of_another_meanwhile_is_not_built_upon() -> None:
    """What it added may be the same events."""
    place = ChangingPlace()
    append_to(place, [], TOPIC)

    class Overtaken(FolderCatalog):
        overtaken = False

        def commit_table(self, *arguments: Any) -> Any:
            if not self.overtaken:
                self.overtaken = True
                append_to(place, log_of(TOPIC, [result(1, 1)]), TOPIC)
            return super().commit_table(*arguments)

    with pytest.raises(ConnectorError, match="another changed the table meanwhile; nothing was added"):
        append_to(place, log_of(TOPIC, [result(1, 1), result(1, 2)]), TOPIC, Overtaken(place, ROOT))
    assert len(rows_of(place, TOPIC)) == 1


def test_a_table_of_elsewhere_is_not_written_to(tmp_path: Path) -> None:
    append_to(tmp_path / "then", log_of(TOPIC, [result(1, 1)]), TOPIC)
    (tmp_path / "then").rename(tmp_path / "now")
    with pytest.raises(InputError, match=r"lies at .*/then/smartconnect/connector_inventory_results, not at"):
        append_to(tmp_path / "now", log_of(TOPIC, [result(1, 2)]), TOPIC)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("version-hint.text", b"x", "metadata/: what version-hint.text names can't be read as a table of Iceberg"),
        ("version-hint.text", b"7", "No such file or directory; nothing was added, run it again"),
        ("v2.metadata.json", b"{}", "metadata/: what version-hint.text names can't be read as a table of Iceberg"),
    ],
)
def test_a_table_that_is_damaged_is_told(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    append_to(tmp_path, [], TOPIC)
    (tmp_path / "smartconnect" / "connector_inventory_results" / "metadata" / name).write_bytes(content)
    with pytest.raises(ConnectorError, match=told):
        append_to(tmp_path, log_of(TOPIC, [result(1, 2)]), TOPIC)


def test_a_catalog_that_pyiceberg_does_not_know_is_told() -> None:
    with pytest.raises(InputError, match="--catalog nowhere: pyiceberg knows none; set PYICEBERG_CATALOG__NOWHERE__"):
        iceberg_catalog.configured_catalog("nowhere")
