"""Everything the demo needs in one process: embedded Kafka, the simulator, a worker."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from connector.app import build_worker
from connector.demo.sqs import sqs_queue
from connector.kafka.embedded import APP_OPTIONS, PARTITIONS, embedded_kafka
from connector.kafka.topic_admin import wanted_topics
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, load_settings
from connector.simulator import Delivery, Simulator, Switches, serve
from connector.simulator.notifications.sqs import sqs_notify
from connector.worker import BoundedEnd, Worker

APP_ID = "demo"
MERCHANTS_FILE = "merchants.toml"

MERCHANT = """
[[merchants]]
merchant_id = "{merchant_id}"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "DEMO_TOKEN_{merchant_id}"
inventory_batch_size = {batch_size}
[[merchants.locations]]
location_id = "EXSB"
program = "{program}"
"""


@dataclass(frozen=True)
class Environment:
    bootstrap_servers: str
    simulator: Simulator
    worker: Worker


@asynccontextmanager
async def demo_environment(
    merchants: dict[str, str], directory: Path, batch_size: int = 1
) -> AsyncIterator[Environment]:
    """`merchants`: id -> program. `batch_size`: SKUs per inventory call. Raises what the worker raises."""
    names = [topic.name for topic in wanted_topics(APP_ID, PARTITIONS, 1)]
    os.environ.update({"NO_PROXY": "*", "no_proxy": "*"})  # all of it is in this process
    async with AsyncExitStack() as stack:
        queue_url = stack.enter_context(sqs_queue())
        simulator = Simulator(
            {merchant_id: _token(merchant_id) for merchant_id in merchants},
            switches=Switches(limit_tolerance_s=0.5),  # arrivals bunch where a machine is busy; sending is judged
        )
        simulator.notifications.notify = sqs_notify(queue_url) if queue_url else None
        simulator.notifications.delivery = Delivery(loss=0.2, duplication=0.3, late_s=0.5)
        bootstrap_servers = stack.enter_context(embedded_kafka(names))
        url = await stack.enter_async_context(serve(simulator))
        _write_merchants(merchants, batch_size, directory)
        settings = _settings(bootstrap_servers, url, queue_url, directory)
        worker = build_worker(settings, MerchantsFile(settings.merchants_file), APP_OPTIONS)
        stop, end = asyncio.Event(), BoundedEnd()
        running = asyncio.create_task(worker.run(stop, end))
        try:
            arrived = asyncio.create_task(worker.owned_merchants.arrived.wait())
            await asyncio.wait({arrived, running}, return_when=asyncio.FIRST_COMPLETED)
            yield Environment(bootstrap_servers, simulator, worker)
        finally:
            stop.set()
            await running
            end.over()


def _write_merchants(merchants: dict[str, str], batch_size: int, directory: Path) -> None:
    texts = [
        MERCHANT.format(merchant_id=merchant_id, program=program, batch_size=batch_size)
        for merchant_id, program in merchants.items()
    ]
    (directory / MERCHANTS_FILE).write_text("".join(texts))
    os.environ.update({f"DEMO_TOKEN_{merchant_id}": _token(merchant_id) for merchant_id in merchants})


def _settings(bootstrap_servers: str, url: str, queue_url: str, directory: Path) -> Settings:
    return load_settings(
        dotenv=None,
        app_id=APP_ID,
        data_dir=directory / "data",
        merchants_file=directory / MERCHANTS_FILE,
        kafka={"bootstrap_servers": bootstrap_servers, "partitions": PARTITIONS},
        schema_registry={},
        smartconnect={
            "base_url": url,
            "token_url": f"{url}/auth/o2/token",
            "client_id": "demo",
            "client_secret": "demo",
        },
        notifications={"queue_url": queue_url},
        polling={"lag_s": 1},  # the simulator's lists are complete at once
        documents={"url": f"file://{directory}/documents"},
        web={"port": 0},
        tables={"snapshot_interval_s": 0},  # it never comes back
    )


def _token(merchant_id: str) -> str:
    return f"Atzr|{merchant_id}"
