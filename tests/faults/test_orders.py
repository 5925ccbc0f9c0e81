"""Orders while workers are killed, the queue is far from reliable, and pages are refused: nothing lost or doubled."""

import os
import random
import threading
from contextlib import closing

import pytest

from tests.kit.aws import Aws, Queue
from tests.kit.flows.marketplace import (
    TRADES,
    UNRELIABLE,
    Marketplace,
    create,
    notifying,
    seller,
    start,
    wait_polled,
    wait_received,
)
from tests.kit.flows.world import NewWorld
from tests.kit.http.aws import AwsProxy, Forward, Request, Response
from tests.kit.processes import any_moment

pytestmark = pytest.mark.kafka

KILLS = 6 if os.environ.get("CONNECTOR_CAMPAIGN") else 3


def test_killed_at_random_moments(new_world: NewWorld, aws: Aws) -> None:
    chance = random.Random(5)
    queue, merchants = Queue(aws), ("M1", "M2", "M3")
    world = new_world(
        [seller(name) for name in merchants],
        session_timeout_s=6,
        simulator_args=notifying(queue, *UNRELIABLE),
    )
    customers = Marketplace(world, merchants, seed=5)
    for _ in range(KILLS):
        worker = start(world, queue)
        customers.trade(TRADES // KILLS)
        any_moment(chance, 0.2, 3)
        worker.kill()
    start(world, queue)

    customers.wait_seen()
    queue.wait_empty()
    customers.check()


def test_killed_between_saving_a_message_and_deleting_it(new_world: NewWorld, aws: Aws) -> None:
    queue = Queue(aws, visibility_s=1)
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=notifying(queue))
    deletes = threading.Event()

    def delete_nothing(request: Request, forward: Forward) -> Response | None:
        if request.action != "DeleteMessageBatch":
            return forward(request)
        deletes.set()
        return None

    with closing(AwsProxy(aws, delete_nothing)) as sqs:
        worker = start(world, queue, AWS_ENDPOINT_URL=sqs.url)
        shipment_ids = create(world, "M1", count=5)
        assert deletes.wait(30)
        worker.kill()

    saved = {record["shipment_id"] for record in world.published("connector.notifications")}
    assert saved, "a deletion is asked for what is saved already"
    assert saved <= set(shipment_ids)
    assert queue.held() == 5, "nothing was deleted"

    start(world, queue)
    wait_received(world, *shipment_ids)
    queue.wait_empty()


def test_nothing_is_deleted_while_kafka_takes_nothing(new_world: NewWorld, aws: Aws) -> None:
    queue = Queue(aws, visibility_s=1)
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=notifying(queue))
    worker = start(world, queue)
    world.broker.delete_topics("connector.notifications")
    shipment_ids = create(world, "M1", count=3)

    worker.wait_for("can't be emptied")
    assert queue.held() == 3
    assert "connector_queue_troubled 1.0" in worker.metrics()

    worker.kill()
    world.broker.create_topics("connector.notifications")
    start(world, queue)
    wait_received(world, *shipment_ids)


@pytest.mark.parametrize(
    "fault", ["400,op=list_shipments,match=paginationToken,count=2", "503,op=list_shipments,p=0.3"]
)
def test_faulty_lists_lose_no_order(new_world: NewWorld, fault: str) -> None:
    world = new_world([seller("M1")])
    shipment_ids = create(world, "M1", count=230)
    world.fault(fault)
    start(world)

    wait_received(world, *shipment_ids, timeout_s=90)
    assert len({event["event_id"] for event in world.published("amazon.orders")}) == len(shipment_ids)


def test_an_expired_token_suspends_nobody(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    worker = start(world)
    wait_polled(world, "M1")
    world.tell("POST", "expire-tokens")
    (shipment_id,) = create(world, "M1")

    wait_received(world, shipment_id)
    assert [call for call in world.calls() if call["status"] == 403], "it was refused"
    log = worker.log.read_text()
    assert "suspended" not in log
    assert "not enabled" not in log
