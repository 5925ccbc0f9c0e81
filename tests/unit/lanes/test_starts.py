"""Lanes that are due together do not start together."""

import asyncio

from connector.lanes.starts import Starts


async def test_half_of_those_that_wait_start_in_each_pass_of_the_loop_in_their_order() -> None:
    turns, passes, started = Starts(), [0], list[tuple[int, int]]()

    async def start(number: int) -> None:
        await turns.take()
        started.append((passes[0], number))

    starts = [asyncio.create_task(start(number)) for number in range(20)]
    while not all(start.done() for start in starts):
        await asyncio.sleep(0)
        passes[0] += 1
    assert [number for _, number in started] == list(range(20))
    together = [sum(1 for at, _ in started if at == each) for each in dict.fromkeys(at for at, _ in started)]
    assert max(together) <= 10
    assert len(together) >= 5


async def test_nobody_waits_for_one_that_was_cancelled() -> None:
    turns = Starts()
    await turns.take()
    first, second = (asyncio.create_task(turns.take()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(5):
        await second
        await turns.take()


async def test_one_alone_waits_for_nothing() -> None:
    turns = Starts()
    for _ in range(3):
        take = turns.take()
        try:
            take.send(None)  # a coroutine that waits for nothing ends at once
        except StopIteration:
            pass
        else:
            raise AssertionError("it waited")
        await asyncio.sleep(0)
