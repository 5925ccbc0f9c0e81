"""Status messages, delivered well and badly; destinations and subscriptions."""

import asyncio
import json
from collections import Counter
from typing import Any

from connector.simulator import Delivery, NewShipment, Simulator
from connector.simulator.notifications.sqs import sqs_notify
from tests.kit.amazon.simulator import STEPS, UNLIMITED, Merchant, merchant_of
from tests.kit.aws import Aws, Queue

DESTINATIONS = "/notifications/v1/destinations"
SUBSCRIPTIONS = "/notifications/v1/subscriptions/EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"


def make(**delivery: Any) -> tuple[Simulator, list[str]]:
    heard: list[str] = []

    async def notify(message: str) -> None:
        heard.append(message)

    simulator = Simulator(limits=UNLIMITED)
    simulator.notifications.notify = notify
    simulator.notifications.delivery = Delivery(**delivery)
    return simulator, heard


def _payload(message: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(message)["payload"]["externalFulfillmentShipmentNotification"]
    return found


async def test_every_status_but_created_has_a_message() -> None:
    simulator, heard = make()
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program="EASY_SHIP", status="CREATED"))
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "SHIPPED")
        await simulator.notifications.drain()
    assert [_payload(message)["shipmentStatus"] for message in heard] == list(STEPS)
    assert _payload(heard[0]) == {
        "merchantId": "M1",
        "locationId": "EXSB",
        "channelName": "MFN",
        "shipmentId": shipment.id,
        "shipmentStatus": "CONFIRMED",
    }
    assert len({json.loads(message)["notificationMetadata"]["notificationId"] for message in heard}) == 6


async def test_loss_and_duplication_are_shares_and_lateness_shuffles() -> None:
    simulator, heard = make(loss=0.2, duplication=0.3, copies=3, late_s=0.05)
    for _ in range(400):
        simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    await simulator.notifications.drain()
    sender = simulator.notifications
    assert len(sender.sent) + len(sender.lost) == 400
    assert 50 < len(sender.lost) < 115
    times = Counter(heard)
    assert set(times) == set(sender.sent)
    assert set(times.values()) == {1, 3}
    assert 60 < sum(count == 3 for count in times.values()) < 130
    assert list(dict.fromkeys(heard)) != sender.sent


async def test_the_same_seed_loses_the_same() -> None:
    lost = []
    for _ in range(2):
        simulator, _heard = make(loss=0.5)
        for _n in range(50):
            simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
        await simulator.notifications.drain()
        lost.append([_payload(message)["shipmentId"] for message in simulator.notifications.lost])
    assert lost[0] == lost[1] != []


async def test_an_unreachable_queue_breaks_nothing() -> None:
    async def notify(_: str) -> None:
        raise ConnectionError

    simulator = Simulator()
    simulator.notifications.notify = notify
    simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    simulator.notifications.send("garbage")
    await simulator.notifications.drain()
    assert len(simulator.notifications.failed) == 2


async def test_what_is_late_ends_with_the_server() -> None:
    simulator, heard = make(late_s=3600.0)
    async with merchant_of(simulator):
        simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
        await asyncio.sleep(0)
    await asyncio.wait_for(simulator.notifications.drain(), 10)
    assert heard == []


async def _grantless(merchant: Merchant, scope: str = "sellingpartnerapi::notifications") -> str:
    return str((await merchant.grant(grant_type="client_credentials", scope=scope)).body["access_token"])


async def test_a_token_without_a_seller_opens_its_own_scope_only() -> None:
    simulator, _ = make()
    async with merchant_of(simulator) as merchant:
        for scope, path, status in (
            ("sellingpartnerapi::notifications", DESTINATIONS, 200),
            ("sellingpartnerapi::notifications", SUBSCRIPTIONS, 403),
            ("sellingpartnerapi::another", DESTINATIONS, 403),
            ("sellingpartnerapi::another", SUBSCRIPTIONS, 403),
        ):
            merchant.token = await _grantless(merchant, scope)
            assert (await merchant.call("GET", path)).status == status


async def test_a_destination_is_grantless_and_a_subscription_the_sellers() -> None:
    simulator, _ = make()
    arn = "arn:aws:sqs:eu-west-1:111122223333:queue"
    destination = {"name": "queue", "resourceSpecification": {"sqs": {"arn": arn}}}
    async with merchant_of(simulator) as merchant:
        sellers = merchant.token
        assert (await merchant.call("POST", DESTINATIONS, destination)).status == 403
        merchant.token = await _grantless(merchant)
        made = await merchant.call("POST", DESTINATIONS, destination)
        assert (made.status, made.body["payload"]["resource"]["sqs"]["arn"]) == (200, arn)
        assert (await merchant.call("POST", DESTINATIONS, destination)).status == 409
        assert (await merchant.call("POST", DESTINATIONS, {"name": "x"})).status == 400
        assert (await merchant.call("GET", DESTINATIONS)).body["payload"] == [made.body["payload"]]
        wanted = {"payloadVersion": "1.0", "destinationId": made.body["payload"]["destinationId"]}
        assert (await merchant.call("POST", SUBSCRIPTIONS, wanted)).status == 403
        merchant.token = sellers
        assert (await merchant.call("GET", SUBSCRIPTIONS)).status == 404
        assert (await merchant.call("POST", SUBSCRIPTIONS, wanted | {"destinationId": "x"})).status == 400
        subscribed = await merchant.call("POST", SUBSCRIPTIONS, wanted)
        assert (await merchant.call("POST", SUBSCRIPTIONS, wanted)).status == 409
        assert (await merchant.call("GET", SUBSCRIPTIONS)).body == subscribed.body


async def test_messages_reach_a_real_queue(aws: Aws) -> None:
    queue = Queue(aws)
    simulator = Simulator()
    simulator.notifications.notify = sqs_notify(queue.url)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    await simulator.notifications.drain()
    assert simulator.notifications.failed == []
    (message,) = aws.client("sqs").receive_message(QueueUrl=queue.url)["Messages"]
    assert _payload(message["Body"])["shipmentId"] == shipment.id
