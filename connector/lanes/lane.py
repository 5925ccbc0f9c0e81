"""One merchant, one operation: takes what is due, calls at the merchant's pace, several calls in flight.

A lane never writes a table: `prepare` reads rows, the prepared call writes its outcome on connector.api-calls, and the
settlements agent comes back through `settle`. Transient failures alone are handled here: the same call again, later.
"""

import asyncio
from typing import assert_never

from connector.domain import outcomes
from connector.lanes.access.access import Access
from connector.lanes.access.changes import AccessChanges
from connector.lanes.backoff import Closing, retry_wait_s
from connector.lanes.call import Call, Performed, Prepare
from connector.lanes.in_flight import ROOM_POLL_S
from connector.lanes.news import News
from connector.lanes.pace import Learnt, Pace, Slot
from connector.lanes.scheduler import Entry, Kind, Scheduler
from connector.lanes.terms import LaneSpec, LaneTerms
from connector.lanes.under_way import UnderWay
from connector.surprises import tell_surprise

LEASE_POLL_S = 0.1
IDLE_AFTER_S = 60.0  # with nothing to do; then nothing need run for it
CLOCK_GRAIN_S = 1e-6  # a sleep this short may not move the clock at all


class Lane:
    def __init__(self, spec: LaneSpec, pace: Pace, access: Access, *, prepare: Prepare, terms: LaneTerms) -> None:
        self.merchant_id = spec.merchant_id
        self.operation = spec.operation
        self.pace = pace
        self.access = access
        self.scheduler = Scheduler()
        self._spec = spec
        self._prepare = prepare
        self._terms = terms
        self._access_changes = AccessChanges(access, spec, terms)
        self._news = News()
        self._fault: BaseException | None = None
        self._flights: set[asyncio.Task[None]] = set()
        self._leaving: Slot | None = None
        self._closing = Closing()
        self._is_finishing = False
        self._ready_at: float | None = None
        self._heeds_before = float("inf")

    @property
    def backlog(self) -> int:
        """Keys that wait for a call or its outcome."""
        return 0 if self._spec.standing else len(self.scheduler)

    @property
    def is_busy(self) -> bool:
        """Calls are in flight."""
        return bool(self._flights)

    @property
    def is_at_rest(self) -> bool:
        """Nothing was to be done for long, and a lane made anew, as of its last call, would do all the same."""
        if len(self.scheduler) or self._flights or self._closing.in_a_row or self._fault is not None:
            return False
        now = self._terms.clock()
        return now - self.pace.last_call_at >= IDLE_AFTER_S and self.pace.is_free(now)

    @property
    def oldest_since_ms(self) -> int | None:
        return None if self._spec.standing else self.scheduler.oldest_since_ms

    @property
    def limit_per_s(self) -> float:
        """What Amazon allows now."""
        return self.pace.limit_per_s

    def used_share(self, now: float) -> float:
        """Calls of the last period, as a share of the limit; whichever thread asks."""
        return self.pace.used_share(now)

    def offer(self, key: str, rank: tuple[int, int], wait_s: float = 0.0, *, kind: Kind = Kind.FRESH) -> None:
        now = self._terms.clock()
        self.scheduler.offer(key, rank, now, now + wait_s, kind=kind)
        self._tell(now)

    def settle(self, key: str, rank: tuple[int, int] | None, wait_s: float = 0.0, *, kind: Kind = Kind.FRESH) -> None:
        """The outcome of the key's last call is in its table; `rank` None: nothing more to do. Else as offered."""
        now = self._terms.clock()
        self.scheduler.settle(key, rank, now, now + wait_s, kind=kind)
        self._tell(now)

    def recall(self, learnt: Learnt) -> None:
        """What another worker's lane was told, heard late."""
        self.pace.recall(learnt, self._terms.clock())
        self._news.wake()

    async def run(self) -> None:
        """Until cancelled, or until it has had nothing to do for long. What is fatal in a flight ends the lane, and
        with it the worker: no lane dies unseen."""
        while self._fault is None:
            now = self._terms.clock()
            wait_s = self._wait_s(now)
            if wait_s >= CLOCK_GRAIN_S:
                await self._news.wait(IDLE_AFTER_S if wait_s == float("inf") else wait_s)
                if self.is_at_rest:
                    return
                continue
            if await self._terms.starts.take(self.scheduler.first_rank(now) if self._spec.standing else None):
                now = self._terms.clock()
                if self._wait_s(now) >= CLOCK_GRAIN_S:
                    continue
            self._start(now)
        raise self._fault

    async def finish(self, grace_s: float) -> None:
        """Wait a bounded time for calls in flight, then abandon them: their rows stay in doubt. A list is not waited
        for: whoever polls next asks for the same window."""
        self._is_finishing = True
        if self._flights:
            _, late = await asyncio.wait(self._flights, timeout=0 if self._spec.standing else grace_s)
            for flight in late:
                flight.cancel()
            await asyncio.gather(*self._flights, return_exceptions=True)

    def _tell(self, now: float) -> None:
        """Work came, a call left or landed: a turn of the lane where it may make its wait shorter."""
        if self._heeds_before > now and self._heeds_before > now + self.scheduler.next_wait_s(now):
            self._heeds_before = float("-inf")
            self._news.wake()

    def _wait_s(self, now: float) -> float:
        wait_s, is_heeding = self._time_left(now)
        self._heeds_before = now + wait_s if is_heeding else float("-inf")
        return wait_s

    def _time_left(self, now: float) -> tuple[float, bool]:
        """Seconds until the next call as things are, and whether what comes meanwhile may make them fewer."""
        work_s = self.scheduler.next_wait_s(now)
        # After a 429 a single call tells whether the lane is open again
        most = 1 if self._closing.in_a_row else self._spec.max_in_flight
        if work_s > 0 or len(self._flights) >= most:
            self._ready_at = None
            return (work_s if work_s > 0 else float("inf")), True
        if self._leaving is not None:
            # Most have left long before the next is due: to be told of it would be a turn of the lane for each call
            pace_s = self.pace.wait_s(now)
            return (pace_s, False) if pace_s >= CLOCK_GRAIN_S else (float("inf"), True)
        if self._ready_at is None:
            self._ready_at = now
        if not self._terms.may_call():
            return LEASE_POLL_S, True
        pace_s, access_s = self.pace.wait_s(now), self.access.wait_s(now)
        if access_s >= CLOCK_GRAIN_S and access_s > pace_s:
            return access_s, True
        if pace_s < CLOCK_GRAIN_S:
            return (pace_s if self._terms.in_flight.has_room(self.merchant_id) else ROOM_POLL_S), True
        return pace_s, False  # but for a higher limit; and most of what comes (an offer, an answer) comes in one

    def _start(self, now: float) -> None:
        taken = self.scheduler.take(self._spec.batch_size, now + CLOCK_GRAIN_S, self.pace.interval_s)
        if not taken:
            return  # what seemed due had been settled meanwhile
        call = self._prepared(dict(taken), now)
        if call is None:
            return
        slot = self.pace.take(now, now if self._ready_at is None else self._ready_at)
        self._leaving = slot
        self.access.begin(now, self._terms.chance())
        entries = {key: entry for key, entry in taken if key in call.keys}
        waits_s = [now - max(entry.offered_at, entry.not_before) for entry in entries.values()]
        self._terms.on_taken(self.merchant_id, self.operation, waits_s)
        flight = asyncio.create_task(self._fly(call, entries, slot))
        self._terms.in_flight.begin(self.merchant_id)
        flight.add_done_callback(self._landed)
        self._flights.add(flight)

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._terms.in_flight.end(self.merchant_id)
        self._terms.starts.look()
        self._flights.discard(flight)
        if not flight.cancelled() and (fault := flight.exception()) is not None:
            self._fault = self._fault or fault
            self._news.wake()
        else:
            self._tell(self._terms.clock())

    def _prepared(self, taken: dict[str, Entry], now: float) -> Call | None:
        """What is taken but not called is dropped, or waits. A key that can't be prepared costs no other its call."""
        try:
            call = self._prepare([(key, entry.attempts) for key, entry in taken.items()])
        except Exception as surprise:  # noqa: BLE001 - a fault of ours with one row costs its key, not the worker
            tell_surprise(surprise)
            if len(taken) > 1:
                first, *others = taken
                for key in others:
                    self.scheduler.put_back(key)
                return self._prepared({first: taken[first]}, now)
            for key in taken:
                self.scheduler.land(key)
            self._retry(frozenset(taken), taken, now)
            return None
        for key in taken:
            if call is not None and key in call.later:
                self.scheduler.put_back(key)
            elif call is None or key not in call.keys:
                self.scheduler.drop(key)
        return call

    async def _fly(self, call: Call, entries: dict[str, Entry], slot: Slot) -> None:
        performed: Performed | None = None
        under_way = UnderWay(
            slot,
            is_open=self._is_open,
            departed=self._departed,
            throttled=self._throttled,
            limited=self._limited,
            has_others_for=self._has_others_for,
        )
        try:
            performed = await call.perform(under_way)
        except self._terms.fatal:
            raise
        except Exception as surprise:  # noqa: BLE001 - a fault of ours in one call costs its keys, not the worker
            tell_surprise(surprise)
        finally:
            for key in entries:
                self.scheduler.land(key)
            if self._leaving is slot:  # nobody said when it left, if it left at all: it may have been just now
                self._departed(slot, self._terms.clock())
        if performed is None:
            self._retry(frozenset(entries), entries, self._terms.clock())
        else:
            self._heed(performed, entries, under_way)

    def _limited(self, rate_limit_per_s: float) -> None:
        limit_per_s = self.pace.limit_per_s
        self.pace.follow(rate_limit_per_s, self._terms.clock())
        if self.pace.limit_per_s != limit_per_s:
            self._news.wake()  # a higher one makes a wait for the pace shorter

    def _is_open(self) -> bool:
        return self.pace.closed_until - self._terms.clock() < CLOCK_GRAIN_S

    def _has_others_for(self, seconds: float, calls: int) -> bool:
        """Keys, and room for their calls beside one that is not over yet; not where they wait for what became of it."""
        others = self.scheduler.ready > min(seconds * self.pace.limit_per_s, calls) * self._spec.batch_size
        they_wait = self._closing.in_a_row > 0 or self.access.suspended or self._is_finishing
        return others and not they_wait and self._terms.in_flight.has_room(self.merchant_id)

    def _departed(self, slot: Slot, sent_at: float) -> None:
        # Whoever heard of it before may have been held up while they noted a later time in the call's record: by those
        # times, too, no second may see more calls than the limit
        slot.at = max(sent_at, self._terms.clock())
        if self._leaving is slot:
            self._leaving = None
            self._tell(self._terms.clock())

    def _heed(self, performed: Performed, entries: dict[str, Entry], under_way: UnderWay) -> None:
        now, chance = self._terms.clock(), self._terms.chance()
        again = performed.again
        if again is None:
            again = frozenset(entries) if isinstance(performed.outcome, outcomes.Repeatable) else frozenset()
        if under_way.is_held_back:  # nothing was called: it goes as soon as the lane opens
            self._retry_at_once(again, now)
            return
        self._access_changes.reach(performed.outcome, now)
        match performed.outcome:
            case outcomes.Accepted() | outcomes.Conflict() | outcomes.Refused():
                self._closing.end()
                self._access_changes.restore()
                self._retry(again, entries, now)
            case outcomes.Throttled():
                under_way.answered(performed.outcome)
                self._access_changes.restore()
                self._retry_at_once(again, now)
            case outcomes.Unauthorized(answer):
                self._access_changes.suspend(now, answer.reason, chance)
                self._retry_at_once(again, now)
            case outcomes.Forbidden(answer):
                self._access_changes.forbid(now, answer.reason, chance)
            case outcomes.Unavailable() | outcomes.Unknown():
                self._retry(again, entries, now)
            case _:
                assert_never(performed.outcome)

    def _throttled(self, slot: Slot, outcome: outcomes.Throttled) -> None:
        now = self._terms.clock()
        wait_s = self._closing.wait_s(slot.at, now, outcome.retry_after_s, self._terms.chance())
        self.pace.close_until(now + wait_s, now)

    def _retry_at_once(self, keys: frozenset[str], now: float) -> None:
        for key in keys:
            self.scheduler.retry(key, now)

    def _retry(self, keys: frozenset[str], entries: dict[str, Entry], now: float) -> None:
        for key in keys:
            self.scheduler.retry(key, now + retry_wait_s(entries[key].attempts + 1, self._terms.chance()))
