"""What a worker says at /status, of its merchants and of alerts that concern none: JSON for `connector status` and for
scripts."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from connector.agents.alerts import Alerts
from connector.agents.merchants.controls import Controls
from connector.agents.merchants.lateness.told import late_record
from connector.agents.merchants.owned import OwnedMerchants
from connector.agents.merchants.waiting import Waiting, WaitingWatch
from connector.domain.alerts import NO_MERCHANT
from connector.domain.inventory.zero import StockZero
from connector.kafka.avro.records import to_record
from connector.lanes.idle import IdleLane
from connector.lanes.lanes import Lanes, ToldLane
from connector.merchants import Merchant
from connector.merchants_file import MerchantsFile


class WorkerStatus:
    def __init__(
        self,
        merchants: MerchantsFile,
        *,
        owned_merchants: OwnedMerchants,
        lanes: Lanes,
        controls: Controls,
        watch: WaitingWatch,
        alerts: Alerts,
    ) -> None:
        self._merchants = merchants
        self._owned_merchants = owned_merchants
        self._lanes = lanes
        self._controls = controls
        self._watch = watch
        self._alerts = alerts

    def __call__(self, worker: str) -> Iterator[bytes]:
        """The JSON of it, in pieces: a merchant each. Whichever thread asks. `worker`: this one's name in the group."""
        yield orjson.dumps({"worker": worker, **self.head(), "alerts": self.alerts()})[:-1] + b',"merchants":['
        between = b""
        for merchant in self.merchants():
            yield between + orjson.dumps(merchant)
            between = b","
        yield b"]}"

    def head(self) -> dict[str, Any]:
        """What is told of the worker itself."""
        refused = self._merchants.refused
        return {
            "partitions": sorted(self._owned_merchants.owned),
            "partition_count": self._owned_merchants.partitions,
            "merchants_file_refused": None if refused is None else str(refused),
        }

    def alerts(self) -> list[dict[str, Any]]:
        """Those that concern no merchant."""
        return self._told(NO_MERCHANT)

    def home(self, merchant_id: str) -> int:
        return self._owned_merchants.home(merchant_id)

    def merchants(self, merchant_id: str = "") -> Iterator[dict[str, Any]]:
        """Those whose home is here, or that one of them."""
        waiting, owned = self._watch.current, self._owned_merchants.owned
        known = self._merchants.current
        for merchant in filter(None, [known.get(merchant_id)]) if merchant_id else known:
            if self._owned_merchants.home(merchant.merchant_id) in owned:
                yield self._merchant(merchant, waiting)
        for stranger_id in sorted(waiting.strangers):
            if merchant_id in ("", stranger_id):
                yield stranger(stranger_id, waiting, self._told(stranger_id))

    def _merchant(self, merchant: Merchant, waiting: Waiting) -> dict[str, Any]:
        merchant_id = merchant.merchant_id
        access, pause = self._lanes.access(merchant_id), self._controls.pause(merchant_id)
        return merchant_status(
            merchant_id,
            merchant.mode,
            waiting,
            self._told(merchant_id),
            pause=pause,
            zeros=self._controls.zeros(merchant_id),
            suspended=access is not None and access.suspended,
            suspended_because="" if access is None else access.suspended_because,
            lanes=self._told_lanes(merchant_id),
        )

    def _told_lanes(self, merchant_id: str) -> Mapping[str, Mapping[str, Any]]:
        """Of most of thousands of merchants all are idle."""
        lanes = self._lanes.of(merchant_id)
        idle = tuple([(lane.operation, lane.rate) for lane in lanes if isinstance(lane, IdleLane)])
        if len(idle) == len(lanes):
            return _idle_lanes(idle)
        return {lane.operation: _lane(lane) for lane in lanes}

    def _told(self, merchant_id: str) -> list[dict[str, Any]]:
        return [to_record(alert) for alert in self._alerts.of(merchant_id)]


def merchant_status(
    merchant_id: str,
    mode: str,
    waiting: Waiting,
    alerts: Sequence[Mapping[str, Any]],
    *,
    pause: Mapping[str, Any] | None = None,
    zeros: Sequence[StockZero] = (),
    suspended: bool | None = False,
    suspended_because: str = "",
    lanes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[str, Any]:
    """`alerts`: records of its own. `pause`: who paused it, when and why, if anybody did. `suspended` None: nobody
    knows."""
    return {
        "merchant_id": merchant_id,
        "mode": mode,
        "paused": pause is not None,
        "paused_because": "" if pause is None else pause["reason"],
        "paused_by": "" if pause is None else pause["by"],
        "paused_at": None if pause is None else pause["at"],
        "suspended": suspended,
        "suspended_because": suspended_because,
        "zeroed_stock": [to_record(zero) for zero in zeros],
        "zeroed_skus": waiting.zeroed(merchant_id),
        "near_ship_by": waiting.near_ship_by[merchant_id],
        **late_record(waiting.late, merchant_id),
        "held_back": waiting.told(merchant_id),
        "lanes": lanes,
        "alerts": list(alerts),
    }


def stranger(merchant_id: str, waiting: Waiting, alerts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A merchant that the merchants file no longer names, and whose work waits."""
    return merchant_status(merchant_id, "not in the merchants file", waiting, alerts)


def _lane(lane: ToldLane) -> Mapping[str, Any]:
    since_ms = lane.oldest_since_ms
    waits_s = None if since_ms is None else round(max(0.0, time.time() - since_ms / 1000), 1)
    return _lane_record(lane.backlog, waits_s, lane.limit_per_s, round(lane.used_share(time.monotonic()), 3))


@lru_cache(1000)
def _idle_lanes(rates: tuple[tuple[str, float], ...]) -> Mapping[str, Mapping[str, Any]]:
    """`rates`: by operation. Merchants alike share what is told: nothing of it changes."""
    return {operation: _lane_record(0, None, rate, 0.0) for operation, rate in rates}


def _lane_record(backlog: int, oldest_waiting_s: float | None, limit_per_s: float, limit_used: float) -> dict[str, Any]:
    """`limit_used`: share of the limit, 0 to 1. `oldest_waiting_s` None: nothing waits."""
    return {
        "backlog": backlog,
        "oldest_waiting_s": oldest_waiting_s,
        "limit_per_s": limit_per_s,
        "limit_used": limit_used,
    }
