"""The views of examples/, over what was written: with events, with some topics empty, and with nothing at all."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from connector.documents.directory import Directory
from connector.kafka.topics import CANCELLATIONS, INVENTORY_RESULTS, ORDERS, RETURNS
from examples import analytics
from tests.kit.history import records
from tests.kit.parquet.runs import MemoryPlace, log_of, run_over

LINE = {"oms_location": "WH1", "line_item_id": "L1", "sku": "SKU-1", "quantity": 2}
TOLD: dict[str, list[dict[str, Any]]] = {
    ORDERS.name: [
        records.order_event("S1", "e1", allocations=[LINE]),
        records.order_event("S1", "e1", allocations=[LINE]),
        records.order_event("S1", "e2", type="SHIPPED", status="SHIPPED", previous_status="CONFIRMED"),
        records.order_event("S2", "e3", merchant_id="007"),
    ],
    CANCELLATIONS.name: [records.cancellation_event("S2")],
    RETURNS.name: [
        records.return_event("R1", "S1", "r1", quantity=1),
        records.return_event("R1", "S1", "r2", type="RETURN_DELIVERED", status="DELIVERED", quantity=1),
    ],
    INVENTORY_RESULTS.name: [records.inventory_result("SKU-1", f"u{number}") for number in range(3)],
}
ROWS = {
    "stg_cancellations": [CANCELLATIONS.name, 1],
    "stg_inventory_results": [INVENTORY_RESULTS.name, 3],
    "stg_order_events": [ORDERS.name, 3],
    "stg_order_lines": [ORDERS.name, 1],
    "stg_returns": [RETURNS.name, 1],
}


def exported(root: Path, *topics: str) -> None:
    for topic in topics:
        place = MemoryPlace()
        run_over(log_of(topic, TOLD[topic]), place, topic)
        for name, content in place.files.items():
            Directory(root).write(name, content, "", "")


@pytest.mark.parametrize("topics", [[], [ORDERS.name], [CANCELLATIONS.name, RETURNS.name], list(TOLD)])
def test_views_have_what_was_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str], topics: list[str]) -> None:
    exported(tmp_path, *topics)
    assert analytics.main(str(tmp_path)) == 0
    wanted = [f"{view}: {rows if topic in topics else 0} rows" for view, (topic, rows) in ROWS.items()]
    assert capsys.readouterr().out.splitlines() == wanted


def test_what_they_say(tmp_path: Path) -> None:
    exported(tmp_path, *TOLD)
    with duckdb.connect() as connection:
        analytics.stage(connection, str(tmp_path))
        ask = connection.sql
        events = ask("from stg_order_events select merchant_id, shipment_id, type, previous_status, event_number")
        assert sorted(events.fetchall()) == [
            ("007", "S2", "ORDER_RECEIVED", None, 1),
            ("M1", "S1", "ORDER_RECEIVED", None, 1),
            ("M1", "S1", "SHIPPED", "CONFIRMED", 2),
        ]
        lines = ask("from stg_order_lines select oms_location, sku, quantity")
        assert lines.fetchall() == [("WH1", "SKU-1", 2)]
        assert ask("from stg_returns select return_id, status, quantity").fetchall() == [("R1", "DELIVERED", 1)]


def test_their_tests_find_an_event_that_is_there_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(tmp_path, ORDERS.name)
    file = next((tmp_path / ORDERS.name).rglob("*.parquet"))
    file.with_name("copied-by-hand.parquet").write_bytes(file.read_bytes())
    assert analytics.main(str(tmp_path)) == 1
    assert "event_ids_are_unique" in capsys.readouterr().out
