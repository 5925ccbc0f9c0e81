"""What a fleet of workers takes, computed from what single points cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, log2
from statistics import median

from bench.calls import LIMIT_PER_S
from bench.scale.points import Cost, Point, Whole, lists_per_s

DAY_S = 86_400
SHARE_OF_A_CORE = 0.5
"""What a worker may use of it, on average: peaks, rebalances and a worker less are to be borne by the rest."""

MEMORY_GB = 4.0
"""Of a worker, of which rows and merchants may have `SHARE_OF_MEMORY`."""

SHARE_OF_MEMORY = 0.7


@dataclass(frozen=True)
class Rates:
    """What one more of each costs, beyond the worker itself (`base`)."""

    base_mb: float
    kb_per_merchant: float
    kb_per_sku: float
    base_idle_share: float
    idle_share_per_merchant: float
    intake_us: float
    call_ms: float
    poll_ms: float


@dataclass(frozen=True)
class Load:
    """`changes_a_day`: updates of each SKU, of which every one becomes a call. `poll_interval_s`: in force, of orders;
    new returns are polled as by default."""

    merchants: int
    skus: int
    changes_a_day: float
    poll_interval_s: float

    @property
    def updates_per_s(self) -> float:
        return self.skus * self.changes_a_day / DAY_S

    @property
    def polls_per_s(self) -> float:
        return self.merchants * lists_per_s(self.poll_interval_s)

    @property
    def limit_share(self) -> float:
        """Of what Amazon allows all merchants for inventory calls."""
        return self.updates_per_s / (self.merchants * LIMIT_PER_S)


@dataclass(frozen=True)
class Need:
    """Cores that are computing, on average; `memory_gb` of rows and merchants."""

    cores_merchants: float
    cores_polls: float
    cores_intake: float
    cores_calls: float
    memory_gb: float
    workers_by_cpu: int
    workers_by_memory: int

    @property
    def cores(self) -> float:
        return self.cores_merchants + self.cores_polls + self.cores_intake + self.cores_calls

    @property
    def workers(self) -> int:
        return max(self.workers_by_cpu, self.workers_by_memory)

    @property
    def partitions(self) -> int:
        """A power of two with room to grow: their number can't be changed later, and each is one worker's at a time."""
        return 1 << ceil(log2(max(4 * self.workers, 8)))


def rates(costs: Mapping[Point, Cost], whole: Whole) -> Rates:
    """By the points of one worker. Raises ValueError where they differ in merchants or in SKUs alone nowhere."""
    alone = {point: cost for point, cost in costs.items() if point.workers == 1}
    mb_per_merchant = _slope(alone, lambda cost: cost.memory_mb, _merchants, _skus)
    idle_per_merchant = _slope(alone, lambda cost: cost.idle_share, _merchants, _skus)
    mb_per_sku = _slope(alone, lambda cost: cost.memory_mb, _skus, _merchants)
    least = min(alone)
    return Rates(
        base_mb=alone[least].memory_mb - least.merchants * mb_per_merchant - least.skus * mb_per_sku,
        kb_per_merchant=whole.kb_per_merchant,
        kb_per_sku=1000 * mb_per_sku,
        base_idle_share=alone[least].idle_share - least.merchants * idle_per_merchant,
        idle_share_per_merchant=max(idle_per_merchant, 0.0),
        intake_us=median(cost.intake_us for cost in alone.values()),
        call_ms=median(cost.call_ms for cost in alone.values()),
        poll_ms=whole.poll_ms,
    )


def need(load: Load, each: Rates) -> Need:
    memory_gb = (load.merchants * each.kb_per_merchant + load.skus * each.kb_per_sku) / 1e6
    computed = {
        "cores_merchants": load.merchants * each.idle_share_per_merchant,
        "cores_polls": load.polls_per_s * each.poll_ms / 1e3,
        "cores_intake": load.updates_per_s * each.intake_us / 1e6,
        "cores_calls": load.updates_per_s * each.call_ms / 1e3,
    }
    by_cpu = sum(computed.values()) / (SHARE_OF_A_CORE - each.base_idle_share)
    by_memory = memory_gb / (MEMORY_GB * SHARE_OF_MEMORY - each.base_mb / 1e3)
    return Need(**computed, memory_gb=memory_gb, workers_by_cpu=ceil(by_cpu), workers_by_memory=ceil(by_memory))


def _merchants(point: Point) -> int:
    return point.merchants


def _skus(point: Point) -> int:
    return point.skus


def _slope(
    costs: Mapping[Point, Cost],
    value: Callable[[Cost], float],
    along: Callable[[Point], int],
    fixed: Callable[[Point], int],
) -> float:
    """Of a cost, by the two points that lie farthest apart `along` and are alike in `fixed`."""
    pairs = [
        (one, other) for one in costs for other in costs if fixed(one) == fixed(other) and along(one) < along(other)
    ]
    if not pairs:
        raise ValueError("measure two points that differ in merchants alone, and two that differ in SKUs alone")
    first, last = max(pairs, key=lambda pair: along(pair[1]) - along(pair[0]))
    return (value(costs[last]) - value(costs[first])) / (along(last) - along(first))
