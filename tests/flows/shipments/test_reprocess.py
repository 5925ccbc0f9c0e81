"""`connector notifications reprocess` on a real broker: taken again though they were seen, and nothing told twice."""

import json
from typing import Any

import pytest

from connector.kafka.topics import NOTIFICATIONS, ORDERS
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE
from tests.kit.flows.commands import done, refused
from tests.kit.flows.marketplace import create, seller, start, wait_polled
from tests.kit.flows.world import LOCATION, NewWorld, World, home, wall_ms
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def notified(world: World, shipment_id: str, notification_id: str) -> None:
    """As the intake saves what Amazon's queue holds."""
    payload = {"merchantId": "M1", "locationId": LOCATION, "shipmentId": shipment_id, "shipmentStatus": "ACCEPTED"}
    metadata = {"notificationId": notification_id}
    envelope = {"notificationType": SHIPMENT_STATUS_CHANGE, "payload": payload, "notificationMetadata": metadata}
    record = {
        "notification_id": notification_id,
        "merchant_id": "M1",
        "notification_type": SHIPMENT_STATUS_CHANGE,
        "shipment_id": shipment_id,
        "status": "ACCEPTED",
        "received_at": wall_ms(),
        "raw": json.dumps({**envelope, "eventTime": "2026-01-01T00:00:00Z"}),
    }
    value = world.written_as(NOTIFICATIONS.name, record)
    world.broker.produce(NOTIFICATIONS.name, [("M1", value)], partition=home("M1"))


def readings(world: World, shipment_id: str) -> int:
    return sum(shipment_id in call["path"] for call in world.calls(operation="get_shipment"))


def wait_read(world: World, shipment_id: str, before: int) -> None:
    eventually(f"{shipment_id} is read again", lambda: readings(world, shipment_id) > before, 60)


def reprocess(world: World, *arguments: str) -> Any:
    return done(world, "notifications", "reprocess", "--merchant", "M1", "--json", *arguments).json


def test_each_shipment_is_read_again_and_what_is_known_is_not_told_again(new_world: NewWorld) -> None:
    world = new_world([seller("M1", poll_interval_s=3600), seller("M2")])
    start(world)
    wait_polled(world, "M1")  # a list that shows a shipment is as good as reading it
    first, second = create(world, "M1", 2)
    for shipment_id, notification_id in ((first, "n1"), (first, "n1"), (second, "n2")):
        notified(world, shipment_id, notification_id)
    world.wait_events(ORDERS.name, 2)
    told = {"notifications": 2, "shipments": 2, "unread": 0}
    assert reprocess(world, "--dry-run") == {**told, "dry_run": True}

    for run in (1, 2):  # the copies of the first are not taken for Amazon's by the second
        before = [readings(world, shipment_id) for shipment_id in (first, second)]
        assert reprocess(world) == {**told, "dry_run": False}, run
        wait_read(world, first, before[0])
        wait_read(world, second, before[1])
    before = [readings(world, shipment_id) for shipment_id in (first, second)]
    assert reprocess(world, "--shipment", second)["notifications"] == 1
    wait_read(world, second, before[1])
    assert readings(world, first) == before[0]
    world.wait_events(ORDERS.name, 2)

    line = refused(world, "notifications", "reprocess", "--merchant", "M2", "--to", "-1h")
    assert line == "--from, --to: connector.notifications has no notification between them; it keeps 7 days"
