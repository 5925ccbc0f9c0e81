"""Orders from Amazon to Kafka: polled and notified, on a real broker, with a real SQS API where there is a queue."""

from itertools import pairwise

import pytest

from tests.kit.aws import Aws, Queue
from tests.kit.flows.marketplace import (
    READING,
    TRADES,
    UNRELIABLE,
    Marketplace,
    cancel,
    console,
    create,
    departures_ms,
    notifying,
    order_events,
    seller,
    start,
    wait_polled,
    wait_received,
)
from tests.kit.flows.world import LOCATION, NewWorld
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_a_polled_shipment_is_an_order_on_kafka(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    start(world, CONNECTOR_KAFKA__CLOUDEVENTS="true")
    (shipment_id,) = create(world, "M1")

    (event,) = world.wait_events("amazon.orders", 1)
    headers = dict(world.broker.consume("amazon.orders")[0].headers() or [])
    assert headers["ce_id"] == event["event_id"].encode()
    assert headers["ce_type"] == b"smartconnect.OrderEvent.ORDER_RECEIVED"
    assert (event["type"], event["shipment_id"], event["status"]) == ("ORDER_RECEIVED", shipment_id, "ACCEPTED")
    assert (event["merchant_id"], event["location_id"], event["program"]) == ("M1", LOCATION, "SELLER_FLEX")
    assert (event["observed_via"], event["shipment_type"]) == ("POLL", "NEW")

    cancel(world, shipment_id, "Changed mind")
    (gone,) = world.wait_events("amazon.cancellations", 1)
    assert (gone["shipment_id"], gone["reason"], gone["previous_status"]) == (shipment_id, "Changed mind", "ACCEPTED")
    assert {call["operation"] for call in world.calls(merchant="M1")} <= READING


def test_orders_cancellations_and_replacements_with_bad_notifications(new_world: NewWorld, aws: Aws) -> None:
    queue, merchants = Queue(aws), ("M1", "M2", "M3")
    unreliable = notifying(queue, *UNRELIABLE)
    world = new_world([seller(name) for name in merchants], simulator_args=unreliable)
    worker = start(world, queue)
    customers = Marketplace(world, merchants)
    customers.trade(TRADES)

    customers.wait_seen()
    queue.wait_empty()
    nothing_waits = 'backlog{merchant="M1",operation="get_shipment"} 0.0'
    eventually("no order waits to be read", lambda: nothing_waits in worker.metrics())
    customers.check()
    assert world.ask("notifications")["lost"], "the test has lost none"


def test_a_notification_alone_has_the_order_read_once(new_world: NewWorld, aws: Aws) -> None:
    queue = Queue(aws)
    twice = notifying(queue, "--notification-duplication", "1")
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=twice)
    world.tell("PATCH", "notifications", {"copies": 10, "late_s": 1})
    start(world, queue)
    wait_polled(world, "M1")
    (shipment_id,) = create(world, "M1")

    (event,) = world.wait_events("amazon.orders", 1)
    assert (event["shipment_id"], event["observed_via"]) == (shipment_id, "NOTIFICATION")
    eventually("all ten are saved", lambda: len(world.published("connector.notifications")) >= 10)
    queue.wait_empty()
    assert len(world.calls(merchant="M1", operation="get_shipment")) == 1
    assert len(order_events(world)) == 1


def test_orders_are_polled_seldom_while_they_are_notified_and_often_again_after_one_was_not(
    new_world: NewWorld, aws: Aws
) -> None:
    queue = Queue(aws)
    world = new_world([seller("M1")], simulator_args=notifying(queue))
    worker = start(world, queue, CONNECTOR_POLLING__SLOWEST_INTERVAL_S="8")
    wait_polled(world, "M1")
    orders: list[str] = []
    for _ in range(3):
        orders += create(world, "M1")
        wait_received(world, *orders)
    interval = 'connector_poll_interval_seconds{merchant="M1"}'
    eventually("each of them was notified", lambda: f"{interval} 8.0" in worker.metrics())

    world.tell("PATCH", "notifications", {"loss": 1})
    orders += create(world, "M1")
    wait_received(world, *orders)
    assert f"{interval} 1.0" in worker.metrics()


def test_garbage_in_the_queue_goes_to_dead_letters(new_world: NewWorld, aws: Aws) -> None:
    queue = Queue(aws)
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=notifying(queue))
    start(world, queue)
    wait_polled(world, "M1")
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

    letters = world.wait_dead_letters(len(bad))
    assert {letter["reason"] for letter in letters} == set(bad)
    for letter in letters:
        assert letter["topic"] == "connector.notifications"
        assert bad[letter["reason"]] == world.codec.decode("connector.notifications", letter["value"])["raw"]
    wait_received(world, shipment_id)
    queue.wait_empty()


def test_a_long_list_is_settled_page_by_page(new_world: NewWorld) -> None:
    """Also what was there before the first start; empty first pages are no end."""
    world = new_world([seller("M1")], simulator_args=("--switch", "empty_first_page=true"))
    shipment_ids = create(world, "M1", count=230)
    worker = start(world)
    wait_received(world, *shipment_ids)

    assert worker.stop() == 0
    before = len(world.calls(operation="list_shipments"))
    start(world, CONNECTOR_POLLING__OVERLAP_S="0")
    world.wait_calls(before + 13, operation="list_shipments")
    assert len(world.published("amazon.orders")) == len(shipment_ids), "a restart goes on from the watermark"


def test_polling_an_idle_merchant_costs_no_more_than_its_share(new_world: NewWorld, aws: Aws) -> None:
    """And takes nothing from reading orders: 40 are read while the lists' own lane has more to do than it can."""
    queue = Queue(aws)
    busy = seller("M1", limits="list_shipments = {rate = 1}\nget_shipment = {rate = 20}")
    idle = seller("M2", poll_interval_s=2)
    world = new_world([busy, idle], simulator_args=notifying(queue, "--limit", "get_shipment=20/20"))
    start(world, queue)
    world.wait_calls(3, merchant="M1", operation="list_shipments")
    shipment_ids = create(world, "M1", count=40)
    wait_received(world, *shipment_ids)

    reads, lists = departures_ms(world, "M1", "get_shipment"), departures_ms(world, "M1", "list_shipments")
    assert len(reads) > 20, "read by notification"
    meanwhile = [at for at in lists if at < reads[-1]]
    assert len(meanwhile) < len(reads), "the lists are far slower"
    assert all(later - sooner > 900 for sooner, later in pairwise(lists)), "never above its own limit of one a second"
    world.wait_calls(30, merchant="M2", operation="list_shipments")
    lists = departures_ms(world, "M2", "list_shipments")
    span_s = (lists[-1] - lists[0]) / 1000
    sweeps = 3
    assert len(lists) <= 3 * (span_s / 2 + 1) + 7 * (span_s / 3 + 1) + sweeps, "each list once an interval"


def test_an_api_that_is_not_enabled_is_no_fault_of_the_merchant(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    world.tell("PATCH", "merchants/M1", {"not_enrolled": ["returns"]})
    worker = start(world)
    not_enabled = 'connector_not_enabled{merchant="M1"}'
    eventually("told in the metrics", lambda: f"{not_enabled} 1.0" in worker.metrics())
    (shipment_id,) = create(world, "M1")

    wait_received(world, shipment_id)
    world.wait_calls(len(world.calls(merchant="M1", operation="returns")) + 1, merchant="M1", operation="returns")
    log = worker.log.read_text()
    assert log.count("not enabled for the merchant") == 1
    assert "suspended" not in log

    world.tell("PATCH", "merchants/M1", {"not_enrolled": []})
    world.tell("POST", "returns", {"shipment_id": shipment_id})
    eventually("returns flow once it is enabled", lambda: world.published("amazon.returns"))
    assert not_enabled not in worker.metrics()


def test_a_merchant_refused_everywhere_is_suspended_though_only_polled(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    world.tell("PATCH", "merchants/M1", {"unauthorized": True})
    worker = start(world)
    worker.wait_for("Amazon refuses the merchant: suspended")

    world.tell("PATCH", "merchants/M1", {"unauthorized": False})
    (shipment_id,) = create(world, "M1")
    wait_received(world, shipment_id)


def test_switches_and_observe_mode(new_world: NewWorld) -> None:
    """Nothing of a switched-off location is asked; in mode observe events flow and nothing is ever changed."""
    off = '[[merchants.locations]]\nlocation_id = "DARK"\nprogram = "SELLER_FLEX"\norders = false\nreturns = false\n'
    watched = seller("M1", extra='mode = "observe"\nauto_confirm = true\n')
    watched.locations += off
    world = new_world([watched])
    start(world)
    (here,) = create(world, "M1")
    create(world, "M1", location_id="DARK")
    world.produce([world.update("M1", "sku", 5, 1)])

    wait_received(world, here)
    world.wait_calls(31, operation="list_shipments")
    wait_received(world, here)
    calls = world.calls(merchant="M1")
    assert {call["operation"] for call in calls} <= READING
    assert all(call["method"] == "GET" for call in calls if call["operation"] != "token")
    assert not [call for call in calls if "DARK" in call["path"]]


def test_orders_worked_elsewhere_while_we_were_away_are_adopted(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    worked = dict(zip(create(world, "M1", count=3), ("CONFIRMED", "SHIPPED", "DELIVERED"), strict=True))
    for shipment_id, status in worked.items():
        console(world, shipment_id, status)
    start(world)

    wait_received(world, *worked)
    assert {event["shipment_id"]: event["status"] for event in world.published("amazon.orders")} == worked
