"""Who is due together starts one after another, a few in each pass of the event loop, and work before polls.

Each pass of the loop is as long as what began in it, and all else (heartbeats, pages, intake, the steps of a stop)
takes many passes. So with more calls due than there is time for, calls wait here, and the loop goes on turning: two
thousand polled merchants once made passes of a second, in which stock took twenty of them to get through.

Calls written in one pass leave together at its end (uvloop). A lane's next calls follow its last ones by a second, so
lanes that left together once would be due together for ever, each round later than the one before.
"""

import asyncio
import heapq
import itertools
from collections import deque

from connector.lanes.in_flight import InFlight
from connector.lanes.scheduler import Rank

MOST_A_PASS = 24  # of a call, some 0.3 ms of the loop, most of it in later passes
LEAST_POLLS_A_PASS = 4  # however much work there is


class Starts:
    def __init__(self, in_flight: InFlight) -> None:
        self._in_flight = in_flight
        self._work: deque[asyncio.Future[None]] = deque()
        self._polls: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._is_passing = False

    async def take(self, poll: Rank | None = None) -> bool:
        """Returns at once, with False, where nobody else started in this pass; else True, some passes later.

        `poll`: the rank of a list that is due. Of all lists of all merchants the lowest goes first, as long as there is
        room for their calls.
        """
        loop = asyncio.get_running_loop()
        if not self._is_passing and (poll is None or self._in_flight.room_for_polls):
            self._is_passing = True
            loop.call_soon(self._pass)
            return False
        turn: asyncio.Future[None] = loop.create_future()
        if poll is None:
            self._work.append(turn)
        else:
            heapq.heappush(self._polls, (poll, next(self._numbers), turn))
        await turn
        return True

    def look(self) -> None:
        """A call is over: there may be room for a poll."""
        if not self._is_passing and self._polls and self._in_flight.room_for_polls:
            self._is_passing = True
            asyncio.get_running_loop().call_soon(self._pass)

    def _pass(self) -> None:
        """Of either half of those that wait at most."""
        work = min((len(self._work) + 1) // 2, MOST_A_PASS)
        for _ in range(work):
            _begin(self._work.popleft())
        most_polls = min(max(MOST_A_PASS - work, LEAST_POLLS_A_PASS), self._in_flight.room_for_polls)
        for _ in range(min((len(self._polls) + 1) // 2, most_polls)):
            _begin(heapq.heappop(self._polls)[2])
        self._is_passing = bool(self._work or (self._polls and self._in_flight.room_for_polls))
        if self._is_passing:
            asyncio.get_running_loop().call_soon(self._pass)


def _begin(turn: asyncio.Future[None]) -> None:
    if not turn.done():  # its lane was cancelled meanwhile
        turn.set_result(None)
