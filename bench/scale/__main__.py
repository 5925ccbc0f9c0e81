"""Cost against merchants and SKUs, a point at a time. `python -m bench.scale [MERCHANTSxSKUSxWORKERS ...] [--again]`.

A point is `connector worker`, one process or two, on a real broker with so many rows in the ledger's changelog. What
was measured is kept in build/scale.json, and measured again with `--again` alone: the whole takes half an hour, and may
be stopped and gone on with. A table is printed, docs/scale.svg drawn, and what a fleet takes is computed of it.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence

import msgspec

from bench.scale import fleet, plot
from bench.scale.points import Cost, Point, Whole, measure, measure_whole
from tests.kit.kafka.broker import start_broker
from tests.kit.processes import ROOT

KEPT, PLOT = ROOT / "build" / "scale.json", ROOT / "docs" / "scale.svg"
BY_MERCHANTS = [(merchants, 100_000) for merchants in (10, 100, 1_000, 10_000)]
BY_SKUS = [(10, skus) for skus in (10_000, 100_000, 1_000_000)]
POINTS = sorted({Point(*point, workers) for point in (*BY_MERCHANTS, *BY_SKUS) for workers in (1, 2)})
COLUMNS = (
    *("merchants", "SKUs", "workers", "first call, s", "CPU until then, s", "memory, MB", "idle, of a core"),
    *("intake of an update, us", "a call, ms"),
)
FLEET_COLUMNS = (
    *("merchants", "SKUs", "changes of each a day", "orders polled every, s", "of Amazon's limit"),
    *("cores: polls", "intake", "calls", "all", "memory, GB", "workers", "partitions"),
)
LOADS = [
    fleet.Load(merchants, skus, changes_a_day, interval_s)
    for merchants, skus in ((1_000, 1_000_000), (10_000, 10_000_000), (100_000, 100_000_000))
    for changes_a_day, interval_s in ((1, 5), (1, 60), (10, 60))
]


class Measured(msgspec.Struct):
    """`points`: costs by the point's name. `whole` None: not measured yet."""

    points: dict[str, Cost] = {}
    whole: Whole | None = None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("points", nargs="*", help="as 10x100000x1; all where none is named")
    parser.add_argument("--again", action="store_true", help="measure what has been measured")
    parser.add_argument("--only-tell", action="store_true", help="what was measured, and what follows of it")
    given = parser.parse_args()
    points = [Point(*map(int, name.split("x"))) for name in given.points] or POINTS
    if not given.only_tell:
        measure_missing(points, again=given.again)
    tell(read())


def measure_missing(points: list[Point], *, again: bool) -> None:
    kept = read()
    broker = start_broker()
    try:
        for point in points:
            if again or str(point) not in kept.points:
                kept.points[str(point)] = cost = measure(broker, point)
                keep(kept)
                print(row(point, cost), flush=True)
        if again or kept.whole is None:
            kept.whole = measure_whole(broker)
            keep(kept)
    finally:
        broker.close()


def read() -> Measured:
    return msgspec.json.decode(KEPT.read_bytes(), type=Measured) if KEPT.exists() else Measured()


def keep(measured: Measured) -> None:
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(measured)))


def tell(measured: Measured) -> None:
    costs = {Point(*map(int, name.split("x"))): cost for name, cost in measured.points.items()}
    print(heading(COLUMNS))
    for point, cost in sorted(costs.items()):
        print(row(point, cost))
    draw(costs)
    if measured.whole is None:
        return
    try:
        each = fleet.rates(costs, measured.whole)
    except ValueError as missing:
        print(f"\nno fleet is computed: {missing}")
        return
    print(
        f"\na poll: {each.poll_ms:.2f} ms; a merchant: {each.kb_per_merchant:.1f} kB; a SKU: {each.kb_per_sku:.2f} kB"
    )
    print(f"a worker: {each.base_mb:.0f} MB, {each.base_idle_share:.1%} of a core\n")
    print(heading(FLEET_COLUMNS))
    for load in LOADS:
        print(fleet_row(load, fleet.need(load, each)))


def heading(columns: Sequence[str]) -> str:
    return f"\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|"


def row(point: Point, cost: Cost) -> str:
    return (
        f"| {point.merchants:,} | {point.skus:,} | {point.workers} | {cost.start_s:.1f} | {cost.start_cpu_s:.1f} | "
        f"{cost.memory_mb:.0f} | {cost.idle_share:.1%} | {cost.intake_us:.0f} | {cost.call_ms:.2f} |"
    )


def fleet_row(load: fleet.Load, needed: fleet.Need) -> str:
    return (
        f"| {load.merchants:,} | {load.skus:,} | {load.changes_a_day:g} | {load.poll_interval_s:g} | "
        f"{load.limit_share:.2%} | {needed.cores_polls:.1f} | {needed.cores_intake:.2f} | {needed.cores_calls:.1f} | "
        f"{needed.cores:.1f} | {needed.memory_gb:.1f} | {needed.workers} | {needed.partitions} |"
    )


def draw(costs: Mapping[Point, Cost]) -> None:
    """Where there are two merchants' points at least."""
    values: dict[str, Callable[[Cost], float]] = {
        "memory, MB": lambda cost: cost.memory_mb,
        "first call, s": lambda cost: cost.start_s,
        "CPU of a call, ms": lambda cost: cost.call_ms,
    }
    drawn = []
    for of in values.values():
        lines: dict[str, plot.Line] = {}
        for workers in (1, 2):
            by_merchants = [
                (float(point.merchants), of(cost))
                for point, cost in sorted(costs.items())
                if point.workers == workers and (point.merchants, point.skus) in BY_MERCHANTS
            ]
            if len(by_merchants) > 1:
                lines["one worker" if workers == 1 else "two workers"] = by_merchants
        drawn.append(lines)
    if all(drawn):
        PLOT.write_text(plot.chart(list(values), "merchants, of 100,000 SKUs", drawn))


if __name__ == "__main__":
    main()
