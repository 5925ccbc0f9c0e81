"""What the OMS says of stock, and what it and the operators are told of it."""

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.topics import ALERTS, INVENTORY_RESULTS
from tests.kit.inventory.agents import NOW_MS, StockAgents


def word(quantity: int, at_s: float, *, sku: str = "SKU", place: str = "WH1", update_id: str = "") -> InventoryUpdate:
    at_ms = NOW_MS + round(at_s * 1000)
    return InventoryUpdate(update_id or f"u-{sku}-{quantity}-{at_s}", "M1", place, sku, quantity, at_ms)


def results(agents: StockAgents) -> list[tuple[str, str, int, int | None]]:
    found = agents.topics.on(INVENTORY_RESULTS)
    return [(one["update_id"], one["outcome"], one["quantity"], one["sequence"]) for one in found]


def alerts(agents: StockAgents) -> list[tuple[str, str, bool]]:
    """(kind, subject, whether it ended), as published."""
    return [(one["kind"], one["subject"], one["ended_at"] is not None) for one in agents.topics.on(ALERTS)]
