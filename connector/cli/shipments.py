"""`connector shipments`: which are still to be handed over and which will be late; and reading some again."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from connector.agents.merchants.lateness.pending import pending_records
from connector.cli.reconcile.view import TableView, open_view
from connector.cli.shared.broker import open_broker
from connector.cli.shared.merchants import known_merchant
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import (
    AsJson,
    Because,
    By,
    DryRun,
    chosen_form,
    progress_bar,
    remark,
    tell,
    tell_json,
    tell_rows,
)
from connector.cli.shared.table_changes import WaitS, ask_workers
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_controls, read_shipment_rows
from connector.clock import now_ms
from connector.domain.internal_commands import RereadShipments
from connector.domain.orders.row import ShipmentRow
from connector.errors import InputError
from connector.merchants import load_merchants
from connector.settings import load_settings
from connector.tables.shipments import SHIPMENTS

_COLUMNS = ("merchant", "shipment", "order", "location", "status", "since", "ship-by", "pickup ends", "done by", "late")
_POLL_S = 0.2
_MOST_IDS = 500
_LONGEST_ID = 256

shipments = typer.Typer()


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
    form, settings = chosen_form(as_csv, as_json), load_settings()
    merchants = load_merchants(settings.merchants_file)
    with open_broker(settings) as broker:
        rows, controls = read_shipment_rows(broker), read_controls(broker)
    paused = frozenset(one.merchant_id for one in merchants if controls.paused(one.merchant_id))
    chosen = [row for row in rows if merchant in ("", row.merchant_id)]
    told = pending_records(chosen, merchants, paused, now_ms())
    if at_risk:
        told = [record for record in told if record["late"]]
    shown = [tuple(_shown(record).values()) for record in told]
    tell_rows(form, told, _COLUMNS, shown, "shipments")


def _shown(record: dict[str, Any]) -> dict[str, str]:
    times = {name: iso(record[name]) for name in ("since", "ship_by", "pickup_ends", "done_by")}
    texts = {name: str(record[name]) for name in ("merchant_id", "shipment_id", "order_id", "location_id", "status")}
    return texts | times | {"late": " ".join(record["late"])}


@shipments.command("refetch")
def refetch_shipments(
    shipment_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Of shipments, by Amazon's ids.")],
    merchant: Annotated[str, typer.Option(help="Whose they are.")],
    wait_s: WaitS = 60,
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have shipments read from Amazon again, those that nobody knows here too; what differs is told as events.

    A line each: its status here before, and now. Exit code 1 where one is not read within --wait-s (then it is when a
    worker next can), or Amazon does not give it.

    Example: connector shipments refetch --merchant A2EXAMPLE SHP0000001 SHP0000002
    """
    settings = load_settings()
    known_merchant(settings, merchant)
    wanted = list(dict.fromkeys(one.strip() for one in shipment_ids))
    if not all(0 < len(one) <= _LONGEST_ID and "|" not in one for one in wanted) or len(wanted) > _MOST_IDS:
        raise InputError(f"ID: give 1 to {_MOST_IDS} ids of 1 to {_LONGEST_ID} characters, none with a bar in it")
    with open_broker(settings) as broker, open_view(broker, SHIPMENTS, merchant) as view:
        before = {one: _status(view.row(one)) for one in wanted}
        late: set[str] = set()
        if not dry_run:
            since = {one: view.version(one) for one in wanted}
            subject = " ".join(wanted)
            deed = Deed(action="shipments refetch", merchant_id=merchant, subject=subject, by=by, reason=reason)
            with audited(broker, deed):
                ask_workers(broker, [(merchant, RereadShipments(tuple(wanted)), len(wanted))], by)
            late = _wait(view, since, wait_s)
        told = [
            {"shipment_id": one, "before": before[one], "now": _status(view.row(one)), "read": one not in late}
            for one in wanted
        ]
    if as_json:
        tell_json({"merchant": merchant, "dry_run": dry_run, "shipments": told})
    for record in () if as_json else told:
        tell(f"{record['shipment_id']}: {_told(record, dry_run)}")
    if late:
        remark(f"{len(late)} are asked for but no worker has read them within {wait_s:g} s; the next that can does")
    if late or (not dry_run and not all(record["now"] for record in told)):
        raise typer.Exit(1)


def _wait(view: TableView[ShipmentRow], since: Mapping[str, object], wait_s: float) -> set[str]:
    """Those that were not read in time. A row that was asked for has a hint until it is read."""
    waiting, deadline = set(since), time.monotonic() + wait_s
    with progress_bar("read again", len(since)) as bar:
        while waiting and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            view.refresh()
            for one in tuple(waiting):
                row = view.row(one)
                if view.version(one) != since[one] and (row is None or row.hint is None):
                    waiting.discard(one)
            bar.reach(len(since) - len(waiting))
    return waiting


def _status(row: ShipmentRow | None) -> str:
    return "" if row is None or row.facts is None else row.facts.status


def _told(record: Mapping[str, Any], dry_run: bool) -> str:
    before = record["before"] or "not known here"
    if dry_run:
        return f"{before}; it would be read again"
    if not record["read"]:
        return f"{before}; it is not read yet"
    if not record["now"]:
        return "Amazon does not give it"
    return f"{record['now']}, as before" if record["now"] == record["before"] else f"{before}, now {record['now']}"
