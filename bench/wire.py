"""Limits as Amazon sees them: arrivals at a server that is a process of its own, stamped by the kernel at its socket.

`python -m bench.wire [MERCHANTS] [SECONDS] [--arrive-together]`: each merchant's inventory lane at 6 calls/s with work
all the time, through the real client; no Kafka, no tables. With `--arrive-together` the lanes stand open and idle until
all work comes at once, as from an OMS that writes everything in one go.

Two figures: 1 s windows in which more than 6 calls of a merchant arrived (the promise is none), and the share of the
limit that was used from a merchant's first call to its last (at least 0.99).
"""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import uvloop

from bench.stamping import QUANTITY, Amazon, breaches, used_share
from connector.domain.inventory.requests import UpdateInventory
from connector.lanes.call import Call, Performed, Prepare
from connector.lanes.lanes import Lanes
from connector.lanes.terms import LaneTerms
from connector.lanes.under_way import UnderWay
from connector.smartconnect.client import SmartConnect, open_smartconnect
from connector.smartconnect.http import departing
from connector.smartconnect.transport import Timeouts

LIMIT_PER_S = 6
SKUS = 50  # enough to have work all the time


@dataclass(frozen=True)
class Measured:
    """`lag_ms`: from when a call was due to when it was gone, on average."""

    calls: int
    breaches: int
    used: float
    least_used: float
    cpu_ms_per_call: float


def measured(arrivals: Sequence[Sequence[float]], cpu_s: float) -> Measured:
    calls = sum(map(len, arrivals))
    shares = [used_share(times, LIMIT_PER_S) for times in arrivals]
    over = sum(breaches(times, LIMIT_PER_S) for times in arrivals)
    return Measured(calls, over, sum(shares) / len(shares), min(shares), 1000 * cpu_s / calls)


async def call_for(port: int, merchants: int, seconds: float, *, together: bool) -> float:
    """Calls until the time is over; gives the CPU seconds that it took."""
    clock = time.monotonic

    async def refresh_token(merchant_id: str) -> str:
        return merchant_id

    client = open_smartconnect(
        base_url=f"http://127.0.0.1:{port}",
        token_url=f"http://127.0.0.1:{port}/token",
        client_id="c",
        client_secret="s",  # noqa: S106 - the server takes any
        refresh_tokens=refresh_token,
        gate=lambda: True,
        timeouts=Timeouts(),
        max_connections=1000,
    )
    lanes = Lanes(LaneTerms(clock, random.random, lambda: True, lambda *_: None), _die)
    names = [f"M{number}" for number in range(merchants)]
    for name in names:
        lanes.open(name, "inventory", partial(_prepare_of, lanes, client, name), rate=LIMIT_PER_S, burst=0)
    if together:
        await asyncio.sleep(3)
    started = time.process_time()
    for name in names:
        lane = lanes.lane(name, "inventory")
        for number in range(SKUS if lane else 0):
            lane.offer(f"sku-{number}", (1, number))  # type: ignore[union-attr]  # opened just above
    await asyncio.sleep(seconds)
    cpu_s = time.process_time() - started
    await lanes.close(1.0)
    await client.aclose()
    return cpu_s


def _prepare_of(lanes: Lanes, client: SmartConnect, merchant_id: str, _operation: str) -> Prepare:
    def prepare(due: Sequence[tuple[str, int]]) -> Call:
        ((key, _),) = due

        async def perform(under_way: UnderWay) -> Performed:
            departing.set(under_way)
            report = await client.batch_inventory(
                merchant_id, [UpdateInventory("EXSB", key, QUANTITY, 1, "FBA", "A21")]
            )
            lane = lanes.lane(merchant_id, "inventory")
            if lane is not None:
                lane.settle(key, (1, 0))
            return Performed(report.outcome)

        return Call((key,), perform)

    return prepare


def _die(fault: BaseException) -> None:
    raise SystemExit(f"a lane ended: {fault!r}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("merchants", nargs="?", type=int, default=10)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--arrive-together", action="store_true")
    given = parser.parse_args()
    amazon = Amazon()
    cpu_s = uvloop.run(call_for(amazon.port, given.merchants, given.seconds, together=given.arrive_together))
    figures = measured(list(amazon.ended().values()), cpu_s)
    print(
        f"{given.merchants} merchants x {LIMIT_PER_S}/s, {given.seconds:g} s: {figures.calls} calls, "
        f"{figures.breaches} windows over the limit, {figures.used:.4f} of it used "
        f"(least {figures.least_used:.4f}), {figures.cpu_ms_per_call:.2f} ms CPU a call"
    )


if __name__ == "__main__":
    main()
