"""What a person should look at: raised once, ended once, under the same id."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from connector.domain.ids import stable_id

NO_MERCHANT = ""
"""Whose alerts are of a worker or of Kafka."""


class AlertKind(StrEnum):
    SKU_PARKED = "SKU_PARKED"
    SKU_CONTESTED = "SKU_CONTESTED"
    STOCK_LEFT_BEHIND = "STOCK_LEFT_BEHIND"
    SHIPMENT_PARKED = "SHIPMENT_PARKED"
    RETURN_PARKED = "RETURN_PARKED"
    LABEL_NOT_HAD = "LABEL_NOT_HAD"
    MEASURES_DIFFER = "MEASURES_DIFFER"
    LIST_PARKED = "LIST_PARKED"
    MERCHANT_SUSPENDED = "MERCHANT_SUSPENDED"
    MERCHANT_UNREACHABLE = "MERCHANT_UNREACHABLE"
    API_NOT_ENABLED = "API_NOT_ENABLED"
    LOCATION_UNKNOWN = "LOCATION_UNKNOWN"
    CLOCK_WRONG = "CLOCK_WRONG"
    OFFSETS_RESET = "OFFSETS_RESET"
    DOCUMENTS_NOT_STORED = "DOCUMENTS_NOT_STORED"
    RECORD_PARKED = "RECORD_PARKED"
    DEAD_LETTERS = "DEAD_LETTERS"
    SHIPMENT_NOT_CONFIRMED = "SHIPMENT_NOT_CONFIRMED"
    SHIP_BY_NEAR = "SHIP_BY_NEAR"
    SHIP_BY_PASSED = "SHIP_BY_PASSED"
    SHIPMENT_NOT_HANDED_OVER = "SHIPMENT_NOT_HANDED_OVER"
    PICKUP_MISSED = "PICKUP_MISSED"
    COMMAND_WAITING = "COMMAND_WAITING"
    CUTOFF_AT_RISK = "CUTOFF_AT_RISK"
    DRIFT = "DRIFT"


class Severity(StrEnum):
    """CRITICAL: orders or stock are at stake now. WARNING: one thing stands still. INFO: it was dealt with."""

    CRITICAL = "CRITICAL"
    WARNING = "WARNING"
    INFO = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`subject`: the SKU, shipment, location, list or record. `ended_at_ms` None: it stands."""

    alert_id: str
    merchant_id: str
    kind: AlertKind
    severity: Severity
    subject: str
    message: str
    remedy: str
    since_ms: int
    ended_at_ms: int | None = None

    def ended(self, at_ms: int) -> "Alert":
        return replace(self, ended_at_ms=at_ms)


def alert_of(
    merchant_id: str,
    kind: AlertKind,
    severity: Severity,
    subject: str,
    *,
    message: str,
    remedy: str,
    since_ms: int,
    identity: object = None,
) -> Alert:
    """The id is made of what stands and since when, so that a repeat is recognised. `identity`: in place of since when,
    where that does not tell two of a subject apart."""
    return Alert(
        alert_id=stable_id(merchant_id, kind, subject, since_ms if identity is None else identity),
        merchant_id=merchant_id,
        kind=kind,
        severity=severity,
        subject=subject,
        message=message,
        remedy=remedy,
        since_ms=since_ms,
    )


def raised_and_ended(before: Iterable[Alert], after: Iterable[Alert], now_ms: int) -> list[Alert]:
    """What the change of a row comes to, by the alerts that stood for it and those that stand for it now."""
    stood, stands = ({alert.alert_id: alert for alert in alerts} for alerts in (before, after))
    ended = [alert.ended(now_ms) for alert_id, alert in stood.items() if alert_id not in stands]
    return ended + [alert for alert_id, alert in stands.items() if alert_id not in stood]
