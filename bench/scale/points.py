"""What a worker costs at so many merchants and SKUs: `connector worker` as a process, on a real broker."""

import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.calls import LIMIT_PER_S, LOCATION, Running, cpu_s, prepared
from bench.peers.amazon import Call, amazon
from bench.start import resident_mb, rows_of
from connector.domain.orders.facts.shipment import Status
from connector.domain.polling.polls import OFTEN, SELDOM
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.topics import INVENTORY, changelog_topic
from connector.tables.ledger import LEDGER
from tests.kit.flows.world import PARTITIONS, home
from tests.kit.kafka.broker import Broker, eventually
from tests.kit.processes import Process

STOCK_ALONE = "orders = false\nreturns = false\n"  # lists are asked for by the clock: see measure_whole
DIRTY_MERCHANTS = 100  # at most, that have one SKU each to be sent at the start
CALLED_MERCHANTS, CALLED_S = 50, 10
TAKEN_MERCHANTS, TAKEN_SKUS = 10, 20  # so many are updated again and again: few calls for many updates
UPDATES = 50_000
IDLE_S = 15.0
POLLED_MERCHANTS, POLL_INTERVAL_S = 40, 5
FEW_MERCHANTS, MANY_MERCHANTS = 10, 300  # with all that a merchant has
CALM_SHARE = 0.2
MOST_S = 600.0


@dataclass(frozen=True, order=True)
class Point:
    merchants: int
    skus: int
    workers: int

    def __str__(self) -> str:
        return f"{self.merchants}x{self.skus}x{self.workers}"


@dataclass(frozen=True)
class Cost:
    """`memory_mb`, `idle_share` (of a core): of all workers together. `start_s`: to the first call that arrived."""

    start_s: float
    start_cpu_s: float
    memory_mb: float
    idle_share: float
    intake_us: float
    call_ms: float


@dataclass(frozen=True)
class Whole:
    """Of merchants with orders and returns too: memory of each, and the CPU of a list that says nothing new."""

    kb_per_merchant: float
    poll_ms: float


@dataclass(frozen=True)
class Fleet:
    """Workers that own the partitions together."""

    run: Running
    calls: Callable[[], Sequence[Call]]
    workers: Sequence[Process]

    def cpu_s(self) -> float:
        return sum(cpu_s(worker.pid) for worker in self.workers)

    def idle_share(self) -> float:
        """Of a core, while nothing is to be done."""
        began = self.cpu_s()
        time.sleep(IDLE_S)
        return (self.cpu_s() - began) / IDLE_S

    def spent(self, do: Callable[[], int], idle_share: float) -> tuple[int, int, float]:
        """(updates, calls, CPU seconds beyond the idle workers') from when `do`, which gives how many updates it wrote,
        is called until all is taken and sent."""
        calls, began, cpu = len(self.calls()), time.monotonic(), self.cpu_s()
        taken = self._taken()
        updates = do()
        eventually("all updates are taken", lambda: self._taken() == taken + updates, MOST_S)
        eventually("Amazon is left alone", self._is_quiet, MOST_S)
        took_s = time.monotonic() - began
        return updates, len(self.calls()) - calls, self.cpu_s() - cpu - idle_share * took_s

    def _taken(self) -> int:
        """Updates that the group has committed."""
        offsets = self.run.broker.committed("connector")
        return sum(max(offsets.get((INVENTORY.name, number), 0), 0) for number in range(PARTITIONS))

    def _is_quiet(self) -> bool:
        calls = self.calls()
        return not calls or time.time() - calls[-1].at > 3


def measure(broker: Broker, point: Point) -> Cost:
    with amazon() as (port, calls), prepared(broker, port, point.merchants, LIMIT_PER_S, STOCK_ALONE) as run:
        write_rows(run, point)
        fleet = Fleet(run, calls, start(run, point.workers))
        began = time.time()
        try:
            eventually("a first call", calls, MOST_S)
            dirty = min(point.merchants, DIRTY_MERCHANTS)
            eventually("a call of each", lambda: len({call.merchant_id for call in calls()}) == dirty, MOST_S)
            start_cpu_s = fleet.cpu_s()
            for worker in fleet.workers:  # who comes second takes partitions from the first
                worker.wait_for("partitions owned", MOST_S)
            time.sleep(IDLE_S)
            idle_share = fleet.idle_share()
            memory_mb = float(sum(resident_mb(worker.pid) for worker in fleet.workers))
            called = fleet.spent(lambda: update_each(run), idle_share)
            taken = fleet.spent(lambda: update_often(run), idle_share)
        finally:
            for worker in fleet.workers:
                worker.stop()
        intake_s, call_s = solved(called, taken)
        start_s = calls()[0].at - began
        return Cost(start_s, start_cpu_s, memory_mb, idle_share, 1e6 * intake_s, 1e3 * call_s)


def measure_whole(broker: Broker) -> Whole:
    few_mb, few_share = _idle(broker, FEW_MERCHANTS, 3600)
    many_mb, _ = _idle(broker, MANY_MERCHANTS, 3600)
    _, often_share = _idle(broker, POLLED_MERCHANTS, POLL_INTERVAL_S)
    polls_per_s = POLLED_MERCHANTS * lists_per_s(POLL_INTERVAL_S)
    return Whole(
        kb_per_merchant=1000 * (many_mb - few_mb) / (MANY_MERCHANTS - FEW_MERCHANTS),
        poll_ms=1000 * (often_share - few_share) / polls_per_s,
    )


def _idle(broker: Broker, merchants: int, interval_s: int) -> tuple[int, float]:
    """(megabytes, share of a core) of one worker when all lists and sweeps have been asked for once."""
    extra = f"poll_interval_s = {interval_s}\n"
    with amazon() as (port, calls), prepared(broker, port, merchants, LIMIT_PER_S, extra) as run:
        fleet = Fleet(run, calls, start(run, 1))
        (worker,) = fleet.workers
        try:
            worker.wait_for("partitions owned", MOST_S)
            eventually("the first lists are had", lambda: fleet.idle_share() < CALM_SHARE, MOST_S)
            return resident_mb(worker.pid), fleet.idle_share()
        finally:
            worker.stop()


def lists_per_s(in_force_s: float) -> float:
    """Of a merchant that has nothing to do, polled as by default but for its orders, of which notifications may have
    been proven."""
    seldom_s = POLL_INTERVAL_S * SELDOM
    return len(OFTEN) / in_force_s + (len(Status) - len(OFTEN)) / max(in_force_s, seldom_s) + 1 / seldom_s


def solved(first: tuple[int, int, float], second: tuple[int, int, float]) -> tuple[float, float]:
    """CPU seconds of an update and of a call, of two runs that had so many of each."""
    (updates, calls, cpu), (others, other_calls, other_cpu) = first, second
    determinant = updates * other_calls - others * calls
    of_update = (cpu * other_calls - other_cpu * calls) / determinant
    return of_update, (updates * other_cpu - others * cpu) / determinant


def start(run: Running, workers: int) -> list[Process]:
    """All at once, each under a name of its own."""
    names = [f"worker-{number}" for number in range(workers)]
    return [
        Process(["worker"], {**run.environment, "CONNECTOR_INSTANCE": name}, run.directory / f"{name}.log")
        for name in names
    ]


def write_rows(run: Running, point: Point) -> None:
    """All settled, but for one of some merchants."""
    topic, each = changelog_topic("connector", LEDGER.name), point.skus // point.merchants
    for partition in range(PARTITIONS):
        mine = [name for name in run.merchants if home(name) == partition]
        rows = itertools.chain.from_iterable(
            itertools.islice(rows_of(name, each + 1), 0 if is_dirty(name) else 1, each if is_dirty(name) else None)
            for name in mine
        )
        run.broker.produce(topic, rows, partition=partition, compression_type="lz4")


def is_dirty(merchant_id: str) -> bool:
    return int(merchant_id[1:]) < DIRTY_MERCHANTS


def update_each(run: Running) -> int:
    """One update of each of some SKUs, as many as can be sent in `CALLED_S`."""
    merchants, skus = run.merchants[:CALLED_MERCHANTS], range(LIMIT_PER_S * CALLED_S)
    return write(run, [(merchant_id, sku) for sku in skus for merchant_id in merchants])


def update_often(run: Running) -> int:
    chance, merchants = random.Random(1), run.merchants[:TAKEN_MERCHANTS]
    return write(run, [(chance.choice(merchants), chance.randrange(TAKEN_SKUS)) for _ in range(UPDATES)])


def write(run: Running, updated: Sequence[tuple[str, int]]) -> int:
    """An update of each SKU, with a quantity that it has not had."""
    codec, now_ms = AvroCodec(), time.time_ns() // 1_000_000
    records = []
    for number, (merchant_id, sku) in enumerate(updated):
        update = {
            "update_id": f"update-{now_ms}-{number}",
            "merchant_id": merchant_id,
            "location_id": LOCATION,
            "sku": f"SKU-{sku:06}",
            "quantity": 100 + number,
            "occurred_at": now_ms - len(updated) + number,
        }
        records.append((merchant_id, codec.encode(INVENTORY.name, update)))
    run.broker.produce(INVENTORY.name, records, partitioner="murmur2_random")
    return len(updated)
