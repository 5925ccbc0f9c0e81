"""What a fleet takes follows from what single points cost."""

import pytest

from bench.scale.fleet import Load, need, rates
from bench.scale.points import Cost, Point, Whole, solved


def cost(point: Point) -> Cost:
    """100 MB and 2 % of a core, 10 kB and 0.001 % of a core for a merchant, 0.5 kB for a SKU."""
    memory_mb = 100 + point.merchants * 0.01 + point.skus * 0.0005
    return Cost(2.0, 1.5, memory_mb, 0.02 + point.merchants * 1e-5, intake_us=20, call_ms=0.5)


WHOLE = Whole(kb_per_merchant=40, poll_ms=1.0)
POINTS = [Point(10, 10_000, 1), Point(10, 1_000_000, 1), Point(1_000, 10_000, 1), Point(1_000, 10_000, 2)]


def test_costs_of_one_more_of_each() -> None:
    each = rates({point: cost(point) for point in POINTS}, WHOLE)
    assert (each.base_mb, each.kb_per_merchant, each.kb_per_sku) == pytest.approx((100, 40, 0.5))
    assert (each.base_idle_share, each.idle_share_per_merchant) == pytest.approx((0.02, 1e-5))


def test_points_along_one_axis_alone_are_not_enough() -> None:
    with pytest.raises(ValueError, match="two points"):
        rates({point: cost(point) for point in POINTS[:2]}, WHOLE)


def test_a_fleet() -> None:
    each = rates({point: cost(point) for point in POINTS}, WHOLE)
    load = Load(merchants=1_000, skus=8_640_000, changes_a_day=10, poll_interval_s=50)
    assert (load.updates_per_s, load.polls_per_s) == pytest.approx((1_000, 200 + 1_000 / 9))
    assert load.limit_share == pytest.approx(1_000 / 6_000)
    found = need(load, each)
    assert (found.cores_polls, found.cores_intake, found.cores_calls) == pytest.approx((0.2 + 1 / 9, 0.02, 0.5))
    assert found.memory_gb == pytest.approx(0.04 + 4.32)
    assert (found.workers_by_cpu, found.workers_by_memory, found.workers, found.partitions) == (2, 2, 2, 8)


def test_two_runs_tell_the_cost_of_an_update_from_that_of_a_call() -> None:
    """Of 20 us and 0.5 ms."""
    assert solved((600, 600, 0.312), (50_000, 200, 1.1)) == pytest.approx((20e-6, 0.5e-3))
