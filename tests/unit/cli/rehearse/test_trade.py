"""What customers and carriers of a rehearsal do, at a simulator that is served in this process' stead."""

from collections.abc import Mapping
from random import Random
from typing import Any

from connector.cli.rehearse.amazon import SimulatedAmazon
from connector.cli.rehearse.trade import Trade
from connector.merchants import Merchant
from tests.kit.inventory.agents import merchant


class Amazon(SimulatedAmazon):
    """Remembers what it was told. `stock`: what it shows."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", "M1")
        self.stock: list[dict[str, Any]] = []
        self.effects: list[dict[str, str]] = []
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def ask(self, path: str, **query: str | int) -> Any:
        assert not query
        if path == "inventory":
            return self.stock
        return self.effects if path == "effects" else {"status": "ACCEPTED"}

    def tell(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        assert method in ("POST", "PATCH")
        self.told.append((path, body))

    def has(self, sku: str, posted: int, reserved: int = 0) -> None:
        self.stock = [{"location_id": "EXSB", "sku": sku, "posted": posted, "reserved": reserved}]


class Day:
    def __init__(self, of: Merchant | None = None, per_hour: float = 3600) -> None:
        self.now_s = 0.0
        self.amazon = Amazon()
        self.trade = Trade(self.amazon, of or merchant(), "R1", per_hour, Random(7), lambda: self.now_s)

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds
        self.trade.go_on()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.amazon.told]


def test_orders_come_for_what_has_stock_at_their_pace_and_have_ids_of_the_rehearsal() -> None:
    day = Day(per_hour=360)
    day.pass_s(1)
    assert day.paths == [], "there is no stock"
    day.amazon.has("SKU", 5, reserved=5)
    day.pass_s(1)
    assert day.paths == [], "all of it is ordered"
    day.amazon.has("SKU", 5, reserved=4)
    for _ in range(11):
        day.pass_s(1)
    ids = [body["shipment_id"] for _, body in day.amazon.told]
    assert ids == ["R1-0001", "R1-0002"]
    assert all(body["lines"] == {"SKU": 1} for _, body in day.amazon.told)


def test_the_second_is_cancelled_as_the_oms_hears_of_it_and_the_fourth_is_changed() -> None:
    day = Day()
    day.amazon.has("SKU", 50)
    for number in range(1, 5):
        day.pass_s(1)
        day.trade.was_told(f"R1-{number:04}")
    day.trade.was_told("of another day")
    assert "shipments/R1-0002/cancel" in day.paths
    day.amazon.has("SKU", 0)
    day.pass_s(10)
    (changed,) = [body for path, body in day.amazon.told if path == "shipments/R1-0004"]
    assert "expectedShippingDateTimeInUTC" in changed["shippingInfo"]


def test_the_third_is_cancelled_once_it_is_confirmed() -> None:
    day = Day()
    day.amazon.has("SKU", 50)
    for _ in range(3):
        day.pass_s(1)
    day.amazon.has("SKU", 0)
    day.amazon.effects = [{"shipment_id": "R1-0003", "name": "confirmed"}]
    day.pass_s(1)
    day.pass_s(5)
    assert "shipments/R1-0003/cancel" in day.paths


def test_where_orders_are_switched_off_none_come() -> None:
    day = Day(merchant(orders=False))
    day.amazon.has("SKU", 50)
    day.pass_s(1)
    assert day.paths == []
