"""Who cancelled a shipment, as far as Amazon says, and what our own Reject makes of it."""

from dataclasses import replace

from connector.domain.orders.facts.shipment import Cancellation, Shipment, Status

SELLER_REJECTED = "SELLER_REJECTED"


def cancellation_of(facts: Shipment) -> Cancellation | None:
    """The first that Amazon tells: all line items are cancelled alike (Cancellation in the published model)."""
    return next((line.cancellations[0] for line in facts.line_items if line.cancellations), None)


def rejected(facts: Shipment, reason: str, at_ms: int) -> Shipment:
    """As a Reject of ours leaves it, whether Amazon shows who cancelled or not."""
    lines = tuple(
        replace(
            line,
            cancellations=(
                Cancellation(type=SELLER_REJECTED, quantity=line.quantity, cancelled_at_ms=at_ms, reason=reason),
            ),
        )
        for line in facts.line_items
    )
    return replace(facts, status=Status.CANCELLED, line_items=lines)
