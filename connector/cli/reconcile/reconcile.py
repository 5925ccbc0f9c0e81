"""`connector reconcile stock|orders|returns`: what Amazon shows against what is known here, and mending it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from connector.cli.reconcile.amazon.calls import PacedAmazon
from connector.cli.reconcile.amazon.lists import WholeLists
from connector.cli.reconcile.listed.order_list import load_order_list
from connector.cli.reconcile.listed.report import tell_listed
from connector.cli.reconcile.orders import ORDER_SUBJECT
from connector.cli.reconcile.returns import RETURN_SUBJECT
from connector.cli.reconcile.session import Reconciled, Repair, reconcile_table
from connector.cli.reconcile.shown import Told, tell_counts, tell_reconciled
from connector.cli.reconcile.stock import StockReconcile
from connector.cli.reconcile.subject import TradeSubject
from connector.cli.reconcile.trade import Scope, TradeReconcile
from connector.cli.reconcile.view import TableView, open_view
from connector.cli.shared.broker import open_broker
from connector.cli.shared.merchants import known_merchant, known_place
from connector.cli.shared.screen import AsJson, Because, By, Form, chosen_form, remark
from connector.cli.shared.times import TIME_HELP, parse_time_ms
from connector.clock import now_ms
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.reconcile.listed_orders import compare_listed
from connector.errors import InputError
from connector.kafka.topics import DAY_MS
from connector.settings import Settings, load_settings
from connector.tables.ledger import LEDGER
from connector.tables.returns import RETURN_ROWS
from connector.tables.shipments import SHIPMENTS
from connector.tables.table import TableSpec

Row = TypeVar("Row")
Facts = TypeVar("Facts")

_Flow = Literal["orders", "returns"]

POLLS_MISSED, MARGIN_S = 3, 5.0
"""What changed at Amazon that recently may be on its way here: so many polls, and the time that lists lag."""

_Merchant = Annotated[str, typer.Option(help="A merchant_id of the merchants file.")]
_Location = Annotated[str, typer.Option(help="Only at this location, by Amazon's name.")]
_Rate = Annotated[
    float | None,
    typer.Option(help="Calls per second; a quarter of the merchant's limit of each operation where left out."),
]
_Repair = Annotated[bool, typer.Option("--repair", help="Have the workers mend what they can, and look again.")]
_WaitS = Annotated[float, typer.Option(help="Seconds that the workers have for --repair.")]
_AsCsv = Annotated[bool, typer.Option("--csv", help="Write CSV, a line for each drift.")]
_Counts = Annotated[bool, typer.Option("--counts", help="Say how many drifts of each kind there are, not which.")]

reconcile = typer.Typer()


@reconcile.command("stock")
def reconcile_stock(
    merchant: _Merchant,
    location: _Location = "",
    rate: _Rate = None,
    repair: _Repair = False,
    wait_s: _WaitS = 60,
    reason: Because = "",
    by: By = "",
    counts: _Counts = False,
    as_csv: _AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Compare the stock that Amazon shows with the ledger: sequence number and quantity of each SKU.

    A line for each drift, with what it means and the remedy. What differs is asked twice, and is none where an update
    of ours is on its way. --repair has the newest quantities sent again, as `connector inventory resend` does. Exit
    code 1 where a drift stands, or Amazon gave no answer.

    Example: connector reconcile stock --merchant A2EXAMPLE --location EXSB
    """
    settings, form = load_settings(), chosen_form(as_csv, as_json)
    known, location_id = known_place(settings, merchant, location)
    tasks: list[StockReconcile] = []

    def begin(_: Settings, amazon: PacedAmazon, view: TableView[LedgerRow]) -> StockReconcile:
        tasks.append(StockReconcile(known, view, amazon, location_id=location_id))
        return tasks[-1]

    result = reconcile_table(
        settings, known, LEDGER, begin, rate=rate, repair=Repair(wait_s, by, reason) if repair else None
    )
    for task in tasks:
        for place, skus in task.not_asked.items():
            remark(f"{skus} SKUs at {place} are left out: the merchants file lacks it, or switches its inventory off")
    _end(Told(merchant, "stock", "SKUs", splits=True), result, form, counts)


@reconcile.command("orders")
def reconcile_orders(
    merchant: _Merchant,
    location: _Location = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help=f"From when on what is over is looked at too: {TIME_HELP}.")
    ] = "-7d",
    rate: _Rate = None,
    repair: _Repair = False,
    wait_s: _WaitS = 60,
    reason: Because = "",
    by: By = "",
    counts: _Counts = False,
    as_csv: _AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Compare Amazon's shipments of every status with those known here: missing, outdated, unknown to Amazon.

    Open ones however old they are; of what is over, what changed since --since. --repair has what is missing or
    outdated read again, and told. Exit code 1 where a drift stands, or Amazon gave no answer.

    Example: connector reconcile orders --merchant A2EXAMPLE --since -2d
    """
    since_ms = parse_time_ms("--since", since)
    _trade(
        ORDER_SUBJECT,
        SHIPMENTS,
        Told(merchant, "orders", "shipments"),
        _Asked(
            location,
            since_ms,
            rate,
            Repair(wait_s, by, reason) if repair else None,
            chosen_form(as_csv, as_json),
            counts,
        ),
    )


@reconcile.command("returns")
def reconcile_returns(
    merchant: _Merchant,
    location: _Location = "",
    rate: _Rate = None,
    repair: _Repair = False,
    wait_s: _WaitS = 60,
    reason: Because = "",
    by: By = "",
    counts: _Counts = False,
    as_csv: _AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Compare Amazon's open returns with those known here: missing, outdated, unknown to Amazon.

    --repair has what is missing or outdated read again, and told. Exit code 1 where a drift stands, or Amazon gave no
    answer.

    Example: connector reconcile returns --merchant A2EXAMPLE
    """
    _trade(
        RETURN_SUBJECT,
        RETURN_ROWS,
        Told(merchant, "returns", "returns"),
        _Asked(location, 0, rate, Repair(wait_s, by, reason) if repair else None, chosen_form(as_csv, as_json), counts),
    )


@reconcile.command("report")
def reconcile_report(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or xlsx with a header; see below.")],
    merchant: _Merchant,
    status: Annotated[str, typer.Option(help="Of all lines, where the file has no such column.")] = "",
    as_csv: _AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Compare a list of Amazon's with what is known here, by order: missing here, pending there, shipped elsewhere.

    Columns by name, in any order: order id or shipment id; status, or --status; sku and warehouse id where there are
    such. Amazon's own names for them are known (amazon-order-id, fulfillment-center-id). Others are ignored. Asks
    neither Amazon nor a worker. Exit code 1 where an order differs.

    Example: connector reconcile report shipped.tsv --merchant A2EXAMPLE --status SHIPPED
    """
    settings, form = load_settings(), chosen_form(as_csv, as_json)
    known = known_merchant(settings, merchant)
    lines = load_order_list(file, status)
    with open_broker(settings) as broker, open_view(broker, SHIPMENTS, merchant) as view:
        shipments = [row.facts for row in view.rows.values() if row.facts is not None]
    names = {name for one in known.locations for name in (one.location_id, one.channel_location_id) if name}
    compared = compare_listed(lines, shipments, names)
    tell_listed(compared, form)
    if compared.findings:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Asked:
    location: str
    since_ms: int
    rate: float | None
    repair: Repair | None
    form: Form
    counts: bool


def _trade(subject: TradeSubject[Row, Facts], table: TableSpec[Row], told: Told, asked: _Asked) -> None:
    settings = load_settings()
    merchant, location_id = known_place(settings, told.merchant_id, asked.location)
    flow: _Flow = "orders" if table.name == SHIPMENTS.name else "returns"
    locations = [one.location_id for one in merchant.locations if merchant.flows(one, flow)]
    if not locations:
        raise InputError(f"{told.merchant_id}: the merchants file switches its {flow} off: none are told")
    kept_ms = settings.tables.finished_days * DAY_MS

    def begin(settings: Settings, amazon: PacedAmazon, view: TableView[Row]) -> TradeReconcile[Row, Facts]:
        by_flow_s = settings.polling.slow_interval_s if flow == "returns" else settings.polling.slowest_interval_s
        slowest_s = max(merchant.poll_interval_s, by_flow_s)
        scope = Scope(
            location_id=location_id,
            since_ms=max(asked.since_ms, now_ms() - kept_ms),
            grace_ms=round((POLLS_MISSED * slowest_s + settings.polling.lag_s + MARGIN_S) * 1000),
            kept_ms=kept_ms,
        )
        lists = WholeLists(amazon, locations)
        return TradeReconcile(subject, merchant, view, amazon=amazon, lists=lists, scope=scope)

    result = reconcile_table(settings, merchant, table, begin, rate=asked.rate, repair=asked.repair)
    _end(told, result, asked.form, asked.counts)


def _end(told: Told, result: Reconciled, form: Form, counts: bool) -> None:
    (tell_counts if counts else tell_reconciled)(told, result, form)
    if result.standing or result.found.unanswered:
        raise typer.Exit(1)
