"""From two readings of a return to the events that tell the difference. Ids are made of what happened (G6)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from connector.domain.ids import stable_id
from connector.domain.reasons import return_reason
from connector.domain.returns.facts import Return, ReturnStatus, TrackingInfo
from connector.domain.unread import paths_of


class ReturnEventType(StrEnum):
    RETURN_CREATED = "RETURN_CREATED"
    RETURN_UPDATED = "RETURN_UPDATED"
    RETURN_DELIVERED = "RETURN_DELIVERED"
    RETURN_PROCESSED = "RETURN_PROCESSED"
    RETURN_CANCELLED = "RETURN_CANCELLED"
    RETURN_REJECTED = "RETURN_REJECTED"


_STATUS_EVENTS: dict[str, ReturnEventType] = {
    ReturnStatus.DELIVERED: ReturnEventType.RETURN_DELIVERED,
    ReturnStatus.PROCESSED: ReturnEventType.RETURN_PROCESSED,
    ReturnStatus.CANCELLED: ReturnEventType.RETURN_CANCELLED,
    ReturnStatus.REJECTED: ReturnEventType.RETURN_REJECTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEvent:
    """`reason` as Amazon gives it, `reason_code` normalised. `tracking` is the way back. `warnings`: what of it could
    not be read, or had to be assumed, as Amazon names it."""

    event_id: str
    type: ReturnEventType
    merchant_id: str
    return_id: str
    rma_id: str
    shipment_id: str
    order_id: str
    status: str
    previous_status: str
    return_type: str
    return_sub_type: str
    reason: str
    reason_code: str
    sku: str
    quantity: int
    return_location_id: str
    tracking: TrackingInfo | None
    replacement_shipment_id: str
    exchange_order_id: str
    snapshot: Return
    occurred_at_ms: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """The last known facts. `final_at_ms`: since when nothing more is expected, None before that."""

    facts: Return
    replacement_shipment_id: str = ""
    final_at_ms: int | None = None


def observe_return(
    merchant_id: str, row: ReturnRow | None, facts: Return, at_ms: int, replacement_shipment_id: str = ""
) -> tuple[ReturnRow, tuple[ReturnEvent, ...]]:
    """The row and events after a reading; one that is older than what is known, or says nothing new, changes nothing.

    `replacement_shipment_id`: the shipment sent in place of the returned one, where the shipments table knows it.
    """
    replacement = replacement_shipment_id or (row.replacement_shipment_id if row else "")
    if row is not None and facts.last_updated_at_ms < row.facts.last_updated_at_ms:
        facts = row.facts
    if row is not None and replace(facts, unread=row.facts.unread) == row.facts:
        return replace(row, facts=facts, replacement_shipment_id=replacement), ()
    known = row.facts if row else None
    status_event = _STATUS_EVENTS.get(facts.status) if known is None or known.status != facts.status else None
    types = (ReturnEventType.RETURN_CREATED,) if known is None else ()
    if status_event is not None:
        types = (*types, status_event)
    elif known is not None:
        types = (ReturnEventType.RETURN_UPDATED,)
    final_at_ms = (row.final_at_ms if row else None) or at_ms if facts.status in _STATUS_EVENTS else None
    after = ReturnRow(facts, replacement, final_at_ms)
    return after, tuple(_event(merchant_id, type_, known, after) for type_ in types)


def _event(merchant_id: str, type_: ReturnEventType, known: Return | None, row: ReturnRow) -> ReturnEvent:
    facts = row.facts
    version = () if type_ is ReturnEventType.RETURN_CREATED else (facts.last_updated_at_ms, facts.status)
    return ReturnEvent(
        event_id=stable_id(merchant_id, facts.return_id, type_, *version),
        type=type_,
        merchant_id=merchant_id,
        return_id=facts.return_id,
        rma_id=facts.rma_id,
        shipment_id=facts.shipment_id,
        order_id=facts.order_id,
        status=facts.status,
        previous_status=known.status if known else "",
        return_type=facts.type,
        return_sub_type=facts.sub_type,
        reason=facts.reason,
        reason_code=return_reason(facts.reason),
        sku=facts.sku,
        quantity=facts.quantity,
        return_location_id=facts.return_location_id or facts.channel_return_location_id,
        tracking=facts.reverse_tracking,
        replacement_shipment_id=row.replacement_shipment_id,
        exchange_order_id=facts.exchange_order_id,
        snapshot=facts,
        occurred_at_ms=facts.last_updated_at_ms,
        warnings=paths_of(facts.unread),
    )
