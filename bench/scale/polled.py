"""A worker whose merchants are all polled, as by default: `python -m bench.scale.polled [MERCHANTS] [--lists-s S]`.

2,000 of them want more lists than an event loop has time for. Told is what else the worker must do meanwhile: its
pages, stock of merchants that have nothing else to do, each list of each merchant, its place in the group, and its end.
`--lists-s` and `--stock-s`: how long Amazon takes to answer, `never` for one that does not.
"""

import argparse
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.request import urlopen

from bench.calls import LIMIT_PER_S, LOCATION, Running, cpu_s, prepared
from bench.peers.polled import NEVER_S, Seen, polled_amazon
from bench.start import resident_mb
from connector.domain.inventory.updates import InventoryUpdate
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.topics import INVENTORY
from tests.kit.inventory.rows import update_record
from tests.kit.kafka.broker import Broker, start_broker

PAGES = ("/livez", "/healthz", "/metrics", "/status")
LISTS_EACH = 11
SETTLE_S = 20.0
MOST_S = 300.0


class Looks:
    """How long each page took, asked for one after another."""

    def __init__(self, url: str) -> None:
        self.took_s: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        self._url = url
        self._ended = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _look(self) -> None:
        while not self._ended.wait(1.0):
            for page in PAGES:
                began = time.monotonic()
                try:
                    with urlopen(self._url + page, timeout=30) as answer:  # noqa: S310 - the worker's own port
                        answer.read()
                except OSError as error:
                    self.failed.append(f"{page}: {error!r}")
                else:
                    self.took_s[page].append(time.monotonic() - began)


def measure(broker: Broker, merchants: int, lists_s: float, stock_s: float, seconds: float) -> None:
    with polled_amazon(lists_s, stock_s) as amazon, prepared(broker, amazon.port, merchants, LIMIT_PER_S, "") as run:
        run.start()
        began = time.monotonic()
        run.worker.wait_for("partitions owned", MOST_S)
        print(f"{merchants} merchants, owned after {time.monotonic() - began:.1f} s", flush=True)
        time.sleep(SETTLE_S)
        cpu, lists, since = cpu_s(run.worker.pid), amazon.seen().lists, time.monotonic()
        looks = Looks(run.worker.web_url)
        with looks.going_on():
            written = write_stock(run, seconds)
        took_s, cpu = time.monotonic() - since, cpu_s(run.worker.pid) - cpu
        seen = amazon.seen()
        lists = seen.lists - lists
        print(
            f"{lists / took_s:,.0f} lists/s, {1000 * cpu / lists:.2f} ms of CPU each, {cpu / took_s:.2f} of a core, "
            f"{resident_mb(run.worker.pid)} MB, load {os.getloadavg()[0]:.1f}"
        )
        tell(looks, written, seen, merchants)
        tell_metrics(run.worker.metrics())
        tell_log(run)
        began = time.monotonic()
        code = run.worker.stop()
        print(f"SIGTERM: ended after {time.monotonic() - began:.2f} s with {code}", flush=True)
        tell_log(run)


def write_stock(run: Running, seconds: float) -> dict[str, float]:
    """An update a second, each of another merchant; when each was written."""
    codec, written = AvroCodec(), {}
    ends_at, number = time.monotonic() + seconds, 0
    while time.monotonic() < ends_at:
        merchant_id, now = run.merchants[number * 7 % len(run.merchants)], time.time()
        update = InventoryUpdate(f"u-{now}", merchant_id, LOCATION, f"sku-{number}", 1, round(now * 1000))
        record = (merchant_id, codec.encode(INVENTORY.name, update_record(update)))
        written[f"{merchant_id} sku-{number}"] = time.time()
        run.broker.produce(INVENTORY.name, [record], partitioner="murmur2_random")
        number += 1
        time.sleep(1.0)
    return written


def tell(looks: Looks, written: dict[str, float], seen: Seen, merchants: int) -> None:
    for page, took_s in looks.took_s.items():
        print(f"{page:<9} {len(took_s)} times: {spread(took_s)}")
    print(f"pages not given: {looks.failed[:5]}")
    arrived = [seen.stock[name] - at for name, at in written.items() if name in seen.stock]
    print(f"stock: {len(arrived)} of {len(written)} arrived: {spread(arrived)}")
    ages = defaultdict(list)
    for name, at in seen.asked.items():
        ages[name.partition(" ")[2]].append(seen.at - at)
    for name, of_merchants in sorted(ages.items()):
        print(f"  {name:<24} of {len(of_merchants)}, asked for {spread(of_merchants)} ago")
    print(f"lists never asked for: {merchants * LISTS_EACH - len(seen.asked)}", flush=True)


def spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    median, most = (ordered[len(ordered) * percent // 100] for percent in (50, 95))
    return f"median {median:.3f} s, p95 {most:.3f} s, longest {ordered[-1]:.3f} s"


def tell_metrics(text: str) -> None:
    for line in text.splitlines():
        if any(word in line for word in ("event_loop", "lease", "in_flight", "rebalance")) and line[0] != "#":
            print(f"  {line}"[:150])


def tell_log(run: Running) -> None:
    lines = run.worker.log.read_text().splitlines()
    print("".join(f"  {line[:300]}\n" for line in lines[-4:]), flush=True)


def seconds(text: str) -> float:
    return NEVER_S if text == "never" else float(text)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("merchants", nargs="?", type=int, default=2000)
    parser.add_argument("--lists-s", type=seconds, default=0.005)
    parser.add_argument("--stock-s", type=seconds, default=0.005)
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args()
    broker = start_broker()
    try:
        measure(broker, given.merchants, given.lists_s, given.stock_s, given.seconds)
    finally:
        broker.close()


if __name__ == "__main__":
    main()
