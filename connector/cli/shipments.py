"""`connector shipments list`: which are still to be handed over, what they wait for, and which will be late."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from connector.agents.merchants.lateness.count import file_pace, late_after
from connector.agents.merchants.waiting import HELD_TEXTS, HeldBecause, held_because
from connector.cli.shared.broker import open_broker
from connector.cli.shared.screen import AsJson, remark, tell_csv, tell_json, tell_table
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_controls, read_shipment_rows
from connector.clock import now_ms
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.lateness.forecast import forecast
from connector.domain.orders.lateness.overdue import in_state_since_ms, is_pending, overdue, pickup_ends_ms
from connector.domain.orders.lateness.remaining import CALLS_IN_ORDER, cutoff_ms, pending_shipment
from connector.domain.orders.next_step import is_too_early
from connector.domain.orders.row import ShipmentRow
from connector.errors import InputError
from connector.merchants import Merchants, load_merchants
from connector.settings import load_settings

_COLUMNS = ("merchant", "shipment", "order", "location", "status", "since", "ship-by", "pickup ends", "done by", "late")

shipments = typer.Typer()


@dataclass(frozen=True, slots=True)
class _Pending:
    row: ShipmentRow
    facts: Shipment


@shipments.command("list")
def list_shipments(
    pending: Annotated[bool, typer.Option("--pending", help="Those that are still to be handed over.")] = False,
    merchant: Annotated[str, typer.Option(help="Only this merchant's.")] = "",
    at_risk: Annotated[bool, typer.Option("--at-risk", help="Of these, who is late or will miss its cut-off.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, for a spreadsheet.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the shipments that are to be handed over: status and since when, ship-by, pickup slot, and how that ends.

    The earliest cut-off first, which is the ship-by or the end of a chosen pickup slot. "done by" is when the calls
    that are left can be made at the pace of the merchants file, if the OMS asks for all of them now; "late" names what
    is overdue (the kind of its alert), and AT_RISK what will miss its cut-off. Reads the shipments table on Kafka.

    Example: connector shipments list --pending --merchant A2EXAMPLE --at-risk
    """
    if not (pending or at_risk):
        raise InputError("say which: --pending, or --at-risk of these")
    if as_csv and as_json:
        raise InputError("--csv, --json: say one of them")
    settings = load_settings()
    merchants = load_merchants(settings.merchants_file)
    with open_broker(settings) as broker:
        rows, controls = read_shipment_rows(broker), read_controls(broker)
    paused = frozenset(one.merchant_id for one in merchants if controls.paused(one.merchant_id))
    chosen = [row for row in rows if merchant in ("", row.merchant_id)]
    told = pending_records(chosen, merchants, paused, now_ms())
    if at_risk:
        told = [record for record in told if record["late"]]
    shown = [tuple(_shown(record).values()) for record in told]
    if as_json:
        tell_json(told)
    elif as_csv:
        tell_csv([_COLUMNS, *shown])
    else:
        tell_table(_COLUMNS, shown)
        remark(f"{len(told)} shipments")


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
    for one in mine:
        row, facts, because = one.row, one.facts, held[one.facts.location_id]
        late, cutoff, done = list[str](), cutoff_ms(row, facts), None
        if merchant is not None and because in (None, HeldBecause.PAUSED):
            done, waits = done_at_ms.get(row.shipment_id), because is not None or is_too_early(row, now)
            late = [found.kind for found in overdue(row, late_after(merchant.thresholds), now, is_held=waits)]
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


def _shown(record: dict[str, Any]) -> dict[str, str]:
    times = {name: iso(record[name]) for name in ("since", "ship_by", "pickup_ends", "done_by")}
    texts = {name: str(record[name]) for name in ("merchant_id", "shipment_id", "order_id", "location_id", "status")}
    return texts | times | {"late": " ".join(record["late"])}
