"""The customers and carriers of a rehearsal: orders for what the OMS has stock of, and what becomes of them."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Literal

from connector.cli.rehearse.amazon import SimulatedAmazon
from connector.merchants import Location, Merchant

OrderPlan = Literal["plain", "cancel early", "cancel late", "change", "replace", "return", "cancel return", "split"]

PLANS: tuple[OrderPlan, ...] = ("plain", "cancel early", "cancel late", "change", "replace", "return", "cancel return")
CARRIER_S, CANCEL_S, CHANGE_S = (2.0, 10.0), (0.5, 3.0), (3.0, 6.0)
NEXT_RETURN_S = 12.0  # more than two polls of returns: of two changes between two polls the later is told
HOUR_S = 3600.0
MOST_UNITS = 3


@dataclass(slots=True)
class _Order:
    plan: OrderPlan
    program: str
    shipped: bool = False


@dataclass
class Trade:
    """`per_hour` orders, by turns of the merchant's programs and of what may become of an order. `run` begins their
    ids. `now_s`: monotonic seconds."""

    amazon: SimulatedAmazon
    merchant: Merchant
    run: str
    per_hour: float
    chance: Random
    now_s: Callable[[], float]
    raised: int = 0
    _orders: dict[str, _Order] = field(default_factory=dict)
    _due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _next_order_s: float = 0.0
    _effects: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        places = [one for one in self.merchant.locations if self.merchant.flows(one, "orders")]
        self._places: Iterator[Location] = itertools.cycle(places)
        self._plans = {location.location_id: _plans(location) for location in self.merchant.locations}

    def go_on(self) -> list[tuple[str, str]]:
        """What is due by now. Gives (shipment, effect) of what the connector did at Amazon since the last time."""
        now_s = self.now_s()
        if now_s >= self._next_order_s and self._raise_order():
            self._next_order_s = now_s + HOUR_S / self.per_hour
        effects = self.amazon.ask("effects")[self._effects :]
        self._effects += len(effects)
        for effect in effects:
            self._had(self._orders.get(effect["shipment_id"]), effect["shipment_id"], effect["name"])
        due, self._due = [one for one in self._due if one[0] <= now_s], [one for one in self._due if one[0] > now_s]
        for _, act in sorted(due, key=lambda one: one[0]):
            act()
        return [(effect["shipment_id"], effect["name"]) for effect in effects]

    def was_told(self, shipment_id: str) -> None:
        """The OMS hears of the order at this moment: who changes their mind does so before it can confirm."""
        order = self._orders.get(shipment_id)
        if order is None:
            return
        if order.plan == "cancel early":
            order.plan = "plain"
            self._cancel(shipment_id)
        elif order.plan == "change":
            order.plan = "plain"
            self._later(CHANGE_S, lambda: self._change(shipment_id))

    def _raise_order(self) -> bool:
        """False: the OMS has sent no stock for the place whose turn it is; the next one has the next turn."""
        location = next(self._places, None)
        if location is None:  # orders are switched off everywhere
            return False
        free = [
            (str(item["sku"]), int(item["posted"] - item["reserved"]))
            for item in self.amazon.ask("inventory")
            if item["location_id"] == location.location_id and item["posted"] > item["reserved"]
        ]
        if not free:
            return False
        plan = next(self._plans[location.location_id])
        sku, units = self.chance.choice(sorted(free))
        # A split needs more than one place has: all that there is
        units = units if plan == "split" else self.chance.randint(1, min(MOST_UNITS, units))
        self._create(location, plan, {sku: units})
        return True

    def _create(self, location: Location, plan: OrderPlan, lines: Mapping[str, int]) -> None:
        number = next(self._numbers)
        shipment_id = f"{self.run}-{number:04}"
        order = {
            "merchant_id": self.merchant.merchant_id,
            "location_id": location.location_id,
            "program": location.program,
            "marketplace_id": self.merchant.marketplace_of(location),
            "lines": lines,
            "shipment_id": shipment_id,
            "order_id": f"999-{self.run}-{number:04}",
        }
        self.amazon.tell("POST", "shipments", order)
        self._orders[shipment_id] = _Order(plan, location.program)
        self.raised += 1

    def _change(self, shipment_id: str) -> None:
        """Amazon gives it more time."""
        ship_by = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
        shipping = {"expectedShippingDateTimeInUTC": ship_by.isoformat().replace("+00:00", "Z")}
        self.amazon.tell("PATCH", f"shipments/{shipment_id}", {"shippingInfo": shipping})

    def _had(self, order: _Order | None, shipment_id: str, effect: str) -> None:
        if order is None:
            return
        if effect == "confirmed" and order.plan == "cancel late":
            order.plan = "plain"
            self._later(CANCEL_S, lambda: self._cancel(shipment_id))
        elif effect == "labels_generated" and order.program != "SELF_SHIP":
            self._later(CARRIER_S, lambda: self._scan(shipment_id, order))
        elif effect == "package_shipped":
            self._shipped(shipment_id, order)

    def _cancel(self, shipment_id: str) -> None:
        if self._status(shipment_id) not in ("SHIPPED", "DELIVERED", "CANCELLED"):
            self.amazon.tell("POST", f"shipments/{shipment_id}/cancel", {"reason": "Customer cancelled"})

    def _scan(self, shipment_id: str, order: _Order) -> None:
        if self._status(shipment_id) == "SHIPLABEL_GENERATED":
            self.amazon.tell("POST", f"shipments/{shipment_id}/ship", {})
            self._shipped(shipment_id, order)

    def _shipped(self, shipment_id: str, order: _Order) -> None:
        if order.shipped:
            return
        order.shipped = True
        if order.plan == "replace":
            self._replace(shipment_id, order)
        elif order.plan in ("return", "cancel return"):
            self._later(CARRIER_S, lambda: self._send_back(shipment_id, order.plan == "cancel return"))
        self._later(CARRIER_S, lambda: self._deliver(shipment_id))

    def _deliver(self, shipment_id: str) -> None:
        if self._status(shipment_id) == "SHIPPED":
            self.amazon.tell("POST", f"shipments/{shipment_id}/deliver", {})

    def _replace(self, shipment_id: str, order: _Order) -> None:
        new_id = f"{self.run}-{next(self._numbers):04}"
        self.amazon.tell("POST", f"shipments/{shipment_id}/replace", {"new_id": new_id})
        self._orders[new_id] = _Order("plain", order.program)
        self.raised += 1

    def _send_back(self, shipment_id: str, is_cancelled: bool) -> None:
        return_id = f"RET-{shipment_id}"
        self.amazon.tell("POST", "returns", {"shipment_id": shipment_id, "return_id": return_id})
        statuses = ("CANCELLED",) if is_cancelled else ("PICKED_FROM_CUSTOMER", "DELIVERED", "PROCESSED")
        for number, status in enumerate(statuses, start=1):
            self._later((NEXT_RETURN_S * number,) * 2, partial(self._move_return, return_id, status))

    def _move_return(self, return_id: str, status: str) -> None:
        self.amazon.tell("POST", f"returns/{return_id}/advance", {"status": status})

    def _status(self, shipment_id: str) -> str:
        return str(self.amazon.ask(f"shipments/{shipment_id}")["status"])

    def _later(self, within_s: tuple[float, float], act: Callable[[], None]) -> None:
        self._due.append((self.now_s() + self.chance.uniform(*within_s), act))


def _plans(location: Location) -> Iterator[OrderPlan]:
    """By turns, so that each has come after a few orders."""
    return itertools.cycle((*PLANS, "split") if len(location.oms_locations) > 1 else PLANS)
