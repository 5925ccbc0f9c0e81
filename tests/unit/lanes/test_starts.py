"""Lanes that are due together do not start together, and the event loop goes on turning however many there are."""

import asyncio
from collections import Counter

import pytest

from connector.lanes.in_flight import InFlight
from connector.lanes.scheduler import Rank
from connector.lanes.starts import LEAST_POLLS_A_PASS, MOST_A_PASS, Starts


class Passes:
    """Who started in which pass of the loop."""

    def __init__(self, turns: Starts | None = None) -> None:
        self.turns = turns or Starts(InFlight())
        self.started: list[tuple[int, str]] = []
        self._number = 0
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, name: str, poll: Rank | None = None) -> None:
        self._tasks.append(asyncio.create_task(self._start(name, poll)))

    async def go(self, most: int = 10_000) -> None:
        while not all(task.done() for task in self._tasks) and self._number < most:
            await asyncio.sleep(0)
            self._number += 1

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.started]

    @property
    def together(self) -> list[int]:
        return list(Counter(at for at, _ in self.started).values())

    async def _start(self, name: str, poll: Rank | None) -> None:
        await self.turns.take(poll)
        self.started.append((self._number, name))


@pytest.mark.parametrize("poll", [None, (1, 0)], ids=["work", "polls"])
async def test_half_of_those_that_wait_start_in_each_pass_of_the_loop_in_their_order(poll: Rank | None) -> None:
    passes = Passes()
    for number in range(20):
        passes.add(f"{number}", poll)
    await passes.go()
    assert passes.names == [f"{number}" for number in range(20)]
    assert max(passes.together) <= 10
    assert len(passes.together) >= 5


@pytest.mark.parametrize("poll", [None, (1, 0)], ids=["work", "polls"])
async def test_of_thousands_a_few_start_in_each_pass(poll: Rank | None) -> None:
    passes = Passes()
    for number in range(3000):
        passes.add(f"{number}", poll)
    await passes.go()
    assert len(passes.names) == 3000
    assert max(passes.together) <= MOST_A_PASS + 1
    assert len(passes.together) <= 3000 / MOST_A_PASS + 10, "no pass goes by for nothing"


async def test_work_goes_before_thousands_of_polls_that_wait() -> None:
    passes = Passes()
    for number in range(3000):
        passes.add(f"poll {number}", (1, number))
    await passes.go(3)
    before = len(passes.names)
    passes.add("stock")
    await passes.go()
    assert passes.names.index("stock") - before <= 2 * MOST_A_PASS


async def test_work_without_end_leaves_polls_some_of_each_pass() -> None:
    passes = Passes()
    for number in range(3000):
        passes.add(f"stock {number}")
    for number in range(100):
        passes.add(f"poll {number}", (1, number))
    await passes.go(100)
    polls = sum(name.startswith("poll") for name in passes.names)
    assert polls >= 90 * LEAST_POLLS_A_PASS or polls == 100
    await passes.end()


async def test_of_all_polls_the_one_that_is_due_for_longest_goes_first() -> None:
    passes = Passes()
    passes.add("first of all", (1, 1000))
    for number in range(500):
        passes.add(f"{number}", (1, -number))
    await passes.go()
    assert passes.names[1:] == [f"{number}" for number in reversed(range(500))]


async def test_polls_wait_without_a_pass_while_there_is_no_room_for_their_calls() -> None:
    in_flight = InFlight(8)
    passes = Passes(Starts(in_flight))
    for merchant in range(6):
        in_flight.begin(f"M{merchant}")
    passes.add("poll", (1, 0))
    await passes.go(50)
    passes.add("stock")
    await passes.go(100)
    assert passes.names == ["stock"], "a quarter of the room is work's"
    in_flight.end("M0")
    passes.turns.look()
    await passes.go()
    assert passes.names == ["stock", "poll"]


async def test_nobody_waits_for_one_that_was_cancelled() -> None:
    turns = Starts(InFlight())
    await turns.take()
    first, second = (asyncio.create_task(turns.take()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(5):
        await second
        await turns.take()


@pytest.mark.parametrize("poll", [None, (1, 0)], ids=["work", "polls"])
async def test_one_alone_waits_for_nothing(poll: Rank | None) -> None:
    turns = Starts(InFlight())
    for _ in range(3):
        take = turns.take(poll)
        try:
            take.send(None)  # a coroutine that waits for nothing ends at once
        except StopIteration:
            pass
        else:
            raise AssertionError("it waited")
        await asyncio.sleep(0)
