"""What lanes tell: read when scraped, so that they count nothing twice."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import attrgetter

from connector.lanes.lanes import Lanes, ToldLane
from connector.merchants import OPERATIONS
from connector.telemetry.counter import Row
from connector.telemetry.merchants import MerchantSeries
from connector.telemetry.shown import OTHERS, Urgency

WAITS_LONG_S = 900.0  # as the rule UpdatesWaitLong has it

_Read = Callable[[ToldLane], float]
_OF_LANE = ("merchant", "operation")


class LaneSeries:
    def __init__(self, series: MerchantSeries) -> None:
        self._series = series
        self._lanes: Lanes | None = None
        self._waited = series.count("connector_lane_wait_seconds", "Waited for the limit", _OF_LANE, self._present)
        self._taken = series.count("connector_lane_taken", "Keys taken into calls", _OF_LANE, self._present)

    def take(self, merchant_id: str, operation: str, waits_s: Sequence[float]) -> None:
        self._taken.add(merchant_id, operation, by=len(waits_s))
        self._waited.add(merchant_id, operation, by=sum(waits_s))

    def watch(self, lanes: Lanes) -> None:
        self._lanes, series = lanes, self._series
        backlog = _LaneRows(lanes, attrgetter("backlog"))
        oldest, used = _LaneRows(lanes, _oldest_waiting_s), _LaneRows(lanes, _used_share)
        limits = _LaneRows(lanes, attrgetter("limit_per_s"))
        series.here, series.backlog = lanes.merchants, backlog
        series.watch("connector_backlog", "Keys that wait for a call or its outcome", _OF_LANE, backlog)
        waits = ("connector_oldest_waiting_seconds", "Age of the oldest", _OF_LANE, oldest)
        series.watch(*waits, together=max, urgency=Urgency.HELD_UP, urgent_above=WAITS_LONG_S)
        series.watch("connector_limit_used_ratio", "Share of the limit used", _OF_LANE, used, together=max)
        text = "Calls per second allowed now"
        series.watch("connector_limit_per_second", text, _OF_LANE, limits, together=None)
        suspended = ("connector_merchant_suspended", "1: Amazon refuses us", ("merchant",), self._suspended)
        series.watch(*suspended, together=max, urgency=Urgency.SUSPENDED)

    def _present(self, shown: Collection[str] | None) -> Iterator[tuple[str, str]]:
        if self._lanes is not None:
            yield from ((lane.merchant_id, lane.operation) for lane in _lanes_of(self._lanes, shown))

    def _suspended(self, _shown: Collection[str] | None) -> Iterator[Row]:
        if self._lanes is not None:
            for merchant_id in self._lanes.merchants():
                access = self._lanes.access(merchant_id)
                yield (merchant_id,), float(access is not None and access.suspended)


class _LaneRows:
    """`read` of each lane. Those of merchants that are not shown are looked at where they run: the others have nothing
    to tell, and there may be a hundred thousand."""

    def __init__(self, lanes: Lanes, read: _Read) -> None:
        self._lanes = lanes
        self._read = read

    def __call__(self, shown: Collection[str] | None) -> Iterator[Row]:
        for lane in _lanes_of(self._lanes, shown):
            yield (lane.merchant_id, lane.operation), self._read(lane)
        if shown is not None and any(merchant_id not in shown for merchant_id in self._lanes.merchants()):
            yield from (((OTHERS, operation), 0.0) for operation in OPERATIONS)
            for lane in self._lanes.running():
                if lane.merchant_id not in shown:
                    yield (lane.merchant_id, lane.operation), self._read(lane)


def _lanes_of(lanes: Lanes, shown: Collection[str] | None) -> Iterator[ToldLane]:
    """None: of all."""
    if shown is None:
        return iter(lanes)
    return (lane for merchant_id in shown for lane in lanes.of(merchant_id))


def _oldest_waiting_s(lane: ToldLane) -> float:
    since_ms = lane.oldest_since_ms
    return 0.0 if since_ms is None else max(0.0, time.time() - since_ms / 1000)


def _used_share(lane: ToldLane) -> float:
    return lane.used_share(time.monotonic())
