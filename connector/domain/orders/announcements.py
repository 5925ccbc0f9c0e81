"""From two states of a shipment's facts to the events that tell the difference; and when an order is announced."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.domain.ids import stable_id
from connector.domain.orders.checks.measures import differing_measures
from connector.domain.orders.events import (
    INCIDENT_EVENTS,
    STATUS_EVENTS,
    CancellationEvent,
    CancelledBy,
    CancelledItem,
    OrderEvent,
    OrderEventType,
    Via,
)
from connector.domain.orders.facts.cancellations import SELLER_REJECTED, cancellation_of
from connector.domain.orders.facts.differences import differences
from connector.domain.orders.facts.lifecycle import CLOSED, skipped_states
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.row import Rules, ShipmentRow
from connector.domain.reasons import cancellation_reason
from connector.domain.unread import paths_of

_CANCELLED_BY = {
    SELLER_REJECTED: CancelledBy.SELLER,
    "MARKETPLACE_CANCELLED": CancelledBy.CUSTOMER_OR_MARKETPLACE,
    "SYSTEM_CANCELLED": CancelledBy.SYSTEM,
}
# What changes with the status itself, and is in the snapshot of its event
_INVOICE = frozenset({"invoice_id", "invoice_created_at", "invoice_requirement", "invoice_status"})
_PART_OF_A_STEP = frozenset({"packages", "sub_status", "reason", "rejectable_states"}) | _INVOICE
_PART_OF_AN_INCIDENT = frozenset({"sub_status", "reason"})
_PART_OF_A_CANCELLATION = frozenset({"cancellations", "reason"})


@dataclass(frozen=True, slots=True)
class Sight:
    """How and when (Amazon's time of a reading, ours of a call) the facts came to be known."""

    via: Via
    occurred_at_ms: int


def is_announced(facts: Shipment, rules: Rules) -> bool:
    """Whether a shipment that is new here is an order yet, to be told as ORDER_RECEIVED.

    One that is CREATED waits for ACCEPTED, the sign that stock is assigned (retrieve-list-of-shipments guide), unless
    the rules of its location announce CREATED orders too. Any later state is announced wherever it stands.
    """
    return facts.status != Status.CREATED or rules.announce_created


def may_be_forgotten(facts: Shipment, rules: Rules, now_ms: int) -> bool:
    """Whether a shipment without a row is over, and may have had one: so old that its row would be deleted by now."""
    begun_at_ms = facts.created_at_ms or facts.order_placed_at_ms
    if facts.status not in CLOSED or begun_at_ms is None or rules.kept_ms is None:
        return False
    return begun_at_ms < now_ms - rules.kept_ms


def order_events(known: Shipment | None, facts: Shipment, row: ShipmentRow, sight: Sight) -> tuple[OrderEvent, ...]:
    """`known` None: the order is announced for the first time, wherever it is by now."""
    if known is None:
        received = _event(row, facts, sight, OrderEventType.ORDER_RECEIVED, "", key=())
        return received, *state_events(row, facts, sight, Status.ACCEPTED)
    moved = known.status != facts.status
    return (
        *(_status_events(row, facts, sight, known.status) if moved else ()),
        *(_incident_events(row, facts, sight, known.status) if known.sub_status != facts.sub_status else ()),
        *_updated_events(known, facts, row, sight),
    )


def state_events(row: ShipmentRow, facts: Shipment, sight: Sight, previous: str) -> tuple[OrderEvent, ...]:
    """What tells where a shipment stands, whether that is news or not: under the same ids whenever it is told."""
    return *_status_events(row, facts, sight, previous), *_incident_events(row, facts, sight, previous)


def _status_events(row: ShipmentRow, facts: Shipment, sight: Sight, previous: str) -> Iterator[OrderEvent]:
    if facts.status in STATUS_EVENTS:
        skipped = skipped_states(row.program, facts.marketplace_id, previous, facts.status)
        type_ = STATUS_EVENTS[facts.status]
        yield _event(row, facts, sight, type_, previous, key=(row.repacked,), skipped=skipped)


def _incident_events(row: ShipmentRow, facts: Shipment, sight: Sight, previous: str) -> Iterator[OrderEvent]:
    if facts.sub_status in INCIDENT_EVENTS:
        key = (facts.last_updated_at_ms,)  # it may be lost, found, and lost again
        yield _event(row, facts, sight, INCIDENT_EVENTS[facts.sub_status], previous, key=key)


def _updated_events(known: Shipment, facts: Shipment, row: ShipmentRow, sight: Sight) -> Iterator[OrderEvent]:
    changed = differences(known, facts, apart_from=_told_otherwise(known, facts))
    if changed:
        yield _event(
            row,
            facts,
            sight,
            OrderEventType.ORDER_UPDATED,
            known.status,
            key=(facts.last_updated_at_ms, _digest(changed)),
            changed=tuple(sorted(changed)),
            cancelled_items=_cancelled_since(known, facts),
        )


def _cancelled_since(known: Shipment, facts: Shipment) -> tuple[CancelledItem, ...]:
    """Units that were cancelled of an order that goes on. When it is cancelled whole, its cancellation tells."""
    if facts.status == Status.CANCELLED:
        return ()
    before = {line.line_item_id: line.cancelled for line in known.line_items}
    since = ((line, line.cancelled - before.get(line.line_item_id, 0)) for line in facts.line_items)
    return tuple(CancelledItem(line.line_item_id, line.sku, units) for line, units in since if units > 0)


def _told_otherwise(known: Shipment, facts: Shipment) -> frozenset[str]:
    """Changes that another event tells."""
    told = _PART_OF_A_CANCELLATION if facts.status == Status.CANCELLED else frozenset()
    if facts.sub_status in INCIDENT_EVENTS and facts.sub_status != known.sub_status:
        told |= _PART_OF_AN_INCIDENT
    if facts.status == known.status:
        return told
    has_event = facts.status == Status.CANCELLED or facts.status in STATUS_EVENTS
    return told | _PART_OF_A_STEP | ({"status"} if has_event else frozenset())


def _event(
    row: ShipmentRow,
    facts: Shipment,
    sight: Sight,
    type_: OrderEventType,
    previous: str,
    key: tuple[object, ...],
    *,
    skipped: tuple[str, ...] = (),
    changed: tuple[str, ...] = (),
    cancelled_items: tuple[CancelledItem, ...] = (),
) -> OrderEvent:
    return OrderEvent(
        event_id=stable_id(row.merchant_id, row.shipment_id, type_, *key),
        type=type_,
        merchant_id=row.merchant_id,
        shipment_id=row.shipment_id,
        order_id=facts.order_id,
        location_id=facts.location_id,
        program=row.program,
        status=facts.status,
        previous_status=previous,
        shipment_type=facts.shipment_type,
        original_shipment_id=row.original_shipment_id,
        ship_by_ms=facts.ship_by_ms,
        allocations=row.allocations,
        snapshot=facts,
        observed_via=sight.via,
        occurred_at_ms=sight.occurred_at_ms,
        skipped=skipped,
        changed=changed,
        cancelled_items=cancelled_items,
        warnings=paths_of(facts.unread),
        tracking=row.tracking,
        differing_measures=differing_measures(facts) if type_ is OrderEventType.PACKAGES_CREATED else (),
        shipping_options=row.offers if type_ is OrderEventType.SHIPPING_OPTIONS_RETRIEVED else (),
    )


def cancellation_event(previous: str, facts: Shipment, row: ShipmentRow, sight: Sight) -> CancellationEvent:
    given = cancellation_of(facts)
    reason = given.reason if given and given.reason else facts.reason
    return CancellationEvent(
        event_id=stable_id(row.merchant_id, row.shipment_id, Status.CANCELLED),
        merchant_id=row.merchant_id,
        shipment_id=row.shipment_id,
        order_id=facts.order_id,
        cancelled_by=cancelled_by(facts),
        reason=reason,
        reason_code=cancellation_reason(reason),
        previous_status=previous,
        # The shipment is cancelled whole, whatever of it had been cancelled before
        line_items=tuple(CancelledItem(line.line_item_id, line.sku, line.quantity) for line in facts.line_items),
        occurred_at_ms=(given.cancelled_at_ms if given else None) or sight.occurred_at_ms,
        location_id=facts.location_id,
        original_shipment_id=row.original_shipment_id,
        warnings=paths_of(facts.unread),
    )


def cancelled_by(facts: Shipment) -> CancelledBy:
    """UNKNOWN where Amazon does not say."""
    given = cancellation_of(facts)
    return _CANCELLED_BY.get(given.type if given else "", CancelledBy.UNKNOWN)


def _digest(values: Mapping[str, object]) -> str:
    return stable_id(json.dumps(values, sort_keys=True))
