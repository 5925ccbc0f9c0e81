"""A lane that nothing was asked of: it takes next to nothing, and its first call goes when a running one's would."""

import asyncio

from connector.lanes.lanes import Lanes
from connector.lanes.pace import Learnt
from tests.kit.lanes import Amazon, calls_of, lanes_on
from tests.kit.virtual_time import run_virtual


def first_call_at(idle_s: float) -> float:
    """Seconds after it was opened, of a lane that has its first key after `idle_s`."""
    amazon = Amazon()

    async def scenario() -> float:
        opened_at, lanes = asyncio.get_running_loop().time(), lanes_on()
        lanes.open("M1", "inventory", calls_of(amazon, lambda: lanes.lane("M1", "inventory")), rate=6, burst=0)
        await asyncio.sleep(idle_s)
        lane = lanes.lane("M1", "inventory")
        assert lane is not None
        lane.offer("sku", (1, 0))
        await asyncio.sleep(5)
        await lanes.close(0)
        return amazon.times()[0] - opened_at

    return run_virtual(scenario())


def test_nothing_runs_for_it_and_what_is_told_of_it_is_what_is_told_of_one_that_runs() -> None:
    async def scenario() -> None:
        lanes = lanes_on()
        for operation in ("inventory", "get_shipment"):
            lanes.open("M1", operation, lambda _: None, rate=5, burst=1)
        await asyncio.sleep(10)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        running = lanes.lane("M1", "inventory")
        assert lanes.lane("M1", "inventory") is running
        assert told(lanes, "inventory") == told(lanes, "get_shipment") == (0, None, 5, 0.0, 0.0, 0)
        assert [lane.operation for lane in lanes.of("M1")] == ["inventory", "get_shipment"]
        await lanes.close(0)
        assert list(lanes) == []

    run_virtual(scenario())


def told(lanes: Lanes, operation: str) -> tuple[object, ...]:
    lane = lanes.told("M1", operation)
    assert lane is not None
    used = lane.used_share(asyncio.get_running_loop().time())
    return lane.backlog, lane.oldest_since_ms, lane.limit_per_s, used, lane.waited_s_total, lane.taken_total


def test_the_window_that_another_worker_may_have_used_ends_a_second_after_it_was_opened() -> None:
    """Not after it was first asked for something; and a call that comes by itself has nothing to wait for then."""
    assert first_call_at(idle_s=0.5) == first_call_at(idle_s=0.0) >= 1.0
    assert first_call_at(idle_s=60.0) < 60.01


def test_one_that_amazon_closed_or_slowed_down_is_told_so_before_anything_is_asked_of_it() -> None:
    async def scenario() -> None:
        lanes = lanes_on()
        now = asyncio.get_running_loop().time()
        lanes.recall = lambda _merchant, _operation: Learnt(limit_per_s=0.5, stated_at=now)
        lanes.open("M1", "inventory", lambda _: None, rate=6, burst=0)
        lane = lanes.told("M1", "inventory")
        assert lane is not None
        assert lane.limit_per_s == 0.5
        await lanes.close(0)

    run_virtual(scenario())
