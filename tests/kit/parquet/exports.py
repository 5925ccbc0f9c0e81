"""An export on disk, of four topics or some of them."""

from pathlib import Path
from typing import Any

from connector.documents.directory import Directory
from connector.kafka.topics import CANCELLATIONS, INVENTORY_RESULTS, ORDERS, RETURNS
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
ROWS: dict[str, tuple[str, int]] = {
    "stg_cancellations": (CANCELLATIONS.name, 1),
    "stg_inventory_results": (INVENTORY_RESULTS.name, 3),
    "stg_order_events": (ORDERS.name, 3),
    "stg_order_lines": (ORDERS.name, 1),
    "stg_returns": (RETURNS.name, 1),
}
"""By model of examples/dbt: the topic that it reads, and how many rows it has of TOLD."""


def exported(root: Path, *topics: str) -> None:
    for topic in topics:
        place = MemoryPlace()
        run_over(log_of(topic, TOLD[topic]), place, topic)
        for name, content in place.files.items():
            Directory(root).write(name, content, "", "")
