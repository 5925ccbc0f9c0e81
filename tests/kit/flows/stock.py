"""Stock on the real broker: the two merchants of the cases, their updates moved to now, and what came of them."""

from collections.abc import Mapping
from typing import Any

from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.topics import ALERTS, DEAD_LETTERS, INVENTORY_RESULTS
from tests.kit.cases import CASE_NOW_MS, read_case
from tests.kit.flows.odd_amazon import OddAmazon
from tests.kit.flows.world import Seller, World, wall_ms
from tests.kit.processes import Process

A, B = "A2EXAMPLE", "B2EXAMPLE"
MERCHANT_LOCATIONS = {"EXSB": ("SELLER_FLEX", "WH1"), "EXMF": ("SELF_SHIP", "WH2")}


def stock_seller(merchant_id: str = A, **oms_locations: str) -> Seller:
    """As tests/cases/files/merchants.toml has it; `oms_locations` by location, where the OMS calls one otherwise."""
    tables = (
        f'[[merchants.locations]]\nlocation_id = "{location_id}"\nprogram = "{program}"\n'
        f'oms_locations = ["{oms_locations.get(location_id, name)}"]\n'
        for location_id, (program, name) in MERCHANT_LOCATIONS.items()
    )
    return Seller(merchant_id, locations="".join(tables), extra="orders = false\nreturns = false\n")


def start_worker_with(world: World, amazon: OddAmazon, **env: str) -> Process:
    urls = {
        "CONNECTOR_SMARTCONNECT__BASE_URL": amazon.url,
        "CONNECTOR_SMARTCONNECT__TOKEN_URL": f"{amazon.url}/auth/o2/token",
        "CONNECTOR_SMARTCONNECT__TIMEOUT_S": "60",
    }
    return world.start_worker(ready=True, **{**urls, **env})


def said(timeline: str, *, count: int = 1) -> list[InventoryUpdate]:
    """The OMS's words of a timeline, in their order. `count`: of a step that has many of them."""
    steps = [step for step in read_case(f"timelines/{timeline}")["steps"] if step["from"] == "oms"]
    moved_ms = wall_ms() - CASE_NOW_MS - 60_000  # a minute ago: no clock is needed to be exact
    return [
        _update(step["value"], moved_ms, str(number))
        for step in steps
        for number in range(count if "count" in step else 1)
    ]


def _update(value: Mapping[str, Any], moved_ms: int, number: str) -> InventoryUpdate:
    return InventoryUpdate(
        value["update_id"].replace("#", number),
        value["merchant_id"],
        value["location_id"],
        value["sku"].replace("#", number),
        value["quantity"],
        value["occurred_at"] + moved_ms,
    )


def results_of(world: World, sku: str) -> list[dict[str, Any]]:
    return [result for result in world.published(INVENTORY_RESULTS.name) if result["sku"] == sku]


def alerts_of(world: World, subject: str) -> list[dict[str, Any]]:
    return [alert for alert in world.published(ALERTS.name) if alert["subject"] == subject]


def letters(world: World) -> list[dict[str, Any]]:
    return world.published(DEAD_LETTERS.name)
