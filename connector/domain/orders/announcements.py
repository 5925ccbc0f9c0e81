"""From two states of a shipment's facts to the events that tell the difference; and when an order is announced."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from connector.domain.ids import stable_id
from connector.domain.orders.events import (
    STATUS_EVENTS,
    CancellationEvent,
    CancelledBy,
    CancelledItem,
    OrderEvent,
    OrderEventType,
    Via,
)
from connector.domain.orders.facts.lifecycle import skipped_states
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Cancellation, Shipment, Status
from connector.domain.orders.row import Rules, ShipmentRow
from connector.domain.reasons import cancellation_reason

_CANCELLED_BY = {
    "SELLER_REJECTED": CancelledBy.SELLER,
    "MARKETPLACE_CANCELLED": CancelledBy.CUSTOMER_OR_MARKETPLACE,
    "SYSTEM_CANCELLED": CancelledBy.SYSTEM,
}
_PART_OF_A_STEP = frozenset({"packages", "sub_status", "reason", "invoice"})  # they change with the status itself


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


def order_events(known: Shipment | None, facts: Shipment, row: ShipmentRow, sight: Sight) -> tuple[OrderEvent, ...]:
    """`known` None: the order is announced for the first time, wherever it is by now."""
    if known is None:
        received = _event(row, facts, sight, OrderEventType.ORDER_RECEIVED, "", key=())
        if facts.status not in STATUS_EVENTS:
            return (received,)
        return received, _status_event(row, facts, sight, Status.ACCEPTED)
    events: tuple[OrderEvent, ...] = ()
    old, new = _attributes(known), _attributes(facts)
    changed = {name for name in new if new[name] != old[name]}
    if known.status != facts.status:
        changed -= _PART_OF_A_STEP
        if facts.status in STATUS_EVENTS:
            events = (_status_event(row, facts, sight, known.status),)
        elif facts.status != Status.CANCELLED:
            changed.add("status")
    if changed:
        names = tuple(sorted(changed))
        key = (facts.last_updated_at_ms, _digest({name: new.get(name, facts.status) for name in names}))
        updated = _event(row, facts, sight, OrderEventType.ORDER_UPDATED, known.status, key, changed=names)
        events = (*events, updated)
    return events


def _status_event(row: ShipmentRow, facts: Shipment, sight: Sight, previous: str) -> OrderEvent:
    skipped = skipped_states(row.program, facts.marketplace_id, previous, facts.status)
    return _event(row, facts, sight, STATUS_EVENTS[facts.status], previous, key=(row.repacked,), skipped=skipped)


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
    )


def cancellation_event(previous: str, facts: Shipment, row: ShipmentRow, sight: Sight) -> CancellationEvent:
    given = _cancellation(facts)
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
        # Amazon cancels whole shipments only (Cancellation in the published model)
        line_items=tuple(CancelledItem(line.line_item_id, line.sku, line.quantity) for line in facts.line_items),
        occurred_at_ms=(given.cancelled_at_ms if given else None) or sight.occurred_at_ms,
        location_id=facts.location_id,
        original_shipment_id=row.original_shipment_id,
    )


def cancelled_by(facts: Shipment) -> CancelledBy:
    given = _cancellation(facts)
    return _CANCELLED_BY.get(given.type if given else "", CancelledBy.CUSTOMER_OR_MARKETPLACE)


def _cancellation(facts: Shipment) -> Cancellation | None:
    return next((line.cancellations[0] for line in facts.line_items if line.cancellations), None)


def _attributes(facts: Shipment) -> dict[str, object]:
    """What an ORDER_UPDATED may be about. An amount, a dimension: equal is equal, however many zeros Amazon writes."""
    return {
        "ship_to": facts.ship_to,
        "parties": facts.parties,
        "ship_by": facts.ship_by_ms,
        "priority": facts.priority,
        "line_items": tuple((line.line_item_id, line.sku, line.quantity) for line in facts.line_items),
        "compliance": tuple(line.compliance for line in facts.line_items),
        "serial_numbers": tuple(line.serial_numbers for line in facts.line_items),
        "gift": tuple(line.gift for line in facts.line_items),
        "charges": (facts.charges, tuple(line.charges for line in facts.line_items)),
        "recommended_packages": facts.recommended_packages,
        "packages": tuple(map(_essence, facts.packages)),
        "invoice": (facts.invoice_id, facts.invoice_status),
        "sub_status": facts.sub_status,
        "reason": facts.reason,
    }


def _essence(package: Package) -> tuple[object, ...]:
    items = tuple((item.line_item_id, item.quantity, item.serial_numbers) for item in package.items)
    return package.package_id, package.length, package.width, package.height, package.weight, items, package.status


def _digest(values: Mapping[str, object]) -> str:
    return stable_id(json.dumps(values, default=_plain, sort_keys=True))


def _plain(value: Any) -> object:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else str(value)
