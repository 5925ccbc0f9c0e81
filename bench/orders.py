"""Whole orders by a worker, limits lifted, beside a bare loop of the same calls. `python -m bench.orders [ORDERS]`.

Confirm, Pack and Ship of shipments that the worker knows, all on Kafka at once; the simulator is a process of its own.
Time runs from the first call to the last result, CPU is the worker process's from the commands to the last result. The
bare loop (httpx over httpx-aiohttp, in this process) makes the calls that such an order takes, of shipments of its own,
and keeps nothing of what it is told. Both are bounded by the simulator where it is the slower one, and by the machine:
worker, simulator and a broker that was just started share it. CPU is the fairer figure.

Then the worker's CPU when all is done: lists show the shipments again at every poll, until they have left the windows.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import uvloop
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from httpx_aiohttp import AiohttpTransport

from bench.calls import cpu_s
from connector.kafka.topics import COMMAND_RESULTS
from connector.smartconnect.client import SHIPMENTS_PATH
from tests.kit.flows.marketplace import order_events
from tests.kit.flows.orders import FAST_SIMULATOR, new_shipments, order_seller, send, sequence
from tests.kit.flows.world import World
from tests.kit.kafka.broker import eventually, start_broker

MERCHANTS = 10
PROGRAM = "SELLER_FLEX"
AT_ONCE = 50
MOST_S = 600
SETTLE_S = 10.0  # what the last orders' events bring about
REST_S = 20.0


def main(orders: int) -> None:
    broker = start_broker()
    try:
        with tempfile.TemporaryDirectory() as directory:
            sellers = [order_seller(f"M{number}") for number in range(MERCHANTS)]
            with closing(World(broker, Path(directory), sellers, simulator_args=FAST_SIMULATOR)) as world:
                bare_per_s, bare_ms = measure_bare(world, orders)
                per_s, ms, rest = measure(world, orders)
        print(f"bare loop: {bare_per_s:,.1f} orders/s, {bare_ms:.2f} ms CPU each")
        print(f"worker, limits lifted: {per_s:,.1f} orders/s, {ms:.2f} ms CPU each")
        print(f"the worker, {orders} orders later, while lists show them still: {rest:.0%} of a core")
        print(f"ratio: {per_s / bare_per_s:.2f} of its orders/s, {ms / bare_ms:.2f} x its CPU")
    finally:
        broker.close()


def measure(world: World, orders: int) -> tuple[float, float, float]:
    """Orders a second, milliseconds of CPU for each, and the share of a core that it takes afterwards."""
    worker = world.start_worker()
    made = [
        (f"M{number}", new_shipments(world, f"M{number}", PROGRAM, orders // MERCHANTS)) for number in range(MERCHANTS)
    ]
    eventually("each order's event", lambda: len(order_events(world)) >= orders, MOST_S)
    began, cpu_began = len(world.calls()), cpu_s(worker.pid)
    send(
        world,
        (
            command
            for merchant_id, shipments in made
            for shipment_id in shipments
            for command in sequence(merchant_id, shipment_id, "Confirm", "Pack", "Ship")
        ),
    )
    last_s = last_result_s(world, 3 * orders)
    cpu = cpu_s(worker.pid) - cpu_began
    first_s = min(call["wall"] for call in world.calls(after=str(began)) if call["method"] != "GET")
    time.sleep(SETTLE_S)
    rest = cpu_s(worker.pid)
    time.sleep(REST_S)
    rest = cpu_s(worker.pid) - rest
    return orders / (last_s - first_s), 1000 * cpu / orders, rest / REST_S


def last_result_s(world: World, count: int) -> float:
    """The time of the last of so many results, in epoch seconds. Each is read once: to ask for all of them again and
    again would take the broker as long as some orders do."""
    name, times_ms, deadline = COMMAND_RESULTS.name, list[int](), time.monotonic() + MOST_S
    with closing(Consumer({**world.broker.config, "group.id": "results"})) as consumer:
        partitions = consumer.list_topics(name, timeout=10).topics[name].partitions
        consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING) for partition in partitions])
        while len(times_ms) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(times_ms)} of {count} results within {MOST_S} s")
            for message in consumer.consume(1000, timeout=0.1):
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                times_ms.append(message.timestamp()[1])
    return max(times_ms) / 1000


def measure_bare(world: World, orders: int) -> tuple[float, float]:
    """Orders a second, and milliseconds of CPU for each."""
    made = set(new_shipments(world, "M0", PROGRAM, orders))
    shipments = [body for body in world.ask("shipments") if body["id"] in made]
    began, cpu_began = time.monotonic(), time.process_time()
    uvloop.run(bare_loop(world.url, shipments))
    return orders / (time.monotonic() - began), 1000 * (time.process_time() - cpu_began) / orders


async def bare_loop(url: str, shipments: Iterable[dict[str, Any]]) -> None:
    waiting = iter(shipments)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(transport=AiohttpTransport(limits=limits), base_url=url) as client:
        given = {"grant_type": "refresh_token", "refresh_token": "token-M0"}
        secret = {"client_id": "client", "client_secret": "client-secret"}
        token = (await client.post("/auth/o2/token", data=given | secret)).raise_for_status().json()["access_token"]

        async def call(method: str, path: str, body: object = None) -> Any:
            answer = await client.request(method, path, json=body, headers={"x-amz-access-token": token})
            return answer.raise_for_status().json() if answer.content.startswith(b"{") else None

        async def work() -> None:
            for shipment in waiting:
                await whole_order(call, f"{SHIPMENTS_PATH}/{shipment['id']}", shipment)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def whole_order(call: Any, path: str, shipment: dict[str, Any]) -> None:
    """As the worker makes them of a Seller Flex shipment that it knows, which has no shipping options to ask for."""
    await call("POST", f"{path}?operation=CONFIRM")
    await call("POST", f"{path}/packages", {"packages": [_package(shipment)]})
    await call("POST", f"{path}/invoice")
    labels = await call("PUT", f"{path}/shipLabels?operation=GENERATE")
    for label in labels["packageShipLabelList"]:
        await call("GET", label["fileData"]["url"])
    await call("PATCH", f"{path}/packages/P1", {"status": "SHIPPED"})


def _package(shipment: dict[str, Any]) -> dict[str, Any]:
    side = {"value": "10", "dimensionUnit": "CM"}
    items = [
        {"packageLineItemId": line["shipmentLineItemId"], "quantity": line["numberOfUnits"]}
        for line in shipment["lineItems"]
    ]
    return {
        "id": "P1",
        "dimensions": {"length": side, "width": side, "height": side},
        "weight": {"value": "500", "weightUnit": "G"},
        "packageLineItems": items,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders", nargs="?", type=int, default=500)
    main(parser.parse_args().orders)
