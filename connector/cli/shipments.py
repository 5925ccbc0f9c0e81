"""`connector shipments list`: which are still to be handed over, what they wait for, and which will be late."""

from typing import Annotated, Any

import typer

from connector.agents.merchants.lateness.pending import pending_records
from connector.cli.shared.broker import open_broker
from connector.cli.shared.screen import AsJson, remark, tell_csv, tell_json, tell_table
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_controls, read_shipment_rows
from connector.clock import now_ms
from connector.errors import InputError
from connector.merchants import load_merchants
from connector.settings import load_settings

_COLUMNS = ("merchant", "shipment", "order", "location", "status", "since", "ship-by", "pickup ends", "done by", "late")

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


def _shown(record: dict[str, Any]) -> dict[str, str]:
    times = {name: iso(record[name]) for name in ("since", "ship_by", "pickup_ends", "done_by")}
    texts = {name: str(record[name]) for name in ("merchant_id", "shipment_id", "order_id", "location_id", "status")}
    return texts | times | {"late": " ".join(record["late"])}
