"""Orders from Amazon to Kafka: polled and notified, on a real broker, with a real SQS API where there is a queue."""

from itertools import pairwise

import pytest

from tests.kit.aws import Aws
from tests.kit.flows.marketplace import (
    CANCELLATIONS,
    ORDERS,
    READING,
    TRADES,
    Marketplace,
    create,
    dead_letters,
    metrics,
    new_queue,
    once,
    polled,
    received,
    seller,
    start,
    waiting,
)
from tests.kit.flows.world import LOCATION, NewWorld
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


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


def test_a_long_list_is_settled_page_by_page(new_world: NewWorld) -> None:
    """Also what was there before the first start; empty first pages are no end."""
    world = new_world([seller("M1")], simulator_args=("--switch", "empty_first_page=true"))
    ids = create(world, "M1", count=230)
    worker = start(world)
    eventually("every order", lambda: set(ids) == set(received(world)))
    assert set(received(world).values()) == {1}
    assert worker.stop() == 0
    before = len(world.ask("calls", operation="list_shipments"))
    start(world, CONNECTOR_POLLING__OVERLAP_S="0")
    eventually("polled again", lambda: len(world.ask("calls", operation="list_shipments")) > before + 12)
    assert len(world.published(ORDERS)) == len(ids), "a restart goes on from the watermark"


def test_polling_an_idle_merchant_costs_no_more_than_its_share(new_world: NewWorld, aws: Aws) -> None:
    """And takes nothing from reading orders: 40 are read while the lists' own lane has more to do than it can."""
    queue_url = new_queue(aws)
    busy = seller("M1", limits="list_shipments = {rate = 1}\nget_shipment = {rate = 20}")
    args = ("--queue-url", queue_url, "--limit", "get_shipment=20/20")
    world = new_world([busy, seller("M2", poll_interval_s=2)], simulator_args=args)
    start(world, queue_url)

    def list_times(merchant_id: str, count: int) -> list[float]:
        def found() -> list[float] | None:
            calls = world.ask("calls", merchant=merchant_id, operation="list_shipments")
            return [call["at"] for call in calls] if len(calls) >= count else None

        return eventually(f"{merchant_id} is polled", found)

    before = len(list_times("M1", 3))
    ids = create(world, "M1", count=40)
    eventually("every order", lambda: set(ids) == set(received(world)))
    reads = world.ask("calls", merchant="M1", operation="get_shipment")
    assert len(reads) > 20, "read by notification"
    between = [at for at in list_times("M1", before + 8) if at < reads[-1]["at"]]
    assert len(between) < len(reads), "the lists are far slower"
    times = list_times("M1", before + 8)
    assert all(later - sooner > 0.5 for sooner, later in pairwise(times)), (
        "never above its own limit of one a second (arrivals bunch on a busy machine)"
    )
    idle = list_times("M2", 30)
    span_s = idle[-1] - idle[0]
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
    off = '[[merchants.locations]]\nlocation_id = "DARK"\nprogram = "SELLER_FLEX"\norders = false\nreturns = false\n'
    watched = seller("M1", extra='mode = "observe"\nauto_confirm = true\n')
    watched.locations += off
    world = new_world([watched])
    start(world)
    (here,), (elsewhere,) = create(world, "M1"), create(world, "M1", location_id="DARK")
    world.produce([world.update("M1", "sku", 5, 1)])
    eventually("an order", lambda: received(world)[here])
    eventually("polled some times", lambda: len(world.ask("calls", operation="list_shipments")) > 30)
    calls = world.ask("calls", merchant="M1")
    assert {call["operation"] for call in calls} <= READING
    assert all(call["method"] == "GET" for call in calls if call["operation"] != "token")
    assert not [call for call in calls if "DARK" in call["path"]]
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
