"""Long work in turns, and the watch over how long the loop stands still."""

import asyncio
import time

import pytest

from connector.event_loop import TICK_S, TURN_S, LoopWatch, Turns
from tests.kit.ticks import counted_ticks


async def test_others_have_their_turns_while_one_works() -> None:
    async with counted_ticks() as ticks:
        turns, until = Turns(), time.thread_time() + 20 * TURN_S  # CPU: others' programs take no turn of ours
        while time.thread_time() < until:
            await turns.end()
    assert len(ticks) >= 5


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_longest_stop_of_the_last_minute() -> None:
    clock = Clock()
    watch = LoopWatch(TICK_S, clock)
    assert watch.longest_s() == 0
    for at_s, blocked_s in [(10, 0.3), (20, 0.1), (30, 0.2)]:
        clock.now_s = at_s
        watch.note(at_s, blocked_s)
    assert watch.longest_s() == 0.3
    clock.now_s = 71
    assert watch.longest_s() == 0.2
    clock.now_s = 91
    assert watch.longest_s() == 0


def test_a_stop_of_more_than_a_second_is_told(caplog: pytest.LogCaptureFixture) -> None:
    watch = LoopWatch(TICK_S)
    watch.note(0, 0.9)
    assert not caplog.records
    watch.note(0, 1.2)
    assert "1.2 s" in caplog.text


async def test_it_sees_the_loop_stand_still() -> None:
    watch = LoopWatch(0.01)
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0.05)
    time.sleep(0.2)  # noqa: ASYNC251  # this is what it is for
    await asyncio.sleep(0.05)
    watching.cancel()
    assert 0.15 < watch.longest_s() < 2
