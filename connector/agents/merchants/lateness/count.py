"""Shipments that are late, and those that will be: one count of a worker's rows, or of the topics."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from connector.domain.alerts import AlertKind
from connector.domain.orders.lateness.alerts import NO_LOCATION, LateFound
from connector.domain.orders.lateness.forecast import CutoffForecast, PendingShipment, forecast
from connector.domain.orders.lateness.overdue import LateAfter, is_pending, overdue
from connector.domain.orders.lateness.remaining import CALLS_IN_ORDER, pending_shipment
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Limits, Merchant, Merchants
from connector.settings.thresholds import Thresholds

PerSecond = Callable[[str, str], float]
"""(merchant, operation) -> calls per second that are allowed now."""

_NOTHING = CutoffForecast({})


@dataclass(frozen=True, slots=True)
class LateKey:
    """`location_id`: Amazon's, or NO_LOCATION."""

    kind: AlertKind
    location_id: str


class LateShipments:
    """`now_ms`: epoch milliseconds, of the whole count."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._after: dict[str, LateAfter] = {}
        self._late: dict[str, dict[LateKey, LateFound]] = {}
        self._pending: dict[str, list[PendingShipment]] = {}
        self._forecasts: Mapping[str, CutoffForecast] = {}

    def take(self, row: ShipmentRow, merchant: Merchant, *, is_held: bool) -> None:
        """A row of a merchant whose orders flow here. `is_held`: its commands wait for what is told elsewhere."""
        facts, after = row.facts, self._after.get(row.merchant_id)
        if after is None:
            after = self._after[row.merchant_id] = late_after(merchant.thresholds)
        location_id = NO_LOCATION if facts is None else facts.location_id
        for one in overdue(row, after, self._now_ms, is_held=is_held):
            mine = self._late.setdefault(row.merchant_id, {})
            key = LateKey(one.kind, location_id)
            mine[key] = _with(mine.get(key), LateFound(1, one.since_ms, row.shipment_id))
        if facts is not None and is_pending(facts) and (pending := pending_shipment(row, facts)).calls:
            self._pending.setdefault(row.merchant_id, []).append(pending)

    def forecast(self, per_s: PerSecond) -> None:
        """When all rows were taken. It takes about a second for 50,000 shipments, in whichever thread."""
        self._forecasts = {
            merchant_id: forecast(mine, {name: per_s(merchant_id, name) for name in CALLS_IN_ORDER}, self._now_ms)
            for merchant_id, mine in self._pending.items()
        }

    @property
    def merchants(self) -> frozenset[str]:
        """Those with shipments that are late, or may be."""
        return frozenset(self._late.keys() | self._forecasts.keys())

    def of(self, merchant_id: str) -> Mapping[LateKey, LateFound]:
        return self._late.get(merchant_id, {})

    def forecast_of(self, merchant_id: str) -> CutoffForecast:
        return self._forecasts.get(merchant_id, _NOTHING)

    def late_counts(self) -> Iterator[tuple[str, str, str, int]]:
        """By merchant, location and kind; whichever thread asks, when the count is complete."""
        for merchant_id, mine in self._late.items():
            for key, found in mine.items():
                yield merchant_id, key.location_id, key.kind, found.count

    def at_risk_counts(self) -> Iterator[tuple[str, str, int]]:
        """By merchant and location, as above."""
        for merchant_id, mine in self._forecasts.items():
            for risk in mine.at_risk:
                yield merchant_id, risk.location_id, risk.count


def file_pace(merchants: Merchants) -> PerSecond:
    """As the merchants file allows."""

    def per_s(merchant_id: str, operation: str) -> float:
        merchant = merchants.get(merchant_id)
        return (Limits() if merchant is None else merchant.limits).of(operation).rate

    return per_s


def late_after(thresholds: Thresholds) -> LateAfter:
    return LateAfter(
        not_confirmed_ms=round(thresholds.not_confirmed_s * 1000),
        ship_by_near_ms=round(thresholds.ship_by_near_s * 1000),
        not_handed_over_ms=round(thresholds.not_handed_over_s * 1000),
        pickup_missed_ms=round(thresholds.pickup_missed_s * 1000),
        command_waiting_ms=round(thresholds.command_waiting_s * 1000),
    )


def _with(known: LateFound | None, one: LateFound) -> LateFound:
    if known is None:
        return one
    first = min(known, one, key=lambda found: (found.since_ms, found.shipment_id))
    return LateFound(known.count + one.count, first.since_ms, first.shipment_id)
