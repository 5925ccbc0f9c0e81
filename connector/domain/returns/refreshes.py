"""Refresh of one return: how the command ends, by what Amazon said of the return."""

from collections.abc import Iterator
from datetime import UTC, datetime

from connector.domain.orders.commands import CommandOutcome
from connector.domain.orders.results import NO_CODE, Finish
from connector.domain.outcomes import Answer
from connector.domain.quarantine import OVERDUE_MS
from connector.domain.returns.facts import Return

NO_SUCH_RETURN = "NOT_FOUND"
_NOT_FOUND_STATUS = 404

LONGEST_MS = OVERDUE_MS
"""A command that names no `expires_at` waits for so long, where nothing may be called for it (paused, say)."""


def found(facts: Return, *, is_told: bool) -> Finish:
    """`is_told`: its events are published; else returns of its location are switched off."""
    message = ", ".join(_said(facts))
    if not is_told:
        message += "; returns of its location are switched off in the merchants file: no event tells it"
    return Finish(message=message)


def not_given(return_id: str, answer: Answer) -> Finish:
    """Amazon did not give it."""
    code, message = answer.code or NO_CODE, answer.message
    if answer.http_status == _NOT_FOUND_STATUS:
        said = " ".join(filter(None, [answer.code, answer.message])) or "404"
        code, message = NO_SUCH_RETURN, f"the merchant has no return {return_id} at Amazon, or none yet ({said})"
    return Finish(
        outcome=CommandOutcome.REFUSED,
        code=code,
        message=message or f"Amazon does not give return {return_id}, and says no reason",
        request_id=answer.request_id,
    )


def _said(facts: Return) -> Iterator[str]:
    """No OTP: it is for the event's reader alone."""
    changed = datetime.fromtimestamp(facts.last_updated_at_ms / 1000, UTC).isoformat(timespec="seconds")
    yield f"return {facts.return_id} is {facts.status} (changed {changed})"
    if facts.rma_id:
        yield f"RMA {facts.rma_id}"
    if facts.shipment_id:
        yield f"shipment {facts.shipment_id}"
    yield f"{facts.quantity} of {facts.sku or 'an unnamed SKU'}"
    if facts.reverse_tracking is not None:
        yield f"tracking {facts.reverse_tracking.carrier_name} {facts.reverse_tracking.tracking_id}"
