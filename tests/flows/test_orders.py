"""Orders from Amazon to Kafka: polled and notified, on a real broker, with a real SQS API where there is a queue."""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx
import pytest

from tests.kit.aws import Aws
from tests.kit.broker import eventually
from tests.kit.processes import Process
from tests.kit.world import LOCATION, NewWorld, Seller, World

pytestmark = pytest.mark.kafka

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


def test_a_polled_shipment_is_an_order_on_kafka(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    start(world)
    (shipment_id,) = create(world, "M1")
    (event,) = eventually("an order", lambda: world.published(ORDERS))
    assert (event["type"], event["shipment_id"], event["status"]) == ("ORDER_RECEIVED", shipment_id, "ACCEPTED")
    assert (event["merchant_id"], event["location_id"], event["program"]) == ("M1", LOCATION, "SELLER_FLEX")
    assert (event["observed_via"], event["shipment_type"]) == ("POLL", "NEW")
    world.tell("POST", f"shipments/{shipment_id}/cancel", {"reason": "Changed mind"})
    (gone,) = eventually("the cancellation", lambda: world.published(CANCELLATIONS))
    assert (gone["shipment_id"], gone["reason"], gone["previous_status"]) == (shipment_id, "Changed mind", "ACCEPTED")
    assert {call["operation"] for call in world.ask("calls", merchant="M1")} <= READING


def test_orders_cancellations_and_replacements_with_bad_notifications(new_world: NewWorld, aws: Aws) -> None:
    merchants = ("M1", "M2", "M3")
    queue_url = new_queue(aws)
    delivery = ("--notification-loss", "0.2", "--notification-duplication", "0.3", "--notification-late-s", "3")
    world = new_world([seller(name) for name in merchants], simulator_args=("--queue-url", queue_url, *delivery))
    start(world, queue_url)
    marketplace = Marketplace(world, merchants)
    marketplace.trade(TRADES)
    marketplace.wait_seen()
    eventually("the queue is empty", lambda: waiting(aws, queue_url) == 0)
    eventually(
        "no order waits to be read",
        lambda: 'backlog{merchant="M1",operation="get_shipment"} 0.0' in metrics(world.workers[0]),
    )
    marketplace.check()
    assert world.ask("notifications")["lost"], "the test has lost none"


def test_a_notification_alone_has_the_order_read_once(new_world: NewWorld, aws: Aws) -> None:
    queue_url = new_queue(aws)
    args = ("--queue-url", queue_url, "--notification-duplication", "1")
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=args)
    world.tell("PATCH", "notifications", {"copies": 10, "late_s": 1})
    start(world, queue_url)
    eventually("all was polled once", lambda: polled("M1", world))
    (shipment_id,) = create(world, "M1")
    (event,) = eventually("an order", lambda: world.published(ORDERS))
    assert (event["shipment_id"], event["observed_via"]) == (shipment_id, "NOTIFICATION")
    eventually("all ten are saved", lambda: len(world.published("connector.notifications")) >= 10)
    eventually("the queue is empty", lambda: waiting(aws, queue_url) == 0)
    assert len(world.ask("calls", merchant="M1", operation="get_shipment")) == 1
    assert len(once(world.published(ORDERS))) == 1


def test_garbage_in_the_queue_goes_to_dead_letters(new_world: NewWorld, aws: Aws) -> None:
    queue_url = new_queue(aws)
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=("--queue-url", queue_url))
    start(world, queue_url)
    eventually("all was polled once", lambda: polled("M1", world))
    status_change = '"notificationType": "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"'
    facts = '"shipmentId": "S1", "shipmentStatus": "ACCEPTED"'
    bad = {
        "UNREADABLE": "{broken",
        "UNKNOWN_TYPE": '{"notificationType": "ORDER_CHANGE", "payload": {}}',
        "UNKNOWN_MERCHANT": f'{{{status_change}, "payload": {{"merchantId": "M404", {facts}}}}}',
        "UNKNOWN_LOCATION": f'{{{status_change}, "payload": {{"merchantId": "M1", "locationId": "NOWHERE", {facts}}}}}',
    }
    for message in bad.values():
        world.tell("POST", "notifications", {"message": message})
    (shipment_id,) = create(world, "M1")
    letters = eventually("dead letters", lambda: found if len(found := dead_letters(world)) == len(bad) else None)
    assert {letter["reason"] for letter in letters} == set(bad)
    for letter in letters:
        assert letter["topic"] == "connector.notifications"
        assert bad[letter["reason"]] == world.codec.decode("connector.notifications", letter["value"])["raw"]
    eventually("the good one went on", lambda: received(world)[shipment_id])
    eventually("the queue is empty", lambda: waiting(aws, queue_url) == 0)


def dead_letters(world: World) -> list[dict[str, Any]]:
    return world.published("connector.dead-letters")


def test_a_long_list_is_settled_page_by_page(new_world: NewWorld) -> None:
    """Also what was there before the first start; empty first pages are no end."""
    world = new_world([seller("M1")], simulator_args=("--switch", "empty_first_page=true"))
    ids = create(world, "M1", count=230)
    worker = start(world)
    eventually("every order", lambda: set(ids) == set(received(world)))
    assert set(received(world).values()) == {1}
    watermarks = world.broker.consume("connector-watermarks-changelog")
    assert any(b"ACCEPTED" in (message.key() or b"") for message in watermarks)
    assert worker.stop() == 0
    before = len(world.ask("calls", operation="list_shipments"))
    start(world, CONNECTOR_POLLING__OVERLAP_S="0")
    eventually("polled again", lambda: len(world.ask("calls", operation="list_shipments")) > before + 12)
    assert len(world.published(ORDERS)) == len(ids), "a restart goes on from the watermark"


def test_polling_an_idle_merchant_costs_no_more_than_its_share(new_world: NewWorld, aws: Aws) -> None:
    """And takes nothing from reading orders: 40 are read while the lists' own lane has more to do than it can."""
    queue_url = new_queue(aws)
    busy = seller("M1", extra="[merchants.limits]\nlist_shipments = {rate = 1}\nget_shipment = {rate = 20}\n")
    world = new_world(
        [busy, seller("M2", poll_interval_s=2)],
        simulator_args=("--queue-url", queue_url, "--limit", "get_shipment=20/20"),
    )
    start(world, queue_url)
    ids = create(world, "M1", count=40)
    eventually("every order", lambda: set(ids) == set(received(world)))
    lists = world.ask("calls", merchant="M1", operation="list_shipments")
    reads = world.ask("calls", merchant="M1", operation="get_shipment")
    assert reads, "read by notification"
    assert (len(lists) - 1) / (lists[-1]["at"] - lists[0]["at"]) < 1.05
    eventually(
        "the idle one is polled", lambda: len(world.ask("calls", merchant="M2", operation="list_shipments")) > 30
    )
    idle = world.ask("calls", merchant="M2", operation="list_shipments")
    span_s = idle[-1]["at"] - idle[0]["at"]
    assert len(idle) <= 3 * (span_s / 2 + 1) + 7 * (span_s / 3 + 1), "each list once an interval"


def test_an_api_that_is_not_enabled_is_no_fault_of_the_merchant(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    world.tell("PATCH", "merchants/M1", {"not_enrolled": ["returns"]})
    worker = start(world)
    eventually("told in the metrics", lambda: 'connector_not_enabled{merchant="M1"} 1.0' in metrics(worker))
    (shipment_id,) = create(world, "M1")
    eventually("orders go on", lambda: received(world)[shipment_id])
    calls = len(world.ask("calls", merchant="M1", operation="returns"))
    eventually("tried again", lambda: len(world.ask("calls", merchant="M1", operation="returns")) > calls)
    log = worker.log.read_text()
    assert log.count("not enabled for the merchant") == 1
    assert "suspended" not in log
    world.tell("PATCH", "merchants/M1", {"not_enrolled": []})
    world.tell("POST", "returns", {"shipment_id": shipment_id})
    eventually("returns flow once it is enabled", lambda: world.published("amazon.returns"))
    assert 'connector_not_enabled{merchant="M1"}' not in metrics(worker)


def test_a_merchant_refused_everywhere_is_suspended_though_only_polled(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    world.tell("PATCH", "merchants/M1", {"unauthorized": True})
    worker = start(world)
    worker.wait_for("Amazon refuses the merchant: suspended")
    world.tell("PATCH", "merchants/M1", {"unauthorized": False})
    (shipment_id,) = create(world, "M1")
    eventually("it goes on", lambda: received(world)[shipment_id])


def test_switches_and_observe_mode(new_world: NewWorld) -> None:
    """Nothing of a switched-off location is asked; in mode observe events flow and nothing is ever changed."""
    off = '[[merchants.locations]]\nlocation_id = "OFF"\nprogram = "SELLER_FLEX"\norders = false\nreturns = false\n'
    watched = seller("M1", extra='mode = "observe"\nauto_confirm = true\n')
    watched.locations += off
    world = new_world([watched])
    start(world)
    (here,), (elsewhere,) = create(world, "M1"), create(world, "M1", location_id="OFF")
    world.produce([world.update("M1", "sku", 5, 1)])
    eventually("an order", lambda: received(world)[here])
    eventually("polled some times", lambda: len(world.ask("calls", operation="list_shipments")) > 30)
    calls = world.ask("calls", merchant="M1")
    assert {call["operation"] for call in calls} <= READING
    assert all(call["method"] == "GET" for call in calls if call["operation"] != "token")
    assert not [call for call in calls if "OFF" in call["path"]]
    assert elsewhere not in received(world)


def test_orders_worked_elsewhere_while_we_were_away_are_adopted(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    ids = create(world, "M1", count=3)
    for shipment_id, status in zip(ids, ("CONFIRMED", "SHIPPED", "DELIVERED"), strict=True):
        world.tell("POST", f"shipments/{shipment_id}/console", {"status": status})
    start(world)
    eventually("every order", lambda: set(ids) == set(received(world)))
    events = {event["shipment_id"]: event["status"] for event in world.published(ORDERS)}
    assert events == dict(zip(ids, ("CONFIRMED", "SHIPPED", "DELIVERED"), strict=True))
