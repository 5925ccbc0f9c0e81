"""What a person should look at in the ledger: SKUs that are parked or contested, stock that a listing left behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain.alerts import Alert, AlertKind, Severity, alert_of, raised_and_ended
from connector.domain.inventory.ledger import LedgerRow, parked


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Names as Amazon has them."""

    merchant_id: str
    location_id: str
    sku: str


def parked_alert(place: LedgerPlace, row: LedgerRow) -> Alert | None:
    """As the row says: the same one, with the same id, from its beginning to its end."""
    trouble = parked(row)
    if trouble is None:
        return None
    return _alert(
        place,
        AlertKind.SKU_PARKED,
        Severity.WARNING,
        trouble.since_ms,
        message=f"{_named(place)}: {trouble.count} calls in a row failed, and it is tried every few minutes; "
        f"{trouble.said}",
        remedy="correct the cause at Amazon, then `connector alerts retry`; it also ends by itself",
    )


def changed_alerts(place: LedgerPlace, was: LedgerRow | None, row: LedgerRow, now_ms: int) -> list[Alert]:
    """Those that the change of the row raises, and those that it ends."""
    before, after = ([] if one is None else _standing(place, one) for one in (was, row))
    return raised_and_ended(before, after, now_ms)


def _standing(place: LedgerPlace, row: LedgerRow) -> list[Alert]:
    alert = parked_alert(place, row)
    return [] if alert is None else [alert]


def contested_alert(place: LedgerPlace, row: LedgerRow) -> Alert:
    """One for all of the merchant's, named by the first: a second integrator posts many at once."""
    return _alert(
        place,
        AlertKind.SKU_CONTESTED,
        Severity.WARNING,
        row.contested_since_ms or row.healed_at_ms,  # version 0.1 did not keep since when
        message=f"{_named(place)}, and perhaps others of this merchant (`connector_contested_skus` counts them): "
        "Amazon keeps showing another quantity or a higher sequence number than ours",
        remedy="stop the other integrator that posts stock of this merchant, or the buffer kept for it at Amazon",
    )


def stock_left_behind(
    place: LedgerPlace, was: LedgerRow, row: LedgerRow, moved: Sequence[str], now_ms: int
) -> Alert | None:
    """`moved`: the OMS's SKUs that fed this one and are another now. None where that took no units from it."""
    units = was.quantity if was.accepted_quantity is None else was.accepted_quantity
    if not moved or row.quantity >= units:
        return None
    alert = alert_of(
        place.merchant_id,
        AlertKind.STOCK_LEFT_BEHIND,
        Severity.INFO,
        place.sku,
        message=f"{_named(place)}: {units} units were there by the word on {', '.join(moved)}, "
        f"which the listings now map elsewhere; Amazon is told {row.quantity}",
        remedy="none, if the listings are right; the OMS's next update of that SKU goes where they say",
        since_ms=now_ms,
        identity=(place.location_id, row.sequence),
    )
    return alert.ended(now_ms)


def _alert(
    place: LedgerPlace, kind: AlertKind, severity: Severity, since_ms: int, *, message: str, remedy: str
) -> Alert:
    return alert_of(
        place.merchant_id,
        kind,
        severity,
        place.sku,
        message=message,
        remedy=remedy,
        since_ms=since_ms,
        identity=(place.location_id, since_ms),
    )


def _named(place: LedgerPlace) -> str:
    return f"{place.sku} at {place.location_id}"
