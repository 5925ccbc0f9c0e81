"""Repeated and healing calls come after fresh ones and use a quarter of a lane at most."""

import asyncio
from itertools import pairwise

import pytest

from connector.domain.outcomes import Outcome
from connector.lanes.scheduler import Kind, Scheduler
from tests.kit.lanes import BUSY, DONE, Amazon, idle, lane_on, run_until
from tests.kit.virtual_time import run_virtual


def test_four_hundred_contested_skus_starve_no_fresh_one() -> None:
    """Each is tried again a minute after it was settled: more than the lane could do, were it all they had."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        amazon = Amazon()
        lane = lane_on(amazon, settles=False)
        settled: set[int] = set()

        def settle_what_landed() -> None:
            for number, (_, (key,)) in enumerate(amazon.calls):
                if number not in settled and not amazon.flying[key]:
                    settled.add(number)
                    contested = key.startswith("contested")
                    lane.settle(
                        key, (1, 0) if contested else None, 60.0, kind=Kind.HEALING if contested else Kind.FRESH
                    )

        for number in range(400):
            lane.offer(f"contested-{number}", (1, 0), kind=Kind.HEALING)
        offered: dict[str, float] = {}
        started = loop.time()

        def watch() -> bool:
            settle_what_landed()
            if len(offered) < 180 and loop.time() >= started + 10 * len(offered):
                key = f"fresh-{len(offered)}"
                offered[key] = loop.time()
                lane.offer(key, (1, len(offered)))
            return loop.time() >= started + 1_800

        await run_until([lane], watch, 2_000, step_s=0.1)
        assert len(offered) == 180
        assert max(amazon.times(key)[0] - at for key, at in list(offered.items())[1:]) <= 2.0
        healing = [at for at, (key,) in amazon.calls if key.startswith("contested")]
        assert max(sum(1 for other in healing if at <= other < at + 60) for at in healing[::50]) <= 1.5 * 60 + 1
        assert len(healing) >= 0.98 * 1.5 * 1_790

    run_virtual(scenario())


def test_fresh_work_that_never_ends_leaves_repeats_every_fourth_call() -> None:
    async def scenario() -> None:
        def says(key: str, count: int) -> Outcome[None]:
            return BUSY if key.startswith("failing") and count == 1 else DONE

        amazon = Amazon(says=says)
        lane = lane_on(amazon)
        for number in range(30):
            lane.offer(f"failing-{number}", (0, number))
        for number in range(600):
            lane.offer(f"fresh-{number}", (1, number))
        await run_until([lane], idle(lane), 300)
        order = [key for _, (key,) in amazon.calls]
        repeats = [number for number, key in enumerate(order) if key in order[:number]]
        assert len(repeats) == 30
        assert min(later - earlier for earlier, later in pairwise(repeats)) >= 4
        assert max(repeats) < len(order) - 100, "they had their turn while fresh work waited"
        times = amazon.times()
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.99 * 6

    run_virtual(scenario())


def test_what_amazon_has_not_answered_has_the_whole_lane_where_nothing_is_fresh() -> None:
    """After an outage everything is a repeat: it must not take four times as long."""

    async def scenario() -> None:
        amazon = Amazon(says=lambda _key, count: BUSY if count == 1 else DONE)
        lane = lane_on(amazon)
        for number in range(120):
            lane.offer(f"sku-{number}", (1, number))
        await run_until([lane], idle(lane), 60)
        times = amazon.times()
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.99 * 6

    run_virtual(scenario())


def taken(scheduler: Scheduler, count: int, now: float = 0.0) -> list[str]:
    return [key for key, _ in scheduler.take(count, now, 0.0)]


def test_a_call_takes_fresh_keys_or_repeats_but_not_both() -> None:
    """One that fails strangely must not take a fresh one with it."""
    scheduler = Scheduler()
    scheduler.offer("healing", (0, 0), 0.0, kind=Kind.HEALING)
    for key in ("a", "b"):
        scheduler.offer(key, (1, 0), 0.0)
    assert taken(scheduler, 10) == ["healing"]
    assert taken(scheduler, 10) == ["a", "b"]


def test_news_makes_a_healing_key_fresh() -> None:
    scheduler = Scheduler()
    scheduler.offer("first", (1, 0), 0.0, kind=Kind.HEALING)
    assert [key for key, _ in scheduler.take(1, 0.0, 1.0)] == ["first"]
    scheduler.offer("sku", (1, 1), 0.0, kind=Kind.HEALING)
    assert scheduler.take(1, 1.0, 1.0) == []
    assert scheduler.next_wait_s(1.0) == pytest.approx(3.0)
    scheduler.offer("sku", (1, 1), 1.0)
    assert scheduler.next_wait_s(1.0) == 0.0
    assert [key for key, _ in scheduler.take(1, 1.0, 1.0)] == ["sku"]


def test_what_heals_later_does_not_hide_what_is_due_before() -> None:
    scheduler = Scheduler()
    scheduler.offer("first", (1, 0), 0.0, kind=Kind.HEALING)
    scheduler.take(1, 0.0, 10.0)
    scheduler.offer("healing", (1, 1), 0.0, kind=Kind.HEALING)
    scheduler.offer("soon", (1, 2), 0.0, not_before=5.0)
    assert scheduler.next_wait_s(0.0) == 5.0
    assert taken(scheduler, 1, 5.0) == ["soon"]
