"""The next call for a shipment, and what a restart makes of its row."""

from dataclasses import replace

from connector.domain.orders.next_step import judge
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import Step, StepKind


def plan_next_call(row: ShipmentRow, now_ms: int) -> Step | None:
    """None: nothing to call. EXPIRE: the head ended by time alone, and no call is made.

    A hint goes first: what changed at Amazon may be a cancellation.
    """
    verdict = judge(row, row.head, now_ms) if row.head else None
    if verdict is not None and not isinstance(verdict, Step):
        return row.step(StepKind.EXPIRE)
    return row.step(StepKind.READ) if row.hint else verdict


def doubted(row: ShipmentRow) -> ShipmentRow:
    """A row as recovered: the call for its head may have been made, by a worker that could not tell."""
    return replace(row, in_doubt=True) if row.queue and not row.in_doubt else row
