"""Lanes in virtual time: what leaves when, and what becomes of calls that fail."""

import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from connector.domain.outcomes import Answer, Conflict, Unauthorized
from connector.lanes.access.access import Access
from tests.kit.lanes import BUSY, DONE, Amazon, idle, lane_on, most_in, run_until, terms_of
from tests.kit.virtual_time import run_virtual


def test_zero_stock_goes_first_then_the_oldest() -> None:
    async def scenario() -> None:
        amazon = Amazon()
        lane = lane_on(amazon)
        for position, key in enumerate(["young", "old", "empty"]):
            lane.offer(key, (0 if key == "empty" else 1, -position))
        await run_until([lane], idle(lane), 10)
        assert [keys for _, keys in amazon.calls] == [("empty",), ("old",), ("young",)]

    run_virtual(scenario())


def test_it_is_told_how_long_each_key_waited_for_the_limit() -> None:
    async def scenario() -> None:
        waits: list[tuple[str, str, Sequence[float]]] = []
        lane = lane_on(Amazon(), terms=terms_of(waits=waits))
        for position in range(12):
            lane.offer(f"sku-{position}", (1, position))
        await run_until([lane], idle(lane), 10)
        assert [taken[:2] for taken in waits] == [("M1", "inventory")] * 12
        waits_s = [waited_s for *_, of_call in waits for waited_s in of_call]
        first_s = waits_s[0]  # a new lane's window is full: another worker may have called a moment ago
        assert [waited_s - first_s for waited_s in waits_s] == pytest.approx([n / 6 for n in range(12)], abs=0.05)

    run_virtual(scenario())


def test_only_what_is_due_sooner_ends_the_wait_for_what_is_due() -> None:
    async def scenario() -> None:
        amazon = Amazon()
        lane = lane_on(amazon)
        lane.offer("an hour", (1, 0), 3600.0)
        lane.offer("a minute", (1, 0), 60.0)
        running = asyncio.create_task(lane.run())
        await asyncio.sleep(20.0)
        lane.offer("half a minute", (1, 0), 30.0)
        await asyncio.sleep(5.0)
        lane.offer("two hours", (1, 0), 7200.0)
        await asyncio.sleep(7200.0)
        running.cancel()
        assert [keys for _, keys in amazon.calls] == [("half a minute",), ("a minute",), ("an hour",)]
        first, second, _ = amazon.times()
        assert second - first == pytest.approx(10.0, abs=0.2)

    run_virtual(scenario())


def test_a_thousand_slow_calls_use_the_limit() -> None:
    async def scenario() -> None:
        amazon = Amazon(answer_s=5.0)
        lane = lane_on(amazon)
        for position in range(1_000):
            lane.offer(f"sku-{position}", (1, position))
        await run_until([lane], idle(lane), 200)
        times = amazon.times()
        assert times[-1] - times[0] <= 1.01 * 999 / 6

    run_virtual(scenario())


@pytest.mark.parametrize(
    "amazon",
    [
        pytest.param(Amazon(held_up_s=lambda number: 2.0 if number in (0, 20) else 0.001), id="on its way out"),
        pytest.param(Amazon(noted_late_s=lambda n: 0.05 if n % 6 == 0 and n < 20 else 0.0), id="as it is noted"),
    ],
)
def test_calls_that_are_held_up_do_not_leave_together(amazon: Amazon) -> None:
    """A token that takes seconds, a connection that is slow to open; or a busy machine that stops the process between
    the departure and the note of its time: by the times in the records, too, no second has too many."""

    async def scenario() -> None:
        lane = lane_on(amazon)
        for position in range(60):
            lane.offer(f"sku-{position}", (1, position))
        await run_until([lane], idle(lane), 60)
        assert most_in(amazon.times()) <= 6

    run_virtual(scenario())


def test_batches_are_filled() -> None:
    async def scenario() -> None:
        amazon = Amazon()
        lane = lane_on(amazon, batch_size=10)
        for position in range(95):
            lane.offer(f"sku-{position}", (1, position))
        await run_until([lane], idle(lane), 10)
        assert [len(keys) for _, keys in amazon.calls] == [10] * 9 + [5]

    run_virtual(scenario())


def test_three_tries_come_soon_then_it_is_parked_and_tried_for_ever() -> None:
    async def scenario() -> None:
        amazon = Amazon(says=lambda _key, count: DONE if count == 7 else BUSY)
        lane = lane_on(amazon)
        lane.offer("sku", (1, 0))
        await run_until([lane], idle(lane), 3_600)
        gaps = [round(later - earlier) for earlier, later in zip(amazon.times(), amazon.times()[1:], strict=False)]
        assert gaps == [1, 1, 30, 60, 120, 240]

    run_virtual(scenario())


def test_an_auth_failure_suspends_the_merchant_and_one_probe_at_a_time_brings_it_back() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        back_at = loop.time() + 60
        refused = Unauthorized(Answer(http_status=403, message="no longer authorised"))
        amazon = Amazon(says=lambda _key, _count: DONE if loop.time() >= back_at else refused)
        access, changes = Access(), list[tuple[str, bool, str]]()
        lanes = [lane_on(amazon, access=access, terms=terms_of(changes=changes)) for _ in range(2)]
        for lane in lanes:
            for position in range(20):
                lane.offer(f"{id(lane)}-{position}", (1, position))
        await run_until(lanes, idle(*lanes), 200)
        probes = [at for at in amazon.times() if back_at - 59 < at < back_at]
        assert 2 <= len(probes) <= 8
        assert [change[1] for change in changes] == [True, False]
        assert changes[0] == ("M1", True, "no longer authorised")

    run_virtual(scenario())


def test_a_lane_makes_no_call_while_its_worker_may_have_lost_its_partitions() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        back_at = loop.time() + 30
        amazon = Amazon()
        lane = lane_on(amazon, terms=terms_of(may_call=lambda: loop.time() >= back_at))
        lane.offer("sku", (1, 0))
        await run_until([lane], idle(lane), 60)
        assert amazon.times()[0] >= back_at

    run_virtual(scenario())


def test_a_conflict_waits_for_its_settlement() -> None:
    async def scenario() -> None:
        amazon = Amazon(says=lambda _key, _count: Conflict(Answer(http_status=409)))
        lane = lane_on(amazon)
        lane.offer("sku", (1, 0))
        await run_until([lane], lambda: lane.scheduler.next_wait_s(0) == float("inf") and bool(amazon.calls), 10)
        await asyncio.sleep(600)
        assert len(amazon.calls) == 1
        lane.settle("sku", (1, 0), wait_s=2.0)
        assert len(lane.scheduler) == 1

    run_virtual(scenario())


def test_a_settlement_that_overtakes_the_call_sends_the_next_value_only_after_it_landed() -> None:
    async def scenario() -> None:
        amazon = Amazon(answer_s=2.0)
        lane = lane_on(amazon, settles=False)
        lane.offer("sku", (1, 0))
        asyncio.get_running_loop().call_later(2.0, lane.settle, "sku", (1, 1))
        await run_until([lane], lambda: len(amazon.calls) == 2, 10)
        assert amazon.times()[1] - amazon.times()[0] >= 2.0

    run_virtual(scenario())


def test_finish_waits_a_bounded_time_for_calls_in_flight() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        amazon = Amazon(answer_s=60.0)
        lane = lane_on(amazon)
        lane.offer("sku", (1, 0))
        await run_until([lane], lambda: bool(amazon.calls), 10)
        started = loop.time()
        waited: Awaitable[None] = lane.finish(5.0)
        await waited
        assert loop.time() - started == pytest.approx(5.0)

    run_virtual(scenario())


@pytest.mark.parametrize("steps", range(5))
def test_a_cancel_that_comes_with_news_ends_the_lane(steps: int) -> None:
    """Left running, it would hold up a rebalance for ever, and call for partitions that belong to another worker."""

    async def scenario() -> None:
        lane = lane_on(Amazon())
        lane.offer("later", (1, 0), wait_s=1000.0)
        run = asyncio.create_task(lane.run())
        await asyncio.sleep(1)
        lane.offer("also later", (1, 0), wait_s=1000.0)
        for _ in range(steps):
            await asyncio.sleep(0)
        run.cancel()
        await asyncio.wait({run}, timeout=1)
        assert run.cancelled()

    run_virtual(scenario())
