"""Lanes in virtual time, and an Amazon of a few lines that answers what it is told to."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.domain.outcomes import Accepted, Answer, Outcome, Refused, Unavailable
from connector.lanes.access.access import Access
from connector.lanes.call import Call, Performed, Prepare
from connector.lanes.in_flight import InFlight
from connector.lanes.lane import Lane
from connector.lanes.lanes import Lanes
from connector.lanes.pace import Pace
from connector.lanes.terms import LaneSpec, LaneTerms
from connector.lanes.under_way import UnderWay

DONE: Outcome[None] = Accepted(Answer(http_status=200), None)
BUSY: Outcome[None] = Unavailable(Answer(http_status=503))


@dataclass
class Amazon:
    """Answers what `says` says; remembers (time, keys) of every call, by the time that its record has."""

    says: Callable[[str, int], Outcome[None]] = lambda _key, _count: DONE
    answer_s: float = 0.05
    record_s: float = 0.0
    held_up_s: Callable[[int], float] = lambda _number: 0.0
    noted_late_s: Callable[[int], float] = lambda _number: 0.0
    states_limit: Callable[[int], float | None] = lambda _number: None
    calls: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    flying: Counter[str] = field(default_factory=Counter)

    def times(self, key: str = "") -> list[float]:
        return [at for at, keys in self.calls if not key or key in keys]


def terms_of(
    clock: Callable[[], float] | None = None,
    *,
    may_call: Callable[[], bool] = lambda: True,
    changes: list[tuple[str, bool, str]] | None = None,
    fatal: tuple[type[Exception], ...] = (),
    in_flight: InFlight | None = None,
    waits: list[tuple[str, str, Sequence[float]]] | None = None,
) -> LaneTerms:
    """`clock`: the running loop's where left out. `changes`: where it is noted who was suspended, or restored; `waits`:
    how long keys waited."""
    noted, waited = changes if changes is not None else [], waits if waits is not None else []
    return LaneTerms(
        clock or asyncio.get_running_loop().time,
        lambda: 0.5,
        may_call,
        lambda *change: noted.append(change),
        on_taken=lambda *wait: waited.append(wait),
        in_flight=in_flight or InFlight(),
        fatal=fatal,
    )


def calls_of(amazon: Amazon, lane: Callable[[], Lane | None], *, settles: bool = True) -> Prepare:
    """`settles`: what was accepted or refused is settled soon after."""

    def prepare(due: Sequence[tuple[str, int]]) -> Call:
        keys = tuple(key for key, _ in due)
        loop = asyncio.get_running_loop()

        async def perform(under_way: UnderWay) -> Performed:
            await asyncio.sleep(amazon.held_up_s(len(amazon.calls)))
            if not under_way.may_leave():
                return Performed(BUSY)
            sent_at = loop.time()
            await asyncio.sleep(amazon.noted_late_s(len(amazon.calls)))
            under_way.left(sent_at)
            amazon.calls.append((loop.time(), keys))
            amazon.tries.update(keys)
            amazon.flying.update(keys)
            assert max(amazon.flying.values()) == 1, "two calls of one key at once"
            await asyncio.sleep(amazon.answer_s)
            amazon.flying.subtract(keys)
            outcome = amazon.says(keys[0], amazon.tries[keys[0]])
            under_way.answered(outcome, amazon.states_limit(len(amazon.calls)))
            await asyncio.sleep(amazon.record_s)
            mine = lane()
            if settles and mine is not None and isinstance(outcome, Accepted | Refused):
                for key in keys:
                    loop.call_later(0.01, mine.settle, key, None)
            return Performed(outcome)

        return Call(keys, perform)

    return prepare


def lane_on(
    amazon: Amazon,
    *,
    rate: float = 6,
    batch_size: int = 1,
    access: Access | None = None,
    settles: bool = True,
    operation: str = "inventory",
    terms: LaneTerms | None = None,
) -> Lane:
    spec = LaneSpec(merchant_id="M1", operation=operation, batch_size=batch_size)
    prepare = calls_of(amazon, lambda: lane, settles=settles)
    pace = Pace(rate, 0, asyncio.get_running_loop().time())
    lane = Lane(spec, pace, access or Access(), prepare=prepare, terms=terms or terms_of())
    return lane


def lanes_on(**terms: Any) -> Lanes:
    def died(fault: BaseException) -> None:
        raise AssertionError(f"a lane ended: {fault!r}")

    return Lanes(terms_of(**terms), died)


def lane_in(
    lanes: Lanes, merchant_id: str, operation: str, prepare: Prepare, *, rate: float = 6, burst: int = 0
) -> Lane:
    """One that runs."""
    lanes.open(merchant_id, operation, lambda _operation: prepare, rate=rate, burst=burst)
    lane = lanes.lane(merchant_id, operation)
    assert lane is not None
    return lane


async def run_until(lanes: Sequence[Lane], done: Callable[[], bool], seconds: float, step_s: float = 0.01) -> None:
    """`done` is asked every `step_s`; raises TimeoutError after `seconds`, and what a lane raises."""
    runs = [asyncio.create_task(lane.run()) for lane in lanes]
    try:
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(step_s)
                for run in runs:
                    if run.done():
                        run.result()
    finally:
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)


def idle(*lanes: Lane) -> Callable[[], bool]:
    return lambda: all(len(lane.scheduler) == 0 for lane in lanes)


def most_in(times: Sequence[float], seconds: float = 1.0) -> int:
    """The most that any window of that length holds."""
    return max((sum(1 for other in times if at <= other < at + seconds) for at in times), default=0)
