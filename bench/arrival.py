"""A worker takes over: the tables are recovered, the merchants opened. `python -m bench.arrival [MERCHANTS] [SKUS]`.

Told is the longest that the event loop was kept from others, in CPU time: what else the machine does is not counted.
"""

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from connector.app import build_worker
from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin
from connector.kafka.homes import home_partition
from connector.merchants_file import MerchantsFile
from connector.settings import load_settings
from connector.tables.durable import DurableTable
from connector.tables.ledger import ledger_key
from connector.worker import Worker

PARTITIONS = 12
BATCH = 250
MERCHANT = """
[[merchants]]
merchant_id = "{}"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "BENCH"
orders = false
returns = false
[[merchants.locations]]
location_id = "EXSB"
program = "SELLER_FLEX"
"""


class Stopwatch:
    """`longest_ms`: of what the loop's thread computed between two ticks of a timer."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest_ms = max(self.longest_ms, (time.thread_time() - began) * 1000)

    async def tell(self, what: str, work: Any) -> None:
        await asyncio.sleep(0.1)
        self.longest_ms, began, wall = 0.0, time.thread_time(), time.perf_counter()
        await work
        took, wall = time.thread_time() - began, time.perf_counter() - wall
        await asyncio.sleep(0.01)
        print(f"{what:<26} {wall:>6.2f} s, {took:>6.2f} s of CPU, longest stop {self.longest_ms:>6.0f} ms")


async def main(merchants: int, skus: int) -> None:
    ids = [f"A{number:05}BENCH" for number in range(merchants)]
    with tempfile.TemporaryDirectory() as directory:
        worker = new_worker(ids, Path(directory))
        worker.app.lease.renew(float("inf"))
        ledger: DurableTable[LedgerRow] = worker.app.tables["ledger"].durable
        await ledger.hold(frozenset(range(PARTITIONS)))
        gc.freeze()  # as Worker.run does
        stopwatch = Stopwatch()
        await stopwatch.tell("recovery of the ledger", recover(ledger, ids, skus))
        await stopwatch.tell("arrival", worker.owned_merchants.arrive(frozenset(range(PARTITIONS))))
        await stopwatch.tell("the lanes' first second", asyncio.sleep(1.1))
        await stopwatch.tell("one merchant's file edit", worker.owned_merchants.reopen(ids[0]))
        await stopwatch.tell("leaving", worker.owned_merchants.leave())
        worker.clients.producer.close(0)


def new_worker(ids: list[str], directory: Path, merchant: str = MERCHANT) -> Worker:
    """Connected to nothing."""
    os.environ["BENCH"] = "1"
    file = directory / "merchants.toml"
    file.write_text("".join(merchant.format(merchant_id) for merchant_id in ids))
    settings = load_settings(
        dotenv=None,
        data_dir=directory / "data",
        kafka={"bootstrap_servers": "127.0.0.1:1", "partitions": PARTITIONS},
        smartconnect={"client_id": "bench", "client_secret": "bench"},
        documents={"url": f"file://{directory}/documents"},
    )
    return build_worker(settings, MerchantsFile(file))


async def recover(ledger: DurableTable[LedgerRow], ids: list[str], skus: int) -> None:
    for merchant_id in ids:
        partition = home_partition(merchant_id.encode(), PARTITIONS)
        offset = ledger.applied(partition) or 0
        for batch in batches(merchant_id, skus):
            offset += len(batch)
            await ledger.replay(partition, batch, offset)


def batches(merchant_id: str, skus: int) -> Iterator[list[Any]]:
    """As they come from the changelog."""
    for first in range(0, skus, BATCH):
        yield [
            SimpleNamespace(key=ledger_key(merchant_id, "EXSB", f"SKU-{n:06}").encode(), value=row(n))
            for n in range(first, min(first + BATCH, skus))
        ]


def row(number: int) -> bytes:
    count = LocationCount(number, 1_700_000_000_000, f"update-{number}")
    return msgspec.json.encode(LedgerRow({"EXSB": count}, 3, number, origin=Origin(f"update-{number}", 1)))


if __name__ == "__main__":
    asyncio.run(main(*(int(argument) for argument in sys.argv[1:3] or ("1000", "1000"))))
