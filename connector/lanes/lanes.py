"""The lanes that run on this worker, by merchant and operation."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from connector.lanes.access.access import Access
from connector.lanes.call import PrepareOf
from connector.lanes.idle import IdleLane
from connector.lanes.in_flight import most_in_flight
from connector.lanes.lane import Lane
from connector.lanes.pace import NOTHING_LEARNT, Learnt, Pace
from connector.lanes.terms import LaneSpec, LaneTerms

CLOSED_AT_ONCE = 200

ToldLane = Lane | IdleLane
"""What is told of a lane is the same of both."""


@dataclass(frozen=True, slots=True)
class _Running:
    """`idle`: what it was made of."""

    lane: Lane
    run: asyncio.Task[None]
    idle: IdleLane


class Lanes:
    """Each is opened at once, and begins to run with the first thing that somebody has for it: most merchants have
    nothing for most of theirs. One that has had nothing to do for long is idle again, so nobody keeps a lane.

    `on_death` hears of a lane that ended by an exception: a surprise, after which the worker must not go on.

    `recall`: what other workers' lanes were told, by merchant and operation; asked when a lane opens, as is
    `suspended_because`: why a merchant was suspended when its lanes were closed, None where it was not. `on_close`
    hears when lanes are closed: until their calls are over, others wait.
    """

    def __init__(self, terms: LaneTerms, on_death: Callable[[BaseException], None]) -> None:
        self.recall: Callable[[str, str], Learnt] = lambda _merchant, _operation: NOTHING_LEARNT
        self.suspended_because: Callable[[str], str | None] = lambda _merchant: None
        self.on_close: Callable[[], None] = lambda: None
        self._terms = terms
        self._on_death = on_death
        self._learnt: dict[tuple[str, str], Learnt] = {}
        self._lanes: dict[str, dict[str, _Running | IdleLane]] = {}  # by merchant and operation
        self._running: dict[tuple[str, str], Lane] = {}
        self._access: dict[str, Access] = {}
        self._unused_since: float | None = None  # those that are opened now; None: nobody knows

    def __iter__(self) -> Iterator[ToldLane]:
        """By merchant. Another thread may look, too: what is gone through is a copy, made in one step."""
        return (lane for merchant_id in self.merchants() for lane in self.of(merchant_id))

    def merchants(self) -> list[str]:
        """Those that have lanes here, whichever thread asks."""
        return list(self._lanes)

    def running(self) -> list[Lane]:
        """Those that are not idle, whichever thread asks."""
        return list(self._running.values())

    def of(self, merchant_id: str) -> list[ToldLane]:
        """The merchant's, whichever thread asks."""
        return [_told(lane) for lane in list(self._lanes.get(merchant_id, {}).values())]

    def told(self, merchant_id: str, operation: str) -> ToldLane | None:
        """To be looked at, whichever thread asks."""
        lane = self._lanes.get(merchant_id, {}).get(operation)
        return None if lane is None else _told(lane)

    def lane(self, merchant_id: str, operation: str) -> Lane | None:
        """For who has something for it: one that was idle begins to run. Only inside the event loop."""
        lane = self._lanes.get(merchant_id, {}).get(operation)
        if isinstance(lane, IdleLane):
            lane = self._run(lane, NOTHING_LEARNT)
        return None if lane is None else lane.lane

    def access(self, merchant_id: str) -> Access | None:
        return self._access.get(merchant_id)

    async def expect(self, _partitions: frozenset[int]) -> None:
        """Partitions were assigned, and their merchants' lanes are opened when the tables are recovered. From now on
        nobody else calls for them: who gave partitions up stopped its lanes before the group went on, and who was put
        out of the group had lost its lease before."""
        self._unused_since = self._terms.clock()

    def open(
        self,
        merchant_id: str,
        operation: str,
        prepare_of: PrepareOf,
        *,
        rate: float,
        burst: int,
        batch_size: int = 1,
        standing: bool = False,
    ) -> None:
        """Starts with a bucket that was empty when others, or earlier lanes of here, may last have called, and with
        what earlier lanes were told. The lane must not be open yet."""
        now = self._terms.clock()
        if merchant_id not in self._access:
            self._access[merchant_id] = Access(self.suspended_because(merchant_id))
        idle = IdleLane(
            merchant_id=merchant_id,
            operation=operation,
            prepare_of=prepare_of,
            rate=rate,
            burst=burst,
            batch_size=batch_size,
            standing=standing,
            unused_since=now if self._unused_since is None else self._unused_since,
        )
        self._lanes.setdefault(merchant_id, {})[operation] = idle
        known = self._learnt.get((merchant_id, operation), NOTHING_LEARNT)
        learnt = known.and_then(self.recall(merchant_id, operation))
        if learnt.limit_per_s is not None or learnt.closed_until > now:
            self._run(idle, learnt)

    def _run(self, idle: IdleLane, learnt: Learnt) -> _Running:
        merchant_id, operation, terms = idle.merchant_id, idle.operation, self._terms
        spec = LaneSpec(
            merchant_id=merchant_id,
            operation=operation,
            batch_size=idle.batch_size,
            max_in_flight=most_in_flight(idle.rate, idle.burst),
            standing=idle.standing,
        )
        pace = Pace(idle.rate, idle.burst, idle.unused_since, phase=terms.chance(), learnt=learnt)
        lane = Lane(spec, pace, self._access[merchant_id], prepare=idle.prepare_of(operation), terms=terms)
        return self._begin(lane, idle)

    def _begin(self, lane: Lane, idle: IdleLane) -> _Running:
        running = _Running(lane, asyncio.create_task(lane.run()), idle)
        running.run.add_done_callback(lambda _run: self._ended(running))
        self._lanes[lane.merchant_id][lane.operation] = running
        self._running[lane.merchant_id, lane.operation] = lane
        return running

    async def close(self, grace_s: float, merchant_id: str = "") -> None:
        """One merchant's lanes or all: nothing starts any more, calls in flight have `grace_s` to end."""
        closed: list[_Running] = []
        self._unused_since = None  # one that is opened again may have called just now
        for each in [merchant_id] if merchant_id else list(self._lanes):
            running = [lane for lane in self._lanes.pop(each, {}).values() if isinstance(lane, _Running)]
            self._learnt.update(((each, lane.lane.operation), lane.lane.pace.learnt) for lane in running)
            self._access.pop(each, None)
            closed += running
        for ended in closed:
            del self._running[ended.lane.merchant_id, ended.lane.operation]
        for begin in range(0, len(closed), CLOSED_AT_ONCE):  # thousands at once would hold up all else
            runs = [running.run for running in closed[begin : begin + CLOSED_AT_ONCE]]
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)
        self.on_close()
        busy = [running.lane for running in closed if running.lane.is_busy]
        await asyncio.gather(*(lane.finish(grace_s) for lane in busy))

    def _ended(self, running: _Running) -> None:
        lane, run = running.lane, running.run
        if run.cancelled():
            return
        if (fault := run.exception()) is not None:
            self._on_death(fault)
            return
        mine = self._lanes.get(lane.merchant_id, {})
        if mine.get(lane.operation) is not running:
            return  # it was closed meanwhile
        if not lane.is_at_rest:  # somebody had something for it in its last moment
            self._begin(lane, running.idle)
            return
        mine[lane.operation] = replace(
            running.idle, unused_since=max(running.idle.unused_since, lane.pace.last_call_at)
        )
        del self._running[lane.merchant_id, lane.operation]


def _told(lane: _Running | IdleLane) -> ToldLane:
    return lane if isinstance(lane, IdleLane) else lane.lane
