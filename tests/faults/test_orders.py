"""Orders while workers are killed, the queue is far from reliable, and pages are refused: nothing lost or doubled."""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.kit.aws import Aws
from tests.kit.flows.marketplace import (
    ORDERS,
    TRADES,
    Marketplace,
    create,
    metrics,
    new_queue,
    once,
    polled,
    received,
    seller,
    start,
    waiting,
)
from tests.kit.flows.world import NewWorld
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka

KILLS = 6 if os.environ.get("CONNECTOR_CAMPAIGN") else 3


def test_killed_at_random_moments(new_world: NewWorld, aws: Aws) -> None:
    chance = random.Random(5)
    merchants = ("M1", "M2", "M3")
    queue_url = new_queue(aws)
    delivery = ("--notification-loss", "0.2", "--notification-duplication", "0.3", "--notification-late-s", "3")
    world = new_world(
        [seller(name) for name in merchants], session_timeout_s=6, simulator_args=("--queue-url", queue_url, *delivery)
    )
    marketplace = Marketplace(world, merchants, seed=5)
    for _ in range(KILLS):
        worker = start(world, queue_url)
        marketplace.trade(TRADES // KILLS)
        time.sleep(chance.uniform(0.2, 3))  # a random moment is what this test is about, not a wait for something
        worker.kill()
    start(world, queue_url)
    marketplace.wait_seen()
    eventually("the queue is empty", lambda: waiting(aws, queue_url) == 0)
    marketplace.check()


@contextmanager
def without_deletes(url: str) -> Iterator[tuple[str, threading.Event]]:
    """AWS that gives and takes messages but never answers a deletion. The event: one was asked for."""
    asked = threading.Event()
    upstream = urlsplit(url).netloc

    class Forward(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if "Delete" in self.headers.get("x-amz-target", "") or b"Action=Delete" in body:
                asked.set()
                time.sleep(60)
                return
            connection = HTTPConnection(upstream)
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("content-type", answer.headers.get("content-type", ""))
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()


def test_killed_between_saving_a_message_and_deleting_it(new_world: NewWorld, aws: Aws) -> None:
    queue_url = new_queue(aws, visibility_s=1)
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=("--queue-url", queue_url))
    with without_deletes(aws.url) as (url, asked):
        worker = start(world, queue_url, AWS_ENDPOINT_URL=url)
        ids = create(world, "M1", count=5)
        assert asked.wait(30)
        worker.kill()
    saved = {record["shipment_id"] for record in world.published("connector.notifications")}
    assert saved, "a deletion is asked for what is saved already"
    assert saved <= set(ids)
    assert waiting(aws, queue_url) == 5, "nothing was deleted"
    start(world, queue_url)
    eventually("every order", lambda: set(ids) == set(received(world)))
    assert set(received(world).values()) == {1}
    eventually("the queue is empty", lambda: waiting(aws, queue_url) == 0)


def test_nothing_is_deleted_while_kafka_takes_nothing(new_world: NewWorld, aws: Aws) -> None:
    queue_url = new_queue(aws, visibility_s=1)
    world = new_world([seller("M1", poll_interval_s=3600)], simulator_args=("--queue-url", queue_url))
    start(world, queue_url)
    world.broker.delete_topics("connector.notifications")
    ids = create(world, "M1", count=3)
    eventually("it is tried", lambda: "can't be emptied" in world.workers[0].log.read_text(), 60)
    assert waiting(aws, queue_url) == 3
    assert "connector_queue_troubled 1.0" in metrics(world.workers[0])
    world.workers[0].kill()
    world.broker.create_topics("connector.notifications")
    start(world, queue_url)
    eventually("every order", lambda: set(ids) == set(received(world)))


@pytest.mark.parametrize(
    "fault", ["400,op=list_shipments,match=paginationToken,count=2", "503,op=list_shipments,p=0.3"]
)
def test_faulty_lists_lose_no_order(new_world: NewWorld, fault: str) -> None:
    world = new_world([seller("M1")])
    ids = create(world, "M1", count=230)
    world.fault(fault)
    start(world)
    eventually("every order", lambda: set(ids) == set(received(world)), 90)
    assert len(once(world.published(ORDERS))) == len(ids)


def test_an_expired_token_suspends_nobody(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    worker = start(world)
    eventually("all was polled once", lambda: polled("M1", world))
    world.tell("POST", "expire-tokens")
    (shipment_id,) = create(world, "M1")
    eventually("the order", lambda: received(world)[shipment_id])
    assert [call for call in world.ask("calls") if call["status"] == 403], "it was refused"
    log = worker.log.read_text()
    assert "suspended" not in log
    assert "not enabled" not in log
