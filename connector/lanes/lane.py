"""One merchant, one operation: takes what is due, calls at the merchant's pace, several calls in flight.

A lane never writes a table: `prepare` reads rows, the prepared call writes its outcome on connector.api-calls, and the
settlements agent comes back through `settle`. Transient failures alone are handled here: the same call again, later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, assert_never

from connector.domain.outcomes import (
    Accepted,
    Answer,
    Conflict,
    Forbidden,
    Outcome,
    Refused,
    Repeatable,
    Throttled,
    Unauthorized,
    Unavailable,
    Unknown,
)
from connector.lanes.access import Access
from connector.lanes.backoff import closed_wait_s, retry_wait_s
from connector.lanes.pace import Pace, Slot
from connector.lanes.scheduler import Entry, Scheduler

LEASE_POLL_S = 0.1
CLOCK_GRAIN_S = 1e-6  # a sleep this short may not move the clock at all


@dataclass(frozen=True, slots=True)
class Performed:
    """A finished and recorded call. `again`: the keys whose part the lane must repeat; None: all, if the outcome is
    repeatable, else none.
    """

    outcome: Outcome[Any]
    again: frozenset[str] | None = None
    rate_limit_per_s: float | None = None


Departed = Callable[[float], None]
"""To be called when the request leaves, with the clock's time. Until then the lane starts no other: calls that wait for
a token or a connection would all leave together, faster than the limit."""


@dataclass(frozen=True, slots=True)
class Call:
    """What `prepare` found to do for `keys` (a part of those offered); awaiting `perform(departed)` makes the call.

    `later`: keys that must wait for a call of their own.
    """

    keys: tuple[str, ...]
    perform: Callable[[Departed], Awaitable[Performed]]
    later: frozenset[str] = frozenset()


Prepare = Callable[[Sequence[tuple[str, int]]], Call | None]
"""(key, attempts so far) of what is due -> the call, None where no row needs one now. Must not wait."""


@dataclass(frozen=True, slots=True)
class LaneTerms:
    """What a lane gets from outside: `may_call` is False while the worker may have lost its partitions."""

    clock: Callable[[], float]
    chance: Callable[[], float]
    may_call: Callable[[], bool]
    on_access_change: Callable[[str, bool, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSpec:
    """Whose calls a lane makes, and how many keys a call takes.

    `standing`: its keys come again for ever (polls), so those that wait are no backlog.
    """

    merchant_id: str
    operation: str
    batch_size: int = 1
    max_in_flight: int = 200
    standing: bool = False


class Lane:
    def __init__(self, spec: LaneSpec, pace: Pace, access: Access, *, prepare: Prepare, terms: LaneTerms) -> None:
        self.merchant_id = spec.merchant_id
        self.operation = spec.operation
        self.pace = pace
        self.access = access
        self.scheduler = Scheduler()
        self.waited_s_total = 0.0
        self.taken_total = 0
        self._spec = spec
        self._prepare = prepare
        self._terms = terms
        self._news = asyncio.Event()
        self._flights: set[asyncio.Task[None]] = set()
        self._leaving: Slot | None = None
        self._throttled_in_a_row = 0
        self._ready_at: float | None = None

    @property
    def backlog(self) -> int:
        """Keys that wait for a call or its outcome."""
        return 0 if self._spec.standing else len(self.scheduler)

    @property
    def is_busy(self) -> bool:
        """Calls are in flight."""
        return bool(self._flights)

    @property
    def oldest_since_ms(self) -> int | None:
        return None if self._spec.standing else self.scheduler.oldest_since_ms

    def offer(self, key: str, rank: tuple[int, int], wait_s: float = 0.0) -> None:
        now = self._terms.clock()
        self.scheduler.offer(key, rank, now, now + wait_s)
        self._news.set()

    def settle(self, key: str, rank: tuple[int, int] | None, wait_s: float = 0.0) -> None:
        now = self._terms.clock()
        self.scheduler.settle(key, rank, now, now + wait_s)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. A flight that raises ends the lane, and with it the worker: no lane dies unseen."""
        while True:
            for flight in [flight for flight in self._flights if flight.done()]:
                self._flights.discard(flight)
                flight.result()
            now = self._terms.clock()
            wait_s = self._wait_s(now)
            if wait_s < CLOCK_GRAIN_S:
                self._start(now)
                continue
            self._news.clear()
            with suppress(TimeoutError):  # not wait_for(): Python 3.11's forgets a cancel that comes with the news
                async with asyncio.timeout(None if wait_s == float("inf") else wait_s):
                    await self._news.wait()

    async def finish(self, grace_s: float) -> None:
        """Wait a bounded time for calls in flight, then abandon them: their rows stay in doubt."""
        if self._flights:
            _, late = await asyncio.wait(self._flights, timeout=grace_s)
            for flight in late:
                flight.cancel()
            await asyncio.gather(*self._flights, return_exceptions=True)

    def _wait_s(self, now: float) -> float:
        work_s = self.scheduler.next_wait_s(now)
        if work_s > 0 or len(self._flights) >= self._spec.max_in_flight:
            self._ready_at = None
            return work_s if work_s > 0 else float("inf")
        if self._ready_at is None:
            self._ready_at = now
        if self._leaving is not None:
            return float("inf")
        if not self._terms.may_call():
            return LEASE_POLL_S
        return max(self.pace.wait_s(now), self.access.wait_s(now))

    def _start(self, now: float) -> None:
        taken = self.scheduler.take(self._spec.batch_size, now + CLOCK_GRAIN_S)
        if not taken:
            return  # what seemed due had been settled meanwhile
        call = self._prepare([(key, entry.attempts) for key, entry in taken])
        called = set(call.keys) if call else set()
        for key, _ in taken:
            if call and key in call.later:
                self.scheduler.put_back(key)
            elif key not in called:
                self.scheduler.drop(key)
        if call is None:
            return
        slot = self.pace.take(now, now if self._ready_at is None else self._ready_at)
        self._leaving = slot
        self.access.begin(now, self._terms.chance())
        entries = {key: entry for key, entry in taken if key in called}
        self.taken_total += len(entries)
        self.waited_s_total += sum(now - max(entry.offered_at, entry.not_before) for entry in entries.values())
        self._flights.add(asyncio.create_task(self._fly(call, entries, slot)))

    async def _fly(self, call: Call, entries: dict[str, Entry], slot: Slot) -> None:
        try:
            performed = await call.perform(lambda sent_at: self._departed(slot, sent_at))
        finally:
            for key in entries:
                self.scheduler.land(key)
            self._departed(slot, slot.at)
        if performed.rate_limit_per_s is not None:
            self.pace.follow(performed.rate_limit_per_s)
        self._heed(performed, entries)

    def _departed(self, slot: Slot, sent_at: float) -> None:
        slot.at = sent_at
        if self._leaving is slot:
            self._leaving = None
        self._news.set()

    def _heed(self, performed: Performed, entries: dict[str, Entry]) -> None:
        now, chance = self._terms.clock(), self._terms.chance()
        again = performed.again
        if again is None:
            again = frozenset(entries) if isinstance(performed.outcome, Repeatable) else frozenset()
        match performed.outcome:
            case Accepted() | Conflict() | Refused():
                self._throttled_in_a_row = 0
                self._restore()
                self._retry(again, entries, now)
            case Throttled(_, retry_after_s):
                self._throttled_in_a_row += 1
                wait_s = closed_wait_s(self._throttled_in_a_row, chance) if retry_after_s is None else retry_after_s
                self.pace.close_until(now + wait_s)
                self._restore()
                for key in again:
                    self.scheduler.retry(key, now)
            case Unauthorized(answer):
                self._suspend(self.access.suspend(now, _because(answer), chance), answer)
                for key in again:
                    self.scheduler.retry(key, now)
            case Forbidden(answer):
                self._suspend(self.access.forbid(self.operation, now, _because(answer), chance), answer)
            case Unavailable() | Unknown():
                self._retry(again, entries, now)
            case _:
                assert_never(performed.outcome)
        self._news.set()

    def _suspend(self, fresh: bool, answer: Answer) -> None:
        if fresh:
            self._terms.on_access_change(self.merchant_id, True, _because(answer))

    def _restore(self) -> None:
        if self.access.restore():
            self._terms.on_access_change(self.merchant_id, False, "")

    def _retry(self, keys: frozenset[str], entries: dict[str, Entry], now: float) -> None:
        for key in keys:
            self.scheduler.retry(key, now + retry_wait_s(entries[key].attempts + 1, self._terms.chance()))


def _because(answer: Answer) -> str:
    return answer.message or answer.code
