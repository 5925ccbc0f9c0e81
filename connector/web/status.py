"""What a worker says of its merchants at /status: JSON for `connector status` and for scripts."""

import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

from connector.agents.alerts import Alerts
from connector.agents.merchants.owned import OwnedMerchants
from connector.agents.merchants.pauses import Pauses
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.row import ShipmentRow
from connector.kafka.avro.records import to_record
from connector.lanes.lane import Lane
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.merchants_file import MerchantsFile
from connector.tables.shipments import ShipmentTable

SOON_MS = 4 * 60 * 60 * 1000
HANDED_OVER = frozenset({Status.SHIPPED, Status.DELIVERED, Status.CANCELLED})


class WorkerStatus:
    def __init__(
        self,
        merchants: MerchantsFile,
        *,
        owned_merchants: OwnedMerchants,
        lanes: Lanes,
        pauses: Pauses,
        shipments: ShipmentTable,
        alerts: Alerts,
    ) -> None:
        self._merchants = merchants
        self._owned_merchants = owned_merchants
        self._lanes = lanes
        self._pauses = pauses
        self._shipments = shipments
        self._alerts = alerts

    def __call__(self) -> dict[str, Any]:
        refused = self._merchants.refused
        return {
            "worker": socket.gethostname(),
            "partitions": sorted(self._owned_merchants.owned),
            "merchants_file_refused": None if refused is None else str(refused),
            "merchants": [
                self._merchant(merchant)
                for merchant in self._merchants.current
                if self._owned_merchants.home(merchant.merchant_id) in self._owned_merchants.owned
            ],
        }

    def _merchant(self, merchant: Merchant) -> dict[str, Any]:
        merchant_id = merchant.merchant_id
        access, pause = self._lanes.access(merchant_id), self._pauses.pause(merchant_id)
        rows = self._shipments.of_merchant(self._owned_merchants.home(merchant_id), merchant_id).values()
        lanes = {lane.operation: _lane(lane) for lane in self._lanes if lane.merchant_id == merchant_id}
        return {
            "merchant_id": merchant_id,
            "mode": merchant.mode,
            "paused": pause is not None,
            "paused_because": "" if pause is None else pause["reason"],
            "suspended": access is not None and access.suspended,
            "suspended_because": "" if access is None else access.suspended_because,
            "near_ship_by": near_ship_by(rows, time.time() * 1000),
            "lanes": lanes,
            "alerts": [to_record(alert) for alert in self._alerts.of(merchant_id)],
        }


def near_ship_by(rows: Iterable[ShipmentRow], now_ms: float) -> int:
    """How many shipments are not handed over though they should be within four hours, or should have been."""
    return sum(
        row.facts is not None
        and row.facts.status not in HANDED_OVER
        and row.facts.ship_by_ms is not None
        and row.facts.ship_by_ms < now_ms + SOON_MS
        for row in rows
    )


def _lane(lane: Lane) -> Mapping[str, Any]:
    """`limit_used`: share of the limit, 0 to 1. `oldest_waiting_s` None: nothing waits."""
    since_ms = lane.oldest_since_ms
    return {
        "backlog": lane.backlog,
        "oldest_waiting_s": None if since_ms is None else round(max(0.0, time.time() - since_ms / 1000), 1),
        "limit_per_s": lane.pace.limit_per_s,
        "limit_used": round(lane.pace.used_share(time.monotonic()), 3),
    }
