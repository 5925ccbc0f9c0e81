"""From a worker's start to its first call, beside a bare read of the rows. `python -m bench.start [SKUS] [MERCHANTS]`.

`connector worker` as a process on a real broker that has the rows of SKUS in the ledger's changelog, all settled but
one of each merchant. Time runs from the process's start to the first inventory call that the simulator saw; the bare
read is aiokafka alone, from its process's start to the changelog's end.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from bench.intake import cpu_s
from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin, Phase
from connector.kafka.topics import changelog_topic
from connector.tables.ledger import LEDGER, ledger_key
from tests.kit.flows.world import LOCATION, PARTITIONS, Seller, World, home
from tests.kit.kafka.broker import Broker, start_broker


def main(skus: int, merchants: int) -> None:
    broker = start_broker()
    try:
        sellers = [Seller(f"M{number}", extra="orders = false\nreturns = false") for number in range(merchants)]
        with tempfile.TemporaryDirectory() as directory, closing(World(broker, Path(directory), sellers)) as world:
            topic = changelog_topic(world.app_id, LEDGER.name)
            for seller in sellers:
                rows = [(key, row) for key, row in rows_of(seller.merchant_id, skus // merchants)]
                broker.produce(topic, rows, partition=home(seller.merchant_id), compression_type="lz4")
            bare_s = read_bare(broker, topic, skus)
            began = time.monotonic()
            worker = world.start_worker(ready=False)
            while not world.calls(operation="inventory"):
                time.sleep(0.1)
            took_s = time.monotonic() - began
            print(f"bare read of {skus} rows: {bare_s:.1f} s")
            print(f"first call of {merchants} merchants: {took_s:.1f} s, {took_s / bare_s:.2f} x the bare read")
            print(f"the worker: {cpu_s(worker):.1f} s of CPU, {resident_mb(worker.pid)} MB")
    finally:
        broker.close()


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


def read_bare(broker: Broker, topic: str, count: int) -> float:
    began = time.monotonic()
    command = [sys.executable, "-m", "bench.start", "--read", broker.bootstrap_servers, topic, str(count)]
    subprocess.run(command, check=True)
    return time.monotonic() - began


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
