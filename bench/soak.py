"""Memory of `connector worker` at the limit of many merchants for half an hour. `python -m bench.soak [--minutes 30]`.

Each merchant has as many updates as its limit can't take: its SKUs are all updated again before the last round is sent,
each to another quantity. Lists are polled as by default. Amazon keeps stock, in a process of its own that stamps
arrivals in the kernel. Told: memory each half minute, then the last minutes' against those after the warm-up, the
windows over the limit and the share of it that was used.
"""

import argparse
import time
from collections import defaultdict
from statistics import median

from bench.calls import LIMIT_PER_S, LOCATION, Running, cpu_s, prepared
from bench.peers.amazon import Call, amazon
from bench.stamping import breaches, used_share
from bench.start import resident_mb
from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.topics import INVENTORY
from tests.kit.inventory.rows import update_record
from tests.kit.kafka.broker import start_broker

SKUS = 1_000  # of each merchant
ROUND_S = 0.9 * SKUS / LIMIT_PER_S
SAMPLE_S = 30.0
WARM_UP_SHARE = 1 / 3  # of the time: the first rounds arrive faster than the allocator has seen
COMPARED = 4  # samples, after the warm-up and at the end


def soak(merchants: int, minutes: float) -> None:
    broker = start_broker()
    try:
        with amazon() as (port, calls), prepared(broker, port, merchants, LIMIT_PER_S, extra="") as run:
            run.start()
            run.worker.wait_for("partitions owned")
            samples_mb = _sampled_mb(run, 60 * minutes)
            ended = time.time()
            tell(calls(), ended, samples_mb)
    finally:
        broker.close()


def _sampled_mb(run: Running, seconds: float) -> list[float]:
    began, rounds, samples = time.monotonic(), 0, list[float]()
    cpu_began = cpu_s(run.worker.pid)
    while (passed_s := time.monotonic() - began) < seconds:
        if passed_s >= rounds * ROUND_S:
            rounds += 1
            _update_each(run, rounds)
        time.sleep(max(0.0, min(rounds * ROUND_S, (len(samples) + 1) * SAMPLE_S) - passed_s))
        if time.monotonic() - began >= (len(samples) + 1) * SAMPLE_S:
            samples.append(resident_mb(run.worker.pid))
            share = (cpu_s(run.worker.pid) - cpu_began) / (time.monotonic() - began)
            print(f"{len(samples) * SAMPLE_S:6.0f} s: {samples[-1]:.0f} MB, {share:.2f} of a core", flush=True)
    return samples


def _update_each(run: Running, number: int) -> None:
    codec, now_ms = AvroCodec(), time.time_ns() // 1_000_000
    updates = (
        InventoryUpdate(f"u-{merchant}-{sku}-{number}", merchant, LOCATION, f"sku-{sku}", number, now_ms)
        for sku in range(SKUS)
        for merchant in run.merchants
    )
    records = [(each.merchant_id, codec.encode(INVENTORY.name, update_record(each))) for each in updates]
    run.broker.produce(INVENTORY.name, records, partitioner="murmur2_random")


def tell(calls: list[Call], ended: float, samples_mb: list[float]) -> None:
    warm = round(len(samples_mb) * WARM_UP_SHARE)
    before, after = median(samples_mb[warm : warm + COMPARED]), median(samples_mb[-COMPARED:])
    arrivals: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call.at < ended:
            arrivals[call.merchant_id].append(call.at)
    used = [used_share(times, LIMIT_PER_S) for times in arrivals.values()]
    over = sum(breaches(times, LIMIT_PER_S) for times in arrivals.values())
    print(f"memory: {before:.0f} MB after the warm-up, {after:.0f} MB at the end: {100 * (after / before - 1):+.1f} %")
    print(f"{len(calls):,} calls: {over} windows over the limit, {sum(used) / len(used):.4f} of it used")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--merchants", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=30)
    given = parser.parse_args()
    soak(given.merchants, given.minutes)


if __name__ == "__main__":
    main()
