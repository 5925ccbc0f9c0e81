"""Orders at Amazon in a World: a marketplace that trades, and workers that poll it fast."""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from connector.domain.orders.facts.shipment import Status
from connector.domain.polling.polls import OPEN_ORDERS
from connector.kafka.topics import API_CALLS, CANCELLATIONS, ORDERS
from tests.kit.amazon.simulator import STEPS
from tests.kit.aws import Queue
from tests.kit.flows.world import LOCATION, Seller, World, once
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

POLLING = {
    "CONNECTOR_POLLING__LAG_S": "0",
    "CONNECTOR_POLLING__OVERLAP_S": "10",
    "CONNECTOR_POLLING__SLOWEST_INTERVAL_S": "4",
    "CONNECTOR_POLLING__SLOW_INTERVAL_S": "3",
    "CONNECTOR_POLLING__NOT_ENABLED_INTERVAL_S": "2",
}
TRADES = 200 if os.environ.get("CONNECTOR_CAMPAIGN") else 60
UNRELIABLE = ("--notification-loss", "0.2", "--notification-duplication", "0.3", "--notification-late-s", "3")
"""A simulator that loses some notifications, sends some twice and some late."""
READING = {"list_shipments", "get_shipment", "returns", "token"}
RANKS = ("ACCEPTED", *STEPS, "DELIVERED")


def notifying(queue: Queue, *arguments: str) -> tuple[str, ...]:
    """Arguments of a simulator that sends its notifications there."""
    return ("--queue-url", queue.url, *arguments)


def seller(merchant_id: str, poll_interval_s: float = 1, extra: str = "", **options: Any) -> Seller:
    return Seller(merchant_id, extra=f"poll_interval_s = {poll_interval_s}\n{extra}", **options)


def start(world: World, queue: Queue | None = None, **env: str) -> Process:
    """A worker that polls fast, and takes notifications from the queue."""
    queue_url = queue.url if queue is not None else ""
    return world.start_worker(ready=True, CONNECTOR_NOTIFICATIONS__QUEUE_URL=queue_url, **{**POLLING, **env})


def wait_polled(world: World, merchant_id: str) -> None:
    """Until the merchant's lists were asked for, polls and sweeps: nothing but a notification tells of what is next."""
    world.wait_calls(len(Status) + len(OPEN_ORDERS), merchant=merchant_id, operation="list_shipments")


def create(world: World, merchant_id: str, count: int = 1, **facts: Any) -> list[str]:
    """Ids of new shipments."""
    body = {"merchant_id": merchant_id, "lines": {"sku": 2}, "location_id": LOCATION, "count": count, **facts}
    return [shipment["id"] for shipment in world.tell("POST", "shipments", body)]


def departures_ms(world: World, merchant_id: str, operation: str) -> list[int]:
    """When its calls left, in order: on a busy machine they arrive closer together than that."""
    calls = [call for call in world.published(API_CALLS.name) if call["operation"] == operation and call["sent"]]
    return sorted(call["started_at"] for call in calls if call["merchant_id"] == merchant_id)


def console(world: World, shipment_id: str, status: str) -> None:
    """The seller works the order in Amazon's own console."""
    world.tell("POST", f"shipments/{shipment_id}/console", {"status": status})


def cancel(world: World, shipment_id: str, reason: str = "Customer cancelled") -> None:
    world.tell("POST", f"shipments/{shipment_id}/cancel", {"reason": reason})


def replace(world: World, shipment_id: str) -> str:
    """The id of the shipment that is sent in its place."""
    return str(world.tell("POST", f"shipments/{shipment_id}/replace", {})["id"])


def order_events(world: World) -> list[Mapping[str, Any]]:
    """Each once."""
    return once(world.published(ORDERS.name))


def received(world: World) -> Counter[str]:
    return Counter(event["shipment_id"] for event in order_events(world) if event["type"] == "ORDER_RECEIVED")


def wait_received(world: World, *shipment_ids: str, timeout_s: float = 60) -> None:
    """Until these shipments, and no others, are ORDER_RECEIVED; and each of them once."""

    def all_received() -> Counter[str] | None:
        return found if set(found := received(world)) == set(shipment_ids) else None

    assert set(eventually("the orders received", all_received, timeout_s).values()) == {1}


class Marketplace:
    """Customers at Amazon: they order, some cancel, some have theirs replaced, some orders move on."""

    def __init__(self, world: World, merchants: Sequence[str], seed: int = 1) -> None:
        self._world = world
        self._merchants = merchants
        self._chance = random.Random(seed)
        self.created: list[str] = []
        self.cancelled: set[str] = set()
        self.replacements: dict[str, str] = {}

    def trade(self, orders: int) -> None:
        for number in range(orders):
            (shipment_id,) = create(self._world, self._merchants[number % len(self._merchants)])
            self.created.append(shipment_id)
            fate = self._chance.random()
            if fate < 0.2:
                cancel(self._world, shipment_id)
                self.cancelled.add(shipment_id)
            elif fate < 0.4:
                console(self._world, shipment_id, "CONFIRMED")
            elif fate < 0.5:
                console(self._world, shipment_id, "SHIPPED")
                replacement = replace(self._world, shipment_id)
                self.replacements[replacement] = shipment_id
                self.created.append(replacement)

    def wait_seen(self, timeout_s: float = 60) -> None:
        """Every order received, every cancellation and replacement known."""
        missing: set[str] = set()

        def all_seen() -> bool:
            cancelled = {e["shipment_id"] for e in self._world.published(CANCELLATIONS.name)}
            missing.clear()
            missing.update((set(self.created) - set(received(self._world))) | (self.cancelled - cancelled))
            return not missing

        try:
            eventually("everything is on Kafka", all_seen, timeout_s)
        except AssertionError as late:
            raise AssertionError(f"{late}; missing {sorted(missing)}") from None

    def check(self) -> None:
        assert set(received(self._world).values()) == {1}, "one ORDER_RECEIVED of each"
        assert set(received(self._world)) == set(self.created)
        cancellations = Counter(e["shipment_id"] for e in once(self._world.published(CANCELLATIONS.name)))
        assert cancellations == Counter(self.cancelled)
        events = {
            event["shipment_id"]: event for event in order_events(self._world) if event["type"] == "ORDER_RECEIVED"
        }
        for replacement, original in self.replacements.items():
            assert events[replacement]["shipment_type"] == "REPLACEMENT"
            assert events[replacement]["original_shipment_id"] == original
        self._check_order_per_shipment()
        self._check_throttled()

    def _check_order_per_shipment(self) -> None:
        """ORDER_RECEIVED first, states only forwards."""
        by_shipment = defaultdict(list)
        for event in order_events(self._world):
            by_shipment[event["shipment_id"]].append(event)
        for shipment_id, events in by_shipment.items():
            assert [e["type"] == "ORDER_RECEIVED" for e in events] == [True] + [False] * (len(events) - 1), shipment_id
            ranks = [RANKS.index(e["status"]) for e in events if e["status"] in RANKS]
            assert ranks == sorted(ranks), (shipment_id, [e["status"] for e in events])

    def _check_throttled(self) -> None:
        """Nothing that reads was."""
        for merchant_id, merchant in self._world.ask("state")["merchants"].items():
            for operation in ("list_shipments", "get_shipment", "returns"):
                calls = merchant["calls"].get(operation, {"throttled": 0})
                assert calls["throttled"] == 0, (merchant_id, operation)
