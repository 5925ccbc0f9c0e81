"""The lanes that run on this worker, by merchant and operation."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connector.lanes.access import Access
from connector.lanes.in_flight import most_in_flight
from connector.lanes.lane import Lane, Prepare
from connector.lanes.pace import NOTHING_LEARNT, Learnt, Pace
from connector.lanes.terms import LaneSpec, LaneTerms

CLOSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Running:
    lane: Lane
    run: asyncio.Task[None]


class Lanes:
    """`on_death` hears of a lane that ended by an exception: a surprise, after which the worker must not go on.

    `recall`: what other workers' lanes were told, by merchant and operation; asked when a lane opens, as is
    `suspended_because`: why a merchant was suspended when its lanes were closed, None where it was not.
    """

    def __init__(self, terms: LaneTerms, on_death: Callable[[BaseException], None]) -> None:
        self.recall: Callable[[str, str], Learnt] = lambda _merchant, _operation: NOTHING_LEARNT
        self.suspended_because: Callable[[str], str | None] = lambda _merchant: None
        self._terms = terms
        self._on_death = on_death
        self._learnt: dict[tuple[str, str], Learnt] = {}
        self._running: dict[str, dict[str, _Running]] = {}  # by merchant and operation
        self._access: dict[str, Access] = {}

    def __iter__(self) -> Iterator[Lane]:
        """By merchant. Another thread may look, too: what is gone through is a copy, made in one step."""
        return (lane for merchant_id in self.merchants() for lane in self.of(merchant_id))

    def merchants(self) -> list[str]:
        """Those that have lanes here, whichever thread asks."""
        return list(self._running)

    def of(self, merchant_id: str) -> list[Lane]:
        """The merchant's, whichever thread asks."""
        return [running.lane for running in list(self._running.get(merchant_id, {}).values())]

    def lane(self, merchant_id: str, operation: str) -> Lane | None:
        running = self._running.get(merchant_id, {}).get(operation)
        return running.lane if running else None

    def access(self, merchant_id: str) -> Access | None:
        return self._access.get(merchant_id)

    def open(
        self,
        merchant_id: str,
        operation: str,
        prepare: Prepare,
        *,
        rate: float,
        burst: int,
        batch_size: int = 1,
        standing: bool = False,
    ) -> Lane:
        """Starts with an empty bucket, and with what earlier lanes were told. The lane must not be open yet."""
        known = self._learnt.get((merchant_id, operation), NOTHING_LEARNT)
        learnt = known.and_then(self.recall(merchant_id, operation))
        pace = Pace(rate, burst, self._terms.clock(), phase=self._terms.chance(), learnt=learnt)
        access = self._access.get(merchant_id) or Access(self.suspended_because(merchant_id))
        self._access[merchant_id] = access
        spec = LaneSpec(
            merchant_id=merchant_id,
            operation=operation,
            batch_size=batch_size,
            max_in_flight=most_in_flight(rate, burst),
            standing=standing,
        )
        lane = Lane(spec, pace, access, prepare=prepare, terms=self._terms)
        run = asyncio.create_task(lane.run())
        run.add_done_callback(self._ended)
        self._running.setdefault(merchant_id, {})[operation] = _Running(lane, run)
        return lane

    async def close(self, grace_s: float, merchant_id: str = "") -> None:
        """One merchant's lanes or all: nothing starts any more, calls in flight have `grace_s` to end."""
        closed: list[_Running] = []
        for each in [merchant_id] if merchant_id else list(self._running):
            running = self._running.pop(each, {})
            self._learnt.update(((each, operation), lane.lane.pace.learnt) for operation, lane in running.items())
            self._access.pop(each, None)
            closed += running.values()
        for begin in range(0, len(closed), CLOSED_AT_ONCE):  # thousands at once would hold up all else
            runs = [running.run for running in closed[begin : begin + CLOSED_AT_ONCE]]
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)
        busy = [running.lane for running in closed if running.lane.is_busy]
        await asyncio.gather(*(lane.finish(grace_s) for lane in busy))

    def _ended(self, run: asyncio.Task[None]) -> None:
        if not run.cancelled() and (fault := run.exception()) is not None:
            self._on_death(fault)
