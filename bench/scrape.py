"""What it takes a worker of many merchants to be looked at: `python -m bench.scrape [MERCHANTS]`, 10,000 if left out.

A worker with no Kafka and no Amazon, and eleven lanes of each merchant with nothing to do, so that what is measured is
the pages. Lanes are idle, as they are opened, but for those of `RUNNING` merchants. Another process asks. Of each page:
how long it took, how large it was, what the worker computed meanwhile, its event loop's thread too, and by how much a
timer of the loop came too late, at most.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.arrival import PARTITIONS, new_worker
from connector.event_loop import LoopWatch, made_to_last
from connector.lanes.call import Call
from connector.merchants import OPERATIONS
from connector.web.server import METRICS, METRICS_OF_ALL, STATUS
from connector.worker import Worker, collect_seldom

RUNNING = 100
CLIENT = """
import sys, time, urllib.request
began = time.perf_counter()
request = urllib.request.Request(sys.argv[1], headers={"Accept-Encoding": sys.argv[2]})
with urllib.request.urlopen(request, timeout=60) as answer:
    print(f"{time.perf_counter() - began:.2f} s, {len(answer.read()) / 1e6:.1f} MB")
"""
MERCHANT = """
[[merchants]]
merchant_id = "{}"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "BENCH"
inventory = false
orders = false
returns = false
[[merchants.locations]]
location_id = "EXSB"
program = "SELLER_FLEX"
"""


async def main(merchants: int) -> None:
    collect_seldom()
    async with idle_worker(merchants) as worker:
        print(f"{merchants} merchants, {sum(1 for _ in worker.lanes)} lanes")
        async with worker.web.serve() as port:
            await asyncio.sleep(2)  # their first looks around
            await measure("nothing", port, "")
            for encoding in ("gzip", "identity"):
                for path in (METRICS, STATUS, METRICS_OF_ALL):
                    await measure(path, port, encoding)
            began = time.perf_counter()
            asking = await ask(port, METRICS_OF_ALL, "gzip")
            await asyncio.sleep(0.3)
        print(f"closed in {time.perf_counter() - began - 0.3:.2f} s, with a page being written")
        await asking.communicate()


@asynccontextmanager
async def idle_worker(merchants: int) -> AsyncIterator[Worker]:
    """All of whose lanes are open, and have nothing to do."""
    ids = [f"A{number:05}BENCH" for number in range(merchants)]
    with tempfile.TemporaryDirectory() as directory:
        worker = new_worker(ids, Path(directory), MERCHANT)
        for table in worker.app.tables.values():
            await table.durable.hold(frozenset(range(PARTITIONS)))
        await worker.owned_merchants.arrive(frozenset(range(PARTITIONS)))
        with made_to_last():  # as in `arrive`
            for merchant_id in ids:
                for operation in OPERATIONS:
                    worker.lanes.open(merchant_id, operation, lambda _operation: nothing_to_call, rate=6, burst=0)
        for merchant_id in ids[:RUNNING]:
            for operation in OPERATIONS:
                worker.lanes.lane(merchant_id, operation)
        yield worker
        await worker.owned_merchants.leave()
        worker.clients.producer.close(0)


def nothing_to_call(_due: Sequence[tuple[str, int]]) -> Call | None:
    return None


async def measure(path: str, port: int, encoding: str) -> None:
    watch = LoopWatch(0.01)
    watching = asyncio.create_task(watch.run())
    computed, of_loop = time.process_time(), time.thread_time()
    if encoding:
        told = (await (await ask(port, path, encoding)).communicate())[0].decode().strip()
    else:
        await asyncio.sleep(3)
        told = "3 s"
    of_loop, computed = time.thread_time() - of_loop, time.process_time() - computed
    watching.cancel()
    print(
        f"{path:<22} {encoding:<9} {told:<18} {computed * 1000:>6.0f} ms of CPU, {of_loop * 1000:>4.0f} of the loop, "
        f"late by {watch.longest_s():.3f} s"
    )


async def ask(port: int, path: str, encoding: str) -> asyncio.subprocess.Process:
    url = f"http://127.0.0.1:{port}{path}"
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-c", CLIENT, url, encoding, stdout=pipe, stderr=pipe)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
