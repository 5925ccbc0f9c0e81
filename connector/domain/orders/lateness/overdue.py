"""Which shipments stand still for too long, by the age of their state: as the row says now, whoever wrote it."""

from collections.abc import Iterator
from dataclasses import dataclass

from connector.domain.alerts import AlertKind
from connector.domain.orders.facts.lifecycle import rank, reached
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.row import ShipmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LateAfter:
    """Milliseconds in one state, or in the queue, that are too many; `ship_by_near_ms`: before the ship-by."""

    not_confirmed_ms: int
    ship_by_near_ms: int
    not_handed_over_ms: int
    pickup_missed_ms: int
    command_waiting_ms: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """`since_ms`: of the state or the command; the ship-by or the end of the pickup slot where that is the matter."""

    kind: AlertKind
    since_ms: int


def overdue(row: ShipmentRow, after: LateAfter, now_ms: int, *, is_held: bool = False) -> Iterator[Overdue]:
    """`is_held`: its commands wait for something that is told elsewhere (a pause, the earliest time to pack)."""
    waits_since_ms = command_waits_since_ms(row)
    if waits_since_ms is not None and not is_held and now_ms - waits_since_ms > after.command_waiting_ms:
        yield Overdue(AlertKind.COMMAND_WAITING, waits_since_ms)
    facts = row.facts
    if facts is None or not is_pending(facts):
        return
    since_ms, ship_by_ms, slot_ms = in_state_since_ms(row, facts), facts.ship_by_ms, pickup_ends_ms(row)
    if facts.status == Status.ACCEPTED and now_ms - since_ms > after.not_confirmed_ms:
        yield Overdue(AlertKind.SHIPMENT_NOT_CONFIRMED, since_ms)
    if slot_ms is not None and now_ms - slot_ms > after.pickup_missed_ms:
        yield Overdue(AlertKind.PICKUP_MISSED, slot_ms)
    if reached(facts.status, Status.SHIPLABEL_GENERATED):
        if now_ms - since_ms > after.not_handed_over_ms:
            yield Overdue(AlertKind.SHIPMENT_NOT_HANDED_OVER, since_ms)
    elif ship_by_ms is not None and ship_by_ms <= now_ms:
        yield Overdue(AlertKind.SHIP_BY_PASSED, ship_by_ms)
    elif ship_by_ms is not None and ship_by_ms - now_ms < after.ship_by_near_ms:
        yield Overdue(AlertKind.SHIP_BY_NEAR, ship_by_ms)


def is_pending(facts: Shipment) -> bool:
    """It is still to be handed over. A state that this version does not know is none of ours to judge."""
    return 0 <= rank(facts.status) < rank(Status.SHIPPED)


def in_state_since_ms(row: ShipmentRow, facts: Shipment) -> int:
    """Since Amazon changed it last, or a call of ours did."""
    return max(facts.last_updated_at_ms, row.acted_at_ms)


def pickup_ends_ms(row: ShipmentRow) -> int | None:
    """When the first of its chosen pickup slots ends; None where there is none."""
    return min((end_ms for offer in row.offers if (end_ms := offer.ends_at_ms) is not None), default=None)


def command_waits_since_ms(row: ShipmentRow) -> int | None:
    """Of the oldest in its queue; a parked shipment has an alert of its own."""
    return None if row.head is None or row.is_parked else row.head.taken_at_ms
