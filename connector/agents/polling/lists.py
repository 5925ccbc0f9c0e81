"""Which lists of Amazon's are asked for a merchant, and when each is due. Notifications hint; lists close the gap (G8).

The lanes are the timers: a list whose page is settled is offered again, to wait until it is due. One that rests for
long waits beside its lane, which gets it some seconds before.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from connector.agents.polling.intervals import PollIntervals
from connector.agents.returns.flows import names_of
from connector.agents.returns.index import ReturnIndex
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import ShipmentRow
from connector.domain.polling.polls import (
    LISTS,
    OFTEN,
    OPEN_ORDERS,
    OPEN_RETURNS,
    SELDOM,
    Poll,
    PolledList,
    PollNewReturns,
    PollReturns,
    PollShipments,
    ReadReturns,
    at_location,
    is_urgent,
    key_at,
)
from connector.domain.polling.rests import Rests
from connector.domain.polling.windows import Watermark, WindowTerms
from connector.domain.returns.facts import ReturnStatus
from connector.lanes.call import PrepareOf
from connector.lanes.lane import CLOCK_GRAIN_S, Lane
from connector.lanes.lanes import Lanes
from connector.lanes.news import Alarm
from connector.merchants import Merchant
from connector.settings import PollingSettings
from connector.tables.watermarks import Watermarks

RANK = 1  # after single returns that the OMS waits for
PATIENCE_S = 15.0  # so much longer the others may wait than what is urgent, so that each gets its turn in the end
SWEEP_SHARE = 4  # a sweep makes one call in the time of so many
SWEEP_SPREAD_S, POLL_SPREAD_S = 60.0, 5.0
LONG_REST_S = 30.0


class PolledLists:
    """Also of merchants that nothing may be sent for (mode observe): lists change nothing.

    `intervals`: how long a list rests, and by which clock. `now_ms`: epoch milliseconds, Amazon's.
    """

    def __init__(
        self,
        lanes: Lanes,
        watermarks: Watermarks,
        returns: ReturnIndex,
        *,
        settings: PollingSettings,
        intervals: PollIntervals,
        now_ms: Callable[[], int],
    ) -> None:
        self._lanes = lanes
        self._watermarks = watermarks
        self._returns = returns
        self._settings = settings
        intervals.on_untold(self._hurry)
        self._intervals = intervals
        self._clock = intervals.clock
        self._now_ms = now_ms
        self._merchants: dict[str, Merchant] = {}
        self._places: dict[str, tuple[list[str], list[str]]] = {}  # where orders flow, and where returns do
        self._polls: dict[str, dict[str, Poll]] = {}
        self._sweep_at: dict[tuple[str, str], float] = {}
        self._rests = Rests()
        self._alarm = Alarm(self._place_rested)
        self.window_terms = WindowTerms(
            overlap_ms=round(settings.overlap_s * 1000),
            lag_ms=round(settings.lag_s * 1000),
            look_back_ms=round(settings.look_back_s * 1000),
        )

    @property
    def sweep_interval_s(self) -> float:
        return self._settings.sweep_interval_s

    def open(self, merchant: Merchant, partition: int, prepare_of: PrepareOf) -> Iterator[None]:
        """Opens the merchant's polling lanes, which are apart from those that fetch and work orders, so that polling
        takes nothing from them. A list is due when its interval since it was last asked for has passed, and at once
        the first time."""
        merchant_id = merchant.merchant_id
        self._merchants[merchant_id], self._polls[merchant_id] = merchant, {}
        self._places[merchant_id] = _flowing(merchant, "orders"), _flowing(merchant, "returns")
        self._intervals.open(merchant)
        for operation in LISTS:
            limit = merchant.limits.of(operation)
            self._lanes.open(merchant_id, operation, prepare_of, rate=limit.rate, burst=limit.burst, standing=True)
        for poll in polls_of(merchant, self._settings):
            row = self._watermarks.get(partition, poll.key)
            self._add(poll, self._first_wait_s(poll, row))
            if not isinstance(poll, ReadReturns) and row is not None and row.by_location:
                self.split(poll)
            yield
        self.learn(merchant_id)

    def close(self) -> None:
        """All partitions were given up."""
        self._merchants.clear()
        self._places.clear()
        self._polls.clear()
        self._sweep_at.clear()
        self._rests.clear()
        self._alarm.set(None)
        self._intervals.close()

    def get(self, merchant_id: str, key: str) -> Poll | None:
        """None for one that is gone from the merchants file, or that nothing needs any more."""
        return self._polls.get(merchant_id, {}).get(key)

    def of(self, merchant_id: str, operation: str) -> list[PolledList]:
        """All lists of an operation."""
        polls = self._polls.get(merchant_id, {}).values()
        return [poll for poll in polls if poll.operation == operation and not isinstance(poll, ReadReturns)]

    def rate(self, poll: Poll) -> float:
        """The calls per second of its operation that the merchants file allows; 0 where that merchant is gone."""
        merchant = self._merchants.get(poll.merchant_id)
        return merchant.limits.of(poll.operation).rate if merchant else 0.0

    def offer(self, poll: Poll, wait_s: float | None) -> None:
        """`wait_s` None: until the list is due again."""
        wait_s = self._intervals.wait_s(poll, wait_s)
        due = self._clock() + wait_s
        if wait_s < LONG_REST_S:
            self._rests.drop(poll.key)
            self._place(poll, due, wait_s)
            return
        lane = self._lanes.told(poll.merchant_id, poll.operation)
        if isinstance(lane, Lane):
            lane.settle(poll.key, None)
        if self._rests.put(poll.key, due):
            self._alarm.set(self._rests.next_wait_s(self._clock()))

    def _place(self, poll: Poll, due: float, wait_s: float) -> None:
        lane = self._lanes.lane(poll.merchant_id, poll.operation)
        if lane is not None:
            latest_s = due if is_urgent(poll) else due + PATIENCE_S
            lane.settle(poll.key, (RANK, round(latest_s * 1000)), wait_s)

    def _place_rested(self) -> None:
        now = self._clock()
        rested = self._rests.take(now)
        self._alarm.set(self._rests.next_wait_s(now))
        for key, due in rested:
            poll = self.get(key.partition("|")[0], key)
            if poll is not None:
                self._place(poll, due, max(due - now, 0.0))

    def settle(self, merchant_id: str, key: str, wait_s: float | None) -> None:
        """The page's outcome is in the tables. `wait_s` None: until the list is due again."""
        poll = self.get(merchant_id, key)
        if poll is not None:
            self.offer(poll, wait_s)

    def show(self, before: ShipmentRow | None, after: ShipmentRow) -> None:
        """A list shows a shipment."""
        self._intervals.heed_list(before, after)

    def _hurry(self, merchant_id: str) -> None:
        """No notification told of something: the lists that rest for long are asked for soon."""
        for key in self._intervals.overslept(merchant_id):
            poll = self.get(merchant_id, key)
            if poll is not None:
                self.offer(poll, self._merchants[merchant_id].poll_interval_s * _share(key))

    def drop(self, merchant_id: str, key: str) -> None:
        """It is not asked any more."""
        self._polls.get(merchant_id, {}).pop(key, None)

    def is_suspended(self, merchant_id: str) -> bool:
        access = self._lanes.access(merchant_id)
        return access is not None and access.suspended

    def sweep_wait_s(self, poll: Poll) -> float:
        """0: it may go now, and the merchant's next sweep call of the operation only after its share of the lane."""
        lane, now = self._lanes.lane(poll.merchant_id, poll.operation), self._clock()
        at = self._sweep_at.get((poll.merchant_id, poll.operation), now)
        if at - now >= CLOCK_GRAIN_S or lane is None:  # a lane gives a key out that much early
            return at - now
        self._sweep_at[poll.merchant_id, poll.operation] = now + SWEEP_SHARE / lane.pace.limit_per_s
        return 0.0

    def learn(self, merchant_id: str) -> None:
        """Where open returns go, by either of Amazon's names: what becomes of them is asked there."""
        merchant = self._merchants.get(merchant_id)
        if merchant is None or not merchant.returns:
            return
        slow_s = max(merchant.poll_interval_s, self._settings.slow_interval_s)
        for location_id in sorted(names_of(merchant, self._returns.places(merchant_id))):
            for status in ReturnStatus:
                self._add(PollReturns(merchant_id, status, slow_s, location_id))

    def is_needed(self, poll: PolledList) -> bool:
        """False: updates of returns at a location that no open return goes to."""
        if poll.is_sweep or not isinstance(poll, PollReturns):
            return True
        merchant = self._merchants.get(poll.merchant_id)
        return merchant is None or poll.location_id in names_of(merchant, self._returns.places(poll.merchant_id))

    # Amazon may refuse a list of the whole merchant, and give that of each location

    def try_location(self, whole: PolledList) -> None:
        """One location's list, to tell whether only that of the whole merchant is refused."""
        for location_id in self._locations(whole)[:1]:
            self._add(at_location(whole, location_id))

    def split(self, whole: PolledList) -> None:
        """Each location's list besides."""
        for location_id in self._locations(whole):
            every_s = whole.every_s if is_urgent(whole) else max(whole.every_s, self._settings.slow_interval_s)
            self._add(at_location(replace(whole, every_s=every_s), location_id))

    def parts(self, whole: PolledList) -> Iterator[str]:
        """The keys of the lists of single locations that stand for one of the whole merchant's."""
        for location_id in self._locations(whole):
            yield key_at(whole, location_id)

    def scope(self, poll: PolledList) -> str:
        """A digest of the locations that a list of the whole merchant is of, "" of one."""
        return "" if poll.location_id else f"{zlib.crc32('|'.join(self._own(poll)).encode()):08x}"

    def _locations(self, whole: PolledList) -> list[str]:
        merchant = self._merchants.get(whole.merchant_id)
        if merchant is None or isinstance(whole, PollShipments):
            return self._own(whole)
        return sorted({*self._own(whole), *names_of(merchant, self._returns.places(merchant.merchant_id))})

    def _own(self, poll: PolledList) -> list[str]:
        orders, returns = self._places.get(poll.merchant_id, ([], []))
        return orders if isinstance(poll, PollShipments) else returns

    def _add(self, poll: Poll, wait_s: float = 0.0) -> None:
        polls = self._polls[poll.merchant_id]
        if poll.key not in polls:
            polls[poll.key] = poll
            self.offer(poll, wait_s)

    def _first_wait_s(self, poll: Poll, row: Watermark | None) -> float:
        """A list that another worker asked for a moment ago is not due yet: a restart of many merchants would else ask
        for all of their lists at once."""
        if row is None or isinstance(poll, ReadReturns):
            return 0.0
        if row.page is not None or row.scope != self.scope(poll):
            return 0.0
        if poll.is_sweep:
            asked_ms, spread_s = row.settled_ms, min(SWEEP_SPREAD_S, poll.every_s / 4)
        elif row.trouble is not None:
            return 0.0
        else:
            asked_ms, spread_s = row.settled_ms + self.window_terms.lag_ms, POLL_SPREAD_S
        wait_s = (asked_ms - self._now_ms()) / 1000 + poll.every_s
        least_s = spread_s * _share(poll.key)
        return min(max(wait_s, least_s), poll.every_s)


def _flowing(merchant: Merchant, what: Literal["orders", "returns"]) -> list[str]:
    return sorted(place.location_id for place in merchant.locations if merchant.flows(place, what))


def _share(key: str) -> float:
    """From 0 to 1: lists that could be asked for at once are asked for one after another."""
    return zlib.crc32(key.encode()) % 1000 / 1000


def polls_of(merchant: Merchant, settings: PollingSettings) -> Iterator[Poll]:
    """The lists of the merchant as a whole, and what reads single returns."""
    merchant_id, often_s, sweep_s = merchant.merchant_id, merchant.poll_interval_s, settings.sweep_interval_s
    if any(merchant.flows(location, "orders") for location in merchant.locations):
        for status in Status:
            yield PollShipments(merchant_id, status, often_s if status in OFTEN else often_s * SELDOM)
        for status in OPEN_ORDERS:
            yield PollShipments(merchant_id, status, sweep_s, is_sweep=True)
    if any(merchant.flows(location, "returns") for location in merchant.locations):
        yield PollNewReturns(merchant_id, often_s * SELDOM)
        yield PollNewReturns(merchant_id, sweep_s, is_sweep=True)
        for return_status in OPEN_RETURNS:
            yield PollReturns(merchant_id, return_status, sweep_s, is_sweep=True)
        yield ReadReturns(merchant_id, sweep_s)
