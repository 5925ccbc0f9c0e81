"""What is late on a real broker: told once, over a restart too, and ended when it goes on."""

from typing import Any

import pytest

from connector.kafka.topics import ALERTS
from tests.kit.flows.commands import done
from tests.kit.flows.orders import FAST, new_shipments, order_seller, order_world, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, World
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

KIND = "SHIPMENT_NOT_CONFIRMED"
THRESHOLDS = "[merchants.thresholds]\nnot_confirmed_s = 1\n"


def standing(world: World) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = done(world, "alerts", "list", "--kind", KIND, "--json").json
    return alerts


def test_an_order_that_nobody_confirms(new_world: NewWorld) -> None:
    world = order_world(new_world, order_seller("M1", limits=FAST + THRESHOLDS))
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX", count=1)
    eventually("it is told", lambda: len(standing(world)) == 1)
    (alert,) = standing(world)
    assert (alert["merchant_id"], alert["subject"], alert["severity"]) == ("M1", "SELLER_FLEX", "WARNING")
    (worker,) = world.workers
    late = f"LATE M1: 1 shipment at SELLER_FLEX accepted by Amazon and not confirmed, first {shipment_id} since "
    assert late in done(world, "status", "--worker", worker.web_url).out
    assert late in done(world, "status", CONNECTOR_WEB__PORT="9").out, "by the topics, too"
    series = f'connector_late_shipments{{merchant="M1",location="SELLER_FLEX",kind="{KIND}"}} 1.0'
    assert series in worker.metrics()
    (listed,) = done(world, "shipments", "list", "--at-risk", "--json").json
    assert (listed["shipment_id"], listed["late"]) == (shipment_id, [KIND])
    assert shipment_id in done(world, "shipments", "list", "--pending", "--merchant", "M1", "--csv").out

    worker.kill()
    world.start_worker()
    send(world, sequence("M1", shipment_id, "Confirm"))
    wait_command_results(world, 1)
    eventually("it has ended", lambda: standing(world) == [])
    told = [record for record in world.published(ALERTS.name) if record["kind"] == KIND]
    assert {record["alert_id"] for record in told} == {alert["alert_id"]}, "the second worker raised nothing"
    assert done(world, "shipments", "list", "--at-risk", "--json").json == []
