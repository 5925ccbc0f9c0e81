"""What a person should look at among shipments: those that are parked."""

from connector.domain.alerts import Alert, AlertKind, Severity, alert_of, raised_and_ended
from connector.domain.orders.events import OrderEvent
from connector.domain.orders.row import ShipmentRow


def standing_alert(row: ShipmentRow) -> Alert | None:
    """As the row says: the same one, with the same id, from its beginning to its end."""
    if row.trouble is None or not row.is_parked:
        return None
    failing = row.trouble.trouble
    return alert_of(
        row.merchant_id,
        AlertKind.SHIPMENT_PARKED,
        Severity.WARNING,
        row.shipment_id,
        message=f"{row.trouble.key} of {row.shipment_id} failed {failing.count} times in a row, and is tried every few"
        f" minutes; {len(row.queue)} commands wait; {failing.said}",
        remedy="correct the cause at Amazon, then `connector alerts retry`; a command ends REFUSED when it expires, or"
        " after a day",
        since_ms=failing.since_ms,
    )


def measures_alert(event: OrderEvent, now_ms: int) -> Alert:
    """Told once: nothing stands still for it."""
    alert = alert_of(
        event.merchant_id,
        AlertKind.MEASURES_DIFFER,
        Severity.INFO,
        event.shipment_id,
        message="; ".join(event.differing_measures),
        remedy="correct the dimensions of the listing at Amazon, or measure the packet again: Amazon makes listings"
        " inactive whose packages differ",
        since_ms=now_ms,
        identity=event.event_id,
    )
    return alert.ended(now_ms)


def alerts_told(was: ShipmentRow | None, row: ShipmentRow | None, now_ms: int) -> list[Alert]:
    """Those that the change of the row raises, and those that it ends."""
    return raised_and_ended(_standing(was), _standing(row), now_ms)


def _standing(row: ShipmentRow | None) -> list[Alert]:
    alert = None if row is None else standing_alert(row)
    return [] if alert is None else [alert]
