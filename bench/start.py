"""From a worker's start to its first call, beside a bare read of the rows. `python -m bench.start [SKUS] [MERCHANTS]`.

`connector worker` as a process on a real broker that has the rows of SKUS in the ledger's changelog, all settled but
one of each merchant. Time runs from the process's start to the first inventory call that the simulator saw; the bare
read is aiokafka alone, from its process's start to the changelog's end.

Cold is the first start, with an empty disk. Then the worker is killed (kill -9) once it has written snapshots, and
started again on the same disk (warm); then it is stopped and started once more (planned). Before each of these the OMS
has written an update of one SKU of each merchant.
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from bench.intake import cpu_s
from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin, Phase
from connector.kafka.topics import changelog_topic
from connector.tables.ledger import LEDGER, ledger_key
from tests.kit.flows.world import BASE_MS, LOCATION, PARTITIONS, Seller, World, home, wall_ms
from tests.kit.kafka.broker import Broker, eventually, start_broker
from tests.kit.processes import Process

SNAPSHOT_INTERVAL_S = 5


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds on the wall, and of CPU."""

    s: float
    cpu_s: float


def main(skus: int, merchants: int) -> None:
    broker = start_broker()
    try:
        sellers = [Seller(f"M{number}", extra="orders = false\nreturns = false") for number in range(merchants)]
        with tempfile.TemporaryDirectory() as directory, closing(World(broker, Path(directory), sellers)) as world:
            topic = changelog_topic(world.app_id, LEDGER.name)
            for seller in sellers:
                rows = [(key, row) for key, row in rows_of(seller.merchant_id, skus // merchants)]
                broker.produce(topic, rows, partition=home(seller.merchant_id), compression_type="lz4")
            bare = read_bare(broker, topic, skus)
            print(f"bare read of {skus} rows: {bare.s:.1f} s, {bare.cpu_s:.1f} s of CPU")
            worker = told("cold", world, bare)
            snapshots = world.directory / "data" / "snapshots"
            eventually("a snapshot of each partition", lambda: len(list(snapshots.glob("*-[0-9]"))) == PARTITIONS, 120)
            size_mb = sum(path.stat().st_size for path in snapshots.iterdir()) // 1_000_000
            print(f"snapshots: {size_mb} MB")
            worker.kill()
            update_all(world)
            worker = told("warm, killed before", world, bare)
            worker.stop()
            update_all(world)
            told("warm, stopped before", world, bare)
    finally:
        broker.close()


def told(name: str, world: World, bare: Took) -> Process:
    before, began = len(world.calls(operation="inventory")), time.monotonic()
    worker = world.start_worker(
        ready=False,
        CONNECTOR_INSTANCE="worker",
        CONNECTOR_TABLES__SNAPSHOT_INTERVAL_S=str(SNAPSHOT_INTERVAL_S),
    )
    while len(world.calls(operation="inventory")) <= before:
        time.sleep(0.1)
    took = Took(time.monotonic() - began, cpu_s(worker))
    print(
        f"{name}: first call of {len(world.sellers)} merchants after {took.s:.1f} s, {took.s / bare.s:.2f} x the bare "
        f"read; {took.cpu_s:.1f} s of CPU, {took.cpu_s / bare.cpu_s:.2f} x; {resident_mb(worker.pid)} MB"
    )
    return worker


def update_all(world: World) -> None:
    number = wall_ms() - BASE_MS
    world.produce([world.update(seller.merchant_id, "SKU-000001", number % 1000, number) for seller in world.sellers])


def rows_of(merchant_id: str, skus: int) -> Iterator[tuple[str, bytes]]:
    for number in range(skus):
        sku, update_id = f"SKU-{number:06}", f"update-{merchant_id}-{number:08}"
        count = LocationCount(number % 100, 1_700_000_000_000 + number, update_id, number, sku)
        row = LedgerRow(
            counts={LOCATION: count},
            sequence=3,
            quantity=number % 100,
            phase=Phase.SETTLED if number else Phase.SEND,
            origin=Origin(update_id, 1_700_000_000_000),
            accepted_quantity=number % 100 if number else None,
            accepted_sequence=3 if number else None,
            used_sequence=3 if number else 2,
        )
        yield ledger_key(merchant_id, LOCATION, sku), msgspec.json.encode(row)


def read_bare(broker: Broker, topic: str, count: int) -> Took:
    began, cpu_before = time.monotonic(), children_cpu_s()
    command = [sys.executable, "-m", "bench.start", "--read", broker.bootstrap_servers, topic, str(count)]
    subprocess.run(command, check=True)
    return Took(time.monotonic() - began, children_cpu_s() - cpu_before)


def children_cpu_s() -> float:
    """Of those that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def read(servers: str, topic: str, count: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
    rows: dict[bytes, bytes] = {}
    while count > 0:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            count -= len(records)
            rows.update((record.key, record.value) for record in records)
    await consumer.stop()


def resident_mb(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--read", servers, topic, count]:
            asyncio.run(read(servers, topic, int(count)))
        case arguments:
            main(*(int(argument) for argument in arguments or ("100000", "20")))
