"""Which lists of Amazon's are asked for a merchant, and when each is due. Notifications hint; lists close the gap (G8).

The lanes are the timers: a list whose page is settled is offered again, to wait until it is due.
"""

from collections.abc import Callable, Iterable, Iterator

from connector.agents.polling.api_access import ApiAccess
from connector.domain.orders.facts.shipment import Status
from connector.domain.returns.facts import ReturnStatus
from connector.domain.windows import LISTS, Poll, PollNewReturns, PollReturns, PollShipments, WindowTerms
from connector.lanes.lane import Prepare
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.settings import PollingSettings
from connector.tables.returns import Returns, return_locations

# New orders, and what stops their work. An order that leaves these unseen (worked in Amazon's console while we were
# down) is found in the state it reached, at the slow beat.
OFTEN = (Status.ACCEPTED, Status.CREATED, Status.CANCELLED)
RANK = 0

PrepareOf = Callable[[str, int], Prepare]
"""(merchant, partition) -> what its polling lanes call."""


class PolledLists:
    """Also of merchants that nothing may be sent for (mode observe): lists change nothing."""

    def __init__(
        self,
        lanes: Lanes,
        returns: Returns,
        access: ApiAccess,
        *,
        settings: PollingSettings,
        now_ms: Callable[[], int],
    ) -> None:
        self.access = access
        self._lanes = lanes
        self._returns = returns
        self._settings = settings
        self._now_ms = now_ms
        self._merchants: dict[str, Merchant] = {}
        self._polls: dict[str, dict[str, Poll]] = {}

    @property
    def window_terms(self) -> WindowTerms:
        return WindowTerms(
            overlap_ms=round(self._settings.overlap_s * 1000),
            lag_ms=round(self._settings.lag_s * 1000),
            look_back_ms=round(self._settings.look_back_s * 1000),
        )

    def open(self, merchant: Merchant, partition: int, prepare: PrepareOf) -> Iterator[None]:
        """Opens the merchant's polling lanes, which are apart from those that fetch and work orders, so that polling
        takes nothing from them; every list is due at once."""
        merchant_id = merchant.merchant_id
        locations = return_locations(self._returns, partition, merchant_id)
        polls = {poll.key: poll for poll in polls_of(merchant, locations, self._settings.slow_interval_s)}
        self._merchants[merchant_id], self._polls[merchant_id] = merchant, polls
        for operation in LISTS:
            limit = merchant.limits.of(operation)
            self._lanes.open(
                merchant_id,
                operation,
                prepare(merchant_id, partition),
                rate=limit.rate,
                burst=limit.burst,
                standing=True,
            )
        for poll in polls.values():
            self.offer(poll, 0.0)
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self._merchants.clear()
        self._polls.clear()
        self.access.clear()

    def get(self, merchant_id: str, key: str) -> Poll | None:
        """None for one that is gone from the merchants file."""
        return self._polls.get(merchant_id, {}).get(key)

    def offer(self, poll: Poll, wait_s: float) -> None:
        lane = self._lanes.lane(poll.merchant_id, poll.operation)
        if lane is not None:
            lane.settle(poll.key, (RANK, self._now_ms() + round(wait_s * 1000)), wait_s)

    def settle(self, merchant_id: str, key: str, wait_s: float | None) -> None:
        """The page's outcome is in the tables. `wait_s` None: until the list is due again."""
        poll = self.get(merchant_id, key)
        if poll is not None:
            self.offer(poll, poll.every_s if wait_s is None else wait_s)

    def rest(self, merchant_id: str, operation: str, wait_s: float) -> None:
        for poll in self._polls.get(merchant_id, {}).values():
            if poll.operation == operation:
                self.offer(poll, wait_s)

    def is_suspended(self, merchant_id: str) -> bool:
        access = self._lanes.access(merchant_id)
        return access is not None and access.suspended

    def learn(self, merchant_id: str, location_id: str) -> None:
        """Returns go to this location: what becomes of them is asked there, too."""
        polls = self._polls.get(merchant_id)
        if polls is None:
            return
        for poll in returns_updated(self._merchants[merchant_id], location_id, self._settings.slow_interval_s):
            if poll.key not in polls:
                polls[poll.key] = poll
                self.offer(poll, 0.0)


def polls_of(merchant: Merchant, return_locations: Iterable[str], slow_interval_s: float) -> Iterator[Poll]:
    """`return_locations`: where returns were seen to go, besides the merchant's own locations."""
    often_s = merchant.poll_interval_s
    slow_s = max(often_s, slow_interval_s)
    for location in merchant.locations:
        if merchant.flows(location, "orders"):
            for status in (*OFTEN, *(status for status in Status if status not in OFTEN)):
                every_s = often_s if status in OFTEN else slow_s
                yield PollShipments(merchant.merchant_id, location.location_id, status, every_s)
    own = [location.location_id for location in merchant.locations if merchant.flows(location, "returns")]
    if own:
        yield PollNewReturns(merchant.merchant_id, often_s)
    for location_id in dict.fromkeys([*own, *return_locations]):
        yield from returns_updated(merchant, location_id, slow_s)


def returns_updated(merchant: Merchant, location_id: str, slow_interval_s: float) -> Iterator[Poll]:
    location = merchant.location(location_id)
    if merchant.returns and (location is None or location.returns):
        for status in ReturnStatus:
            yield PollReturns(merchant.merchant_id, location_id, status, slow_interval_s)
