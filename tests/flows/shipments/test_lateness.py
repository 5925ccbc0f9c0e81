"""What is late on a real broker: told once, over a restart too, and ended when it goes on."""

from typing import Any

import pytest

from connector.kafka.topics import ALERTS
from tests.kit.flows.commands import done
from tests.kit.flows.orders import FAST, new_shipments, order_seller, order_world, send, sequence, wait_command_results
from tests.kit.flows.world import NewWorld, World
from tests.kit.kafka.broker import eventually
from tests.kit.processes import Process

pytestmark = pytest.mark.kafka

KIND = "SHIPMENT_NOT_CONFIRMED"
THRESHOLDS = "[merchants.thresholds]\nnot_confirmed_s = 1\n"


def told(world: World) -> list[dict[str, Any]]:
    return [record for record in world.published(ALERTS.name) if record["kind"] == KIND]


def metric(worker: Process) -> float:
    lines = [line for line in worker.metrics().splitlines() if line.startswith("connector_late_shipments{")]
    (found,) = [line for line in lines if f'kind="{KIND}"' in line]
    assert 'location="SELLER_FLEX"' in found
    return float(found.rpartition(" ")[2])


def test_an_order_that_nobody_confirms(new_world: NewWorld) -> None:
    world = order_world(new_world, order_seller("M1", limits=FAST + THRESHOLDS))
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX", count=1)
    eventually("it is told", lambda: told(world))
    (alert,) = done(world, "alerts", "list", "--kind", KIND, "--json").json
    assert (alert["merchant_id"], alert["subject"], alert["severity"]) == ("M1", "SELLER_FLEX", "WARNING")
    (worker,) = world.workers
    late = f"LATE M1: 1 shipment at SELLER_FLEX accepted by Amazon and not confirmed, first {shipment_id} since "
    assert late in done(world, "status", "--worker", worker.web_url).out
    assert late in done(world, "status", CONNECTOR_WEB__PORT="9").out, "by the topics, too"
    assert metric(worker) == 1
    (listed,) = done(world, "shipments", "list", "--at-risk", "--json").json
    assert (listed["shipment_id"], listed["late"]) == (shipment_id, [KIND])

    worker.kill()
    world.start_worker(CONNECTOR_INSTANCE="worker-1")  # under its name it need not wait for the session to time out
    send(world, sequence("M1", shipment_id, "Confirm"))
    wait_command_results(world, 1)
    eventually("it has ended", lambda: told(world)[-1]["ended_at"] is not None)
    assert {record["alert_id"] for record in told(world)} == {alert["alert_id"]}, "the second worker raised nothing"
