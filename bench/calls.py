"""A call's cost and the use of the limit, of `connector worker` itself. `python -m bench.calls [MERCHANTS ...]`.

The worker is a process with its own settings, on a real broker; updates come as Avro on oms.inventory, results go out
on connector.inventory-results; Amazon is a process that stamps arrivals in the kernel. Beside it, in the same run, a
bare loop that posts the same bodies to the same server (httpx over httpx-aiohttp): no limits, no Kafka, nothing kept.

First with the limits lifted: settled calls a second, CPU of each. Then each number of merchants (10, 100, 200) at
6 calls/s with work all the time: windows over the limit as calls arrive, the share used, CPU of a call and of an idle
worker. CPU is the whole worker process's, threads too, as /proc has it. Lists are asked for once an hour: polls are
`bench/polls.py`'s.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvloop
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
from httpx_aiohttp import AiohttpTransport

from bench.stamping import QUANTITY, Amazon, breaches, used_share
from connector.domain.inventory.requests import UpdateInventory
from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka import topic_admin
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.topics import INVENTORY, INVENTORY_RESULTS
from connector.smartconnect.client import INVENTORIES_PATH
from connector.smartconnect.wire.inventory import batch_body
from tests.kit.flows.world import PARTITIONS, forget_topics
from tests.kit.inventory.rows import update_record
from tests.kit.kafka.broker import Broker, start_broker
from tests.kit.processes import Process

LIMIT_PER_S = 6
LIFTED_PER_S, LIFTED_MERCHANTS, LIFTED_CALLS = 1000, 10, 5_000
FAST_ANSWER_S = 0.005
AT_ONCE = 100  # of the bare loop
IDLE_S = 10.0
RESTING_SHARE = 0.08  # of a core: the first lists of all merchants, which are asked for at once, are answered
MOST_FIRST_LISTS_S = 120.0
SETTLE_S = 5.0  # until the input is taken and all lanes are under way
LOCATION = "EXSB"


def cpu_s(pid: int) -> float:
    """Of a process so far, in user and system mode, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# The peer


async def bare_loop(url: str, calls: int) -> None:
    numbers = iter(range(calls))
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(transport=AiohttpTransport(limits=limits), base_url=url) as client:

        async def post() -> None:
            for number in numbers:
                body = batch_body([UpdateInventory(LOCATION, f"sku-{number}", QUANTITY, 1, "FBA", "A21TJRUUN4KGV")])
                response = await client.post(
                    INVENTORIES_PATH, json=body, headers={"x-amz-access-token": f"Atza|{number % LIFTED_MERCHANTS}"}
                )
                response.raise_for_status().json()

        await asyncio.gather(*(post() for _ in range(AT_ONCE)))


def measure_bare_loop() -> tuple[float, float]:
    """Calls a second, and milliseconds of CPU for each."""
    amazon = Amazon(FAST_ANSWER_S)
    began, cpu_began = time.monotonic(), time.process_time()
    uvloop.run(bare_loop(f"http://127.0.0.1:{amazon.port}", LIFTED_CALLS))
    took_s, cpu = time.monotonic() - began, time.process_time() - cpu_began
    amazon.ended()
    return LIFTED_CALLS / took_s, 1000 * cpu / LIFTED_CALLS


# The worker


@dataclass
class Running:
    broker: Broker
    merchants: list[str]
    environment: dict[str, str]
    directory: Path
    worker: Process = field(init=False)
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        self.worker = Process(["worker"], self.environment, self.directory / f"worker-{self.starts}.log")

    def produce(self, skus: int) -> None:
        """One update for each SKU of each merchant."""
        codec, now_ms = AvroCodec(), time.time_ns() // 1_000_000
        updates = [
            InventoryUpdate(f"u-{merchant}-{number}", merchant, LOCATION, f"sku-{number}", QUANTITY, now_ms - 1000)
            for number in range(skus)
            for merchant in self.merchants
        ]
        records = [(each.merchant_id, codec.encode(INVENTORY.name, update_record(each))) for each in updates]
        self.broker.produce(INVENTORY.name, records, partitioner="murmur2_random")


@contextmanager
def running(broker: Broker, amazon: Amazon, merchants: int, rate: int) -> Iterator[Running]:
    """A worker that owns its partitions."""
    with prepared(broker, amazon.port, merchants, rate) as run:
        run.start()
        run.worker.wait_for("partitions owned")
        yield run


@contextmanager
def prepared(
    broker: Broker, amazon_port: int, merchants: int, rate: int, extra: str = "poll_interval_s = 3600\n"
) -> Iterator[Running]:
    """New topics and a worker's settings; whatever is started is stopped at the end. `extra`: of each merchant."""
    names = [f"M{number}" for number in range(merchants)]
    wanted = topic_admin.wanted_topics("connector", PARTITIONS, 1)
    forget_topics(broker, wanted)
    _, faults = topic_admin.create_topics(AdminClient({**broker.config, "log_level": 0}), wanted)
    if faults:
        raise SystemExit(str(faults))
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        (directory / "merchants.toml").write_text("".join(_merchant(name, rate, extra) for name in names))
        url = f"http://127.0.0.1:{amazon_port}"
        env = {
            "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "CONNECTOR_KAFKA__PARTITIONS": str(PARTITIONS),
            "CONNECTOR_SMARTCONNECT__BASE_URL": url,
            "CONNECTOR_SMARTCONNECT__TOKEN_URL": f"{url}/token",
            "CONNECTOR_SMARTCONNECT__CLIENT_ID": "client",
            "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "client-secret",
            "CONNECTOR_MERCHANTS_FILE": str(directory / "merchants.toml"),
            "CONNECTOR_DOCUMENTS__URL": f"file://{directory}/documents",
            "CONNECTOR_DATA_DIR": str(directory / "data"),
            "CONNECTOR_WEB__PORT": "0",
            **{f"LWA_{name}": name for name in names},
        }
        run = Running(broker, names, env, directory)
        try:
            yield run
        finally:
            if run.starts:
                run.worker.stop()


def _merchant(name: str, rate: int, extra: str) -> str:
    return (
        f'[[merchants]]\nmerchant_id = "{name}"\nmarketplace_id = "A21TJRUUN4KGV"\n'
        f'refresh_token_env = "LWA_{name}"\n{extra}'
        f'[[merchants.locations]]\nlocation_id = "{LOCATION}"\nprogram = "SELLER_FLEX"\n'
        f"[merchants.limits]\ninventory = {{rate = {rate}, burst = 0}}\n"
    )


def measure_lifted(broker: Broker) -> tuple[float, float]:
    """Settled calls a second, from the first call to the last result, and milliseconds of CPU for each."""
    amazon = Amazon(FAST_ANSWER_S)
    with running(broker, amazon, LIFTED_MERCHANTS, LIFTED_PER_S) as run:
        cpu_began = cpu_s(run.worker.pid)
        run.produce(LIFTED_CALLS // LIFTED_MERCHANTS)
        last_result_s = _last_result_s(broker, LIFTED_CALLS)
        cpu = cpu_s(run.worker.pid) - cpu_began
    began_s = min(times[0] for times in amazon.ended().values())
    return LIFTED_CALLS / (last_result_s - began_s), 1000 * cpu / LIFTED_CALLS


def _last_result_s(broker: Broker, results: int) -> float:
    """The wall clock's time of the last of so many results."""
    consumer = Consumer({**broker.config, "group.id": "bench", "auto.offset.reset": "earliest"})
    consumer.subscribe([INVENTORY_RESULTS.name])
    last_ms = 0
    while results:
        for message in consumer.consume(1000, 1.0):
            if message.error() is not None:
                raise SystemExit(str(message.error()))
            last_ms = max(last_ms, message.timestamp()[1])
            results -= 1
    consumer.close()
    return last_ms / 1000


@dataclass(frozen=True)
class Paced:
    breaches: int
    used: float
    least_used: float
    ms_per_call: float
    idle_share: float


def measure_paced(broker: Broker, merchants: int, seconds: float) -> Paced:
    amazon = Amazon()
    with running(broker, amazon, merchants, LIMIT_PER_S) as run:
        pid = run.worker.pid
        _wait_until_resting(pid)
        idle = cpu_s(pid)
        time.sleep(IDLE_S)
        idle = cpu_s(pid) - idle
        run.produce(round(LIMIT_PER_S * (seconds + 4 * SETTLE_S)))
        time.sleep(SETTLE_S)
        began, cpu_began = time.time(), cpu_s(pid)
        time.sleep(seconds)
        ended, cpu = time.time(), cpu_s(pid) - cpu_began
    # Work waited until `ended`: what came after is not the limit's
    arrivals = [[at for at in times if at < ended] for times in amazon.ended().values()]
    calls = sum(began <= at for times in arrivals for at in times)
    shares = [used_share(times, LIMIT_PER_S) for times in arrivals]
    return Paced(
        breaches=sum(breaches(times, LIMIT_PER_S) for times in arrivals),
        used=sum(shares) / len(shares),
        least_used=min(shares),
        ms_per_call=1000 * cpu / calls,
        idle_share=idle / IDLE_S,
    )


def _wait_until_resting(pid: int) -> None:
    began, share = time.monotonic(), 1.0
    while share > RESTING_SHARE:
        if time.monotonic() - began > MOST_FIRST_LISTS_S:
            raise SystemExit(f"the worker takes {share:.0%} of a core {MOST_FIRST_LISTS_S:g} s after its start")
        before = cpu_s(pid)
        time.sleep(SETTLE_S)
        share = (cpu_s(pid) - before) / SETTLE_S


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("merchants", nargs="*", type=int, default=[10, 100, 200])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--only", choices=["lifted", "paced"])
    given = parser.parse_args()
    broker = start_broker()
    try:
        if given.only != "paced":
            bare_per_s, bare_ms = measure_bare_loop()
            per_s, ms = measure_lifted(broker)
            print(f"bare loop: {bare_per_s:,.0f} calls/s, {bare_ms:.3f} ms CPU each")
            print(f"worker, limits lifted: {per_s:,.0f} settled calls/s, {ms:.3f} ms CPU each")
            print(f"ratio: {per_s / bare_per_s:.2f} of its calls/s, {ms / bare_ms:.2f} x its CPU", flush=True)
        for merchants in given.merchants if given.only != "lifted" else []:
            paced = measure_paced(broker, merchants, given.seconds)
            print(
                f"{merchants} merchants x {LIMIT_PER_S}/s, {given.seconds:g} s: {paced.breaches} windows over the "
                f"limit, {paced.used:.4f} of it used (least {paced.least_used:.4f}), {paced.ms_per_call:.3f} ms CPU a "
                f"call; the idle worker takes {100 * paced.idle_share:.1f} % of a core",
                flush=True,
            )
    finally:
        broker.close()


if __name__ == "__main__":
    main()
