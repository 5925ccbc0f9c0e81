"""Shipments that are still to be handed over, as a list shows them: what they wait for, who is late, who will be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from connector.agents.merchants.lateness.count import file_pace, late_after
from connector.agents.merchants.waiting import HELD_TEXTS, HeldBecause, held_because
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.lateness.forecast import forecast
from connector.domain.orders.lateness.overdue import in_state_since_ms, is_pending, overdue, pickup_ends_ms
from connector.domain.orders.lateness.remaining import CALLS_IN_ORDER, cutoff_ms, pending_shipment
from connector.domain.orders.next_step import is_too_early
from connector.domain.orders.row import ShipmentRow
from connector.merchants import Merchants


@dataclass(frozen=True, slots=True)
class _Pending:
    row: ShipmentRow
    facts: Shipment


def pending_records(
    rows: Iterable[ShipmentRow], merchants: Merchants, paused: frozenset[str], now: int
) -> list[dict[str, Any]]:
    """The earliest cut-off first, then the oldest. Nothing of a buyer's is in it. Times in epoch milliseconds."""
    by_merchant: dict[str, list[_Pending]] = {}
    for row in rows:
        if row.facts is not None and is_pending(row.facts):
            by_merchant.setdefault(row.merchant_id, []).append(_Pending(row, row.facts))
    told = [record for mine in by_merchant.values() for record in _records(mine, merchants, paused, now)]
    return sorted(told, key=lambda record: (record["cutoff_at"] is None, record["cutoff_at"], record["since"]))


def _records(mine: list[_Pending], merchants: Merchants, paused: frozenset[str], now: int) -> Iterator[dict[str, Any]]:
    """Of one merchant."""
    merchant_id = mine[0].row.merchant_id
    merchant, pace = merchants.get(merchant_id), file_pace(merchants)
    held = {
        place: held_because(merchant, merchant_id in paused, place, "orders")
        for place in {one.facts.location_id for one in mine}
    }
    ours = [one for one in mine if held[one.facts.location_id] in (None, HeldBecause.PAUSED)]
    per_s = {operation: pace(merchant_id, operation) for operation in CALLS_IN_ORDER}
    done_at_ms = forecast([pending_shipment(one.row, one.facts) for one in ours], per_s, now).done_at_ms
    after = None if merchant is None else late_after(merchant.thresholds)
    for one in mine:
        row, facts, because = one.row, one.facts, held[one.facts.location_id]
        late, cutoff, done = list[str](), cutoff_ms(row, facts), None
        if after is not None and because in (None, HeldBecause.PAUSED):
            done, waits = done_at_ms.get(row.shipment_id), because is not None or is_too_early(row, now)
            late = [found.kind for found in overdue(row, after, now, is_held=waits)]
            if done is not None and cutoff is not None and done > cutoff > now:
                late.append("AT_RISK")
        yield {
            "merchant_id": merchant_id,
            "shipment_id": row.shipment_id,
            "order_id": facts.order_id,
            "location_id": facts.location_id,
            "status": facts.status,
            "since": in_state_since_ms(row, facts),
            "ship_by": facts.ship_by_ms,
            "pickup_ends": pickup_ends_ms(row),
            "cutoff_at": cutoff,
            "done_by": done,
            "late": late,
            "command": "" if row.head is None else row.head.command.action_name,
            "nothing_calls_because": "" if because is None else HELD_TEXTS[because],
        }
