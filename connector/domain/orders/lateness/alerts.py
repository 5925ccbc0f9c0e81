"""What is told of shipments that are late, or will be: one alert for each kind and location, however many they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.domain.alerts import AlertKind, Severity
from connector.domain.orders.lateness.forecast import AtRisk

NO_LOCATION = "unknown"
"""The subject where Amazon has not said yet where the shipment is packed."""


@dataclass(frozen=True, slots=True)
class LateFound:
    """`count` shipments; the longest late is `shipment_id`, since `since_ms`."""

    count: int
    since_ms: int
    shipment_id: str


@dataclass(frozen=True, slots=True)
class LateText:
    severity: Severity
    message: str
    remedy: str


_CRITICAL, _WARNING = Severity.CRITICAL, Severity.WARNING
LATE_TEXTS: Mapping[AlertKind, LateText] = {
    AlertKind.SHIPMENT_NOT_CONFIRMED: LateText(
        _WARNING, "accepted by Amazon and not confirmed", "have the OMS confirm or reject them"
    ),
    AlertKind.SHIP_BY_NEAR: LateText(
        _WARNING, "near their ship-by and without a label", "have them packed and labelled first"
    ),
    AlertKind.SHIP_BY_PASSED: LateText(
        _CRITICAL, "past their ship-by and without a label", "pack and hand them over now, or reject them"
    ),
    AlertKind.SHIPMENT_NOT_HANDED_OVER: LateText(
        _WARNING, "labelled and not handed over", "look for the packets; ask the carrier, or have the OMS send Ship"
    ),
    AlertKind.PICKUP_MISSED: LateText(
        _WARNING,
        "past the pickup slot that was chosen for them and not handed over",
        "have the packages updated and a new slot chosen, or ask the carrier",
    ),
    AlertKind.COMMAND_WAITING: LateText(
        _WARNING, "with a command that waits", "see its lanes in `connector status`, and `connector history shipment`"
    ),
}
"""Of those that are late; `message` goes on after how many they are and where."""


def late_message(kind: AlertKind, location_id: str, found: LateFound) -> str:
    """As it stood when it was raised."""
    named = f"{found.shipment_id} since {clock(found.since_ms)}" if found.shipment_id else clock(found.since_ms)
    return f"{counted(found.count)} at {location_id} {LATE_TEXTS[kind].message}, first {named}"


def at_risk_message(risk: AtRisk) -> str:
    """As it stood when it was raised."""
    missed = f"{counted(risk.first_count)} at {risk.location_id} will miss {clock(risk.cutoff_ms)}"
    later = risk.count - risk.first_count
    done = f"{missed}: at the pace that the limits allow they are done by {clock(risk.done_at_ms)}"
    return done + (f"; {later} more will miss later cut-offs" if later else "")


def counted(count: int) -> str:
    return f"{count} shipment{'' if count == 1 else 's'}"


def clock(at_ms: int) -> str:
    """UTC, to the minute; the number itself where it is no time that has a year of four digits."""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{at_ms} ms"
