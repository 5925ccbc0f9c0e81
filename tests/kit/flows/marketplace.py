"""Orders at Amazon for tests: a marketplace that trades, its queue of notifications, and workers that poll it fast."""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from tests.kit.aws import Aws
from tests.kit.flows.world import LOCATION, Seller, World
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

ORDERS, CANCELLATIONS = "amazon.orders", "amazon.cancellations"
POLLING = {
    "CONNECTOR_POLLING__LAG_S": "0",
    "CONNECTOR_POLLING__OVERLAP_S": "10",
    "CONNECTOR_POLLING__SLOW_INTERVAL_S": "3",
    "CONNECTOR_POLLING__NOT_ENABLED_INTERVAL_S": "2",
}
TRADES = 200 if os.environ.get("CONNECTOR_CAMPAIGN") else 60
READING = {"list_shipments", "get_shipment", "returns", "token"}


def seller(merchant_id: str, poll_interval_s: float = 1, extra: str = "", **options: Any) -> Seller:
    return Seller(merchant_id, extra=f"poll_interval_s = {poll_interval_s}\n{extra}", **options)


def start(world: World, queue_url: str = "", **env: str) -> Process:
    return world.start_worker(ready=True, CONNECTOR_NOTIFICATIONS__QUEUE_URL=queue_url, **{**POLLING, **env})


def new_queue(aws: Aws, visibility_s: int = 2) -> str:
    attributes = {"VisibilityTimeout": str(visibility_s)}
    return str(aws.client("sqs").create_queue(QueueName="notifications", Attributes=attributes)["QueueUrl"])


def waiting(aws: Aws, queue_url: str) -> int:
    """Messages of the queue, handed out ones too."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def polled(merchant_id: str, world: World, after: int = 0) -> bool:
    """Every list of the merchant was asked for once."""
    calls = world.ask("calls", merchant=merchant_id, operation="list_shipments", after=str(after))
    return len({call["path"].split("lastUpdated")[0] for call in calls}) >= 10 or len(calls) >= 10


def create(world: World, merchant_id: str, count: int = 1, **facts: Any) -> list[str]:
    """Ids of new shipments."""
    body = {"merchant_id": merchant_id, "lines": {"sku": 2}, "location_id": LOCATION, "count": count, **facts}
    return [shipment["id"] for shipment in world.tell("POST", "shipments", body)]


def once(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Deduplicated by event_id, the first of each, in order (G6)."""
    return list({event["event_id"]: event for event in reversed(list(events))}.values())[::-1]


def received(world: World) -> Counter[str]:
    return Counter(e["shipment_id"] for e in once(world.published(ORDERS)) if e["type"] == "ORDER_RECEIVED")


def metrics(worker: Process) -> str:
    port = worker.wait_for(r'"web_port": (\d+)').group(1)
    return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text


RANKS = [
    "ACCEPTED",
    "CONFIRMED",
    "PACKAGE_CREATED",
    "PICKUP_SLOT_RETRIEVED",
    "INVOICE_GENERATED",
    "SHIPLABEL_GENERATED",
    "SHIPPED",
    "DELIVERED",
]


def check_order_per_shipment(world: World) -> None:
    """ORDER_RECEIVED first, states only forwards."""
    by_shipment = defaultdict(list)
    for event in once(world.published(ORDERS)):
        by_shipment[event["shipment_id"]].append(event)
    for shipment_id, events in by_shipment.items():
        assert [e["type"] == "ORDER_RECEIVED" for e in events] == [True] + [False] * (len(events) - 1), shipment_id
        ranks = [RANKS.index(e["status"]) for e in events if e["status"] in RANKS]
        assert ranks == sorted(ranks), (shipment_id, [e["status"] for e in events])


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
                self._world.tell("POST", f"shipments/{shipment_id}/cancel", {"reason": "Customer cancelled"})
                self.cancelled.add(shipment_id)
            elif fate < 0.4:
                self._world.tell("POST", f"shipments/{shipment_id}/console", {"status": "CONFIRMED"})
            elif fate < 0.5:
                self._world.tell("POST", f"shipments/{shipment_id}/console", {"status": "SHIPPED"})
                replacement = self._world.tell("POST", f"shipments/{shipment_id}/replace", {})["id"]
                self.replacements[replacement] = shipment_id
                self.created.append(replacement)

    def wait_seen(self, timeout_s: float = 60) -> None:
        """Every order received, every cancellation and replacement known."""
        missing: set[str] = set()

        def all_seen() -> bool:
            cancelled = {e["shipment_id"] for e in self._world.published(CANCELLATIONS)}
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
        cancellations = Counter(e["shipment_id"] for e in once(self._world.published(CANCELLATIONS)))
        assert cancellations == Counter(self.cancelled)
        events = {e["shipment_id"]: e for e in self._world.published(ORDERS) if e["type"] == "ORDER_RECEIVED"}
        for replacement, original in self.replacements.items():
            assert events[replacement]["shipment_type"] == "REPLACEMENT"
            assert events[replacement]["original_shipment_id"] == original
        check_order_per_shipment(self._world)
        for merchant_id, merchant in self._world.ask("state")["merchants"].items():
            for operation in ("list_shipments", "get_shipment", "returns"):
                calls = merchant["calls"].get(operation, {"throttled": 0})
                assert calls["throttled"] == 0, (merchant_id, operation)


def dead_letters(world: World) -> list[dict[str, Any]]:
    return world.published("connector.dead-letters")
