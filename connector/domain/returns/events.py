"""From two readings of a return to the events that tell the difference. Ids are made of what happened (G6)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from connector.domain.ids import stable_id
from connector.domain.reasons import return_reason
from connector.domain.returns.facts import Return, ReturnStatus, TrackingInfo
from connector.domain.unread import paths_of

NEVER_CLOSED_MS = 335 * 24 * 60 * 60_000
"""Without a change for so long, nothing more is expected of a return, though it never ended."""


class ReturnEventType(StrEnum):
    RETURN_CREATED = "RETURN_CREATED"
    RETURN_UPDATED = "RETURN_UPDATED"
    RETURN_PICKUP_CANCELLED = "RETURN_PICKUP_CANCELLED"
    RETURN_DELIVERED = "RETURN_DELIVERED"
    RETURN_PARTIALLY_PROCESSED = "RETURN_PARTIALLY_PROCESSED"
    RETURN_PROCESSED = "RETURN_PROCESSED"
    RETURN_CANCELLED = "RETURN_CANCELLED"
    RETURN_REJECTED = "RETURN_REJECTED"


_STATUS_EVENTS: dict[str, ReturnEventType] = {
    ReturnStatus.CUSTOMER_CANCELLED_PICK_UP: ReturnEventType.RETURN_PICKUP_CANCELLED,
    ReturnStatus.DELIVERED: ReturnEventType.RETURN_DELIVERED,
    ReturnStatus.PARTIALLY_PROCESSED: ReturnEventType.RETURN_PARTIALLY_PROCESSED,
    ReturnStatus.PROCESSED: ReturnEventType.RETURN_PROCESSED,
    ReturnStatus.CANCELLED: ReturnEventType.RETURN_CANCELLED,
    ReturnStatus.REJECTED: ReturnEventType.RETURN_REJECTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEvent:
    """`reason` as Amazon gives it, `reason_code` normalised. `tracking` is the way back. `replacement_shipment_id`: the
    first of `replacement_shipment_ids`. `warnings`: what could not be read, or had to be assumed, as Amazon names it.
    """

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
    replacement_shipment_ids: tuple[str, ...]
    exchange_order_id: str
    snapshot: Return
    occurred_at_ms: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """The last known facts, and the shipments sent in its place, as they became known.

    `final_at_ms`: since when it is in a final state, None before that.
    """

    facts: Return
    replacement_shipment_ids: tuple[str, ...] = ()
    final_at_ms: int | None = None

    @property
    def forgettable_since_ms(self) -> int | None:
        """Since when nothing more is expected."""
        return self.final_at_ms if self.facts.is_final else self.facts.last_updated_at_ms + NEVER_CLOSED_MS


def observe_return(
    merchant_id: str, row: ReturnRow | None, facts: Return, at_ms: int, replacements: Iterable[str] = ()
) -> tuple[ReturnRow, tuple[ReturnEvent, ...]]:
    """The row and events after a reading; one that is older than what is known, or says nothing new, changes nothing.

    `replacements`: the shipments sent in place of the returned one, as far as the shipments table knows them.
    """
    known = row.facts if row else None
    if known is not None and facts.last_updated_at_ms < known.last_updated_at_ms:
        facts = known
    ids = tuple(dict.fromkeys((*(row.replacement_shipment_ids if row else ()), *replacements)))
    if row is not None and replace(facts, unread=row.facts.unread) == known and ids == row.replacement_shipment_ids:
        return replace(row, facts=facts), ()
    was_final_at_ms = row.final_at_ms if row is not None and row.facts.is_final else None
    after = ReturnRow(facts, ids, (was_final_at_ms or at_ms) if facts.is_final else None)
    return after, tuple(_event(merchant_id, type_, known, after) for type_ in _types(known, facts))


def _types(known: Return | None, facts: Return) -> Iterable[ReturnEventType]:
    if known is None:
        yield ReturnEventType.RETURN_CREATED
    if (known is None or known.status != facts.status) and facts.status in _STATUS_EVENTS:
        yield _STATUS_EVENTS[facts.status]
    elif known is not None:
        yield ReturnEventType.RETURN_UPDATED


def _event(merchant_id: str, type_: ReturnEventType, known: Return | None, row: ReturnRow) -> ReturnEvent:
    facts = row.facts
    version = () if type_ is ReturnEventType.RETURN_CREATED else (facts.last_updated_at_ms, _digest(row))
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
        replacement_shipment_id=next(iter(row.replacement_shipment_ids), ""),
        replacement_shipment_ids=row.replacement_shipment_ids,
        exchange_order_id=facts.exchange_order_id,
        snapshot=facts,
        occurred_at_ms=facts.last_updated_at_ms,
        warnings=paths_of(facts.unread),
    )


def _digest(row: ReturnRow) -> str:
    """Of what is known, and not of what is left out: a later version with more fields gives the same ids.

    Amazon's times tell two changes apart by the second at best.
    """
    facts = asdict(replace(row.facts, unread=()))
    told = {name: value for name, value in facts.items() if value not in ("", None, ())}
    return stable_id(json.dumps(told, sort_keys=True), *row.replacement_shipment_ids)
