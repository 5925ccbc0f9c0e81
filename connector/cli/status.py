"""`connector status`: every merchant at a glance, from the workers or, where none answers, from the topics."""

from collections import defaultdict
from typing import Annotated, Any

import httpx
import typer

from connector.cli.shared.broker import open_broker
from connector.cli.shared.screen import AsJson, remark, tell_alerts, tell_json, tell_table
from connector.cli.shared.topic_state import read_alerts, read_ledger, read_pauses, read_shipment_rows
from connector.clock import now_ms
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.orders.row import ShipmentRow
from connector.errors import MerchantsError
from connector.merchants import Merchants, load_merchants
from connector.settings import Settings, load_settings
from connector.tables.ledger import key_parts
from connector.web.status import near_ship_by

_COLUMNS = ("merchant", "mode", "operation", "backlog", "oldest waiting", "limit used", "near ship-by", "suspended")
_TIMEOUT_S = 5.0


def status(
    worker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            envvar="CONNECTOR_WORKERS",
            help="A worker's web address; repeat it, or set CONNECTOR_WORKERS. One on this machine where left out.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Per merchant: mode, backlog, limit use, the oldest that waits, whether it is suspended and why.

    And how many shipments must be handed over within four hours, and a line for each alert that stands.
    Asks the workers; where none answers it reads the topics, which know no limit use and no suspension.
    Exit code 1 if a worker named does not answer.

    Example: connector status --worker http://worker-1:6066 --worker http://worker-2:6066
    """
    settings = load_settings()
    urls = worker or [f"http://{settings.web.host}:{settings.web.port}"]
    answers, silent = [], []
    for url in urls:
        try:
            answers.append(httpx.get(f"{url.rstrip('/')}/status", timeout=_TIMEOUT_S).raise_for_status().json())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            silent.append(url)
            remark(f"{url} does not answer ({type(error).__name__})")
    if answers:
        merchants = [merchant | {"worker": answer["worker"]} for answer in answers for merchant in answer["merchants"]]
    else:
        merchants = _from_topics(settings, load_merchants(settings.merchants_file))
    if answers and (elsewhere := _unheard_of(settings, merchants)):
        remark(f"no worker that was asked has {', '.join(sorted(elsewhere.by_id))}: the topics tell of them")
        merchants += _from_topics(settings, elsewhere)
    merchants.sort(key=lambda merchant: str(merchant["merchant_id"]))
    source = "workers" if answers else "topics"
    if as_json:
        tell_json({"source": source, "silent_workers": silent, "merchants": merchants})
    else:
        if not answers:
            remark("no worker answers: this is what the topics say")
        tell_table(_COLUMNS, [row for merchant in merchants for row in _rows(merchant)])
        if alerts := [alert for merchant in merchants for alert in merchant["alerts"]]:
            tell_alerts(alerts)
    for refused in {answer["merchants_file_refused"] for answer in answers} - {None}:
        remark(f"the merchants file is refused, an older version is in force: {refused}")
    if worker and silent:
        raise typer.Exit(1)


def _rows(merchant: dict[str, Any]) -> list[tuple[object, ...]]:
    mode = merchant["mode"]
    if merchant["paused"]:
        mode += f", paused{': ' * bool(merchant['paused_because'])}{merchant['paused_because']}"
    suspended = {None: "?", False: "no", True: f"yes: {merchant['suspended_because']}"}[merchant["suspended"]]
    lanes = merchant["lanes"] or {"-": {"backlog": "", "oldest_waiting_s": None, "limit_used": None}}
    return [
        (
            merchant["merchant_id"],
            mode,
            operation,
            lane["backlog"],
            "" if lane["oldest_waiting_s"] is None else f"{lane['oldest_waiting_s']:.0f} s",
            "" if lane["limit_used"] is None else f"{lane['limit_used']:.0%}",
            merchant["near_ship_by"],
            suspended,
        )
        for operation, lane in sorted(lanes.items())
    ]


def _unheard_of(settings: Settings, heard: list[dict[str, Any]]) -> Merchants:
    """Merchants of the file, where there is one on this machine, whose worker was not asked or did not answer."""
    try:
        merchants = load_merchants(settings.merchants_file)
    except MerchantsError:
        return Merchants({})
    known = {merchant["merchant_id"] for merchant in heard}
    return Merchants({merchant_id: one for merchant_id, one in merchants.by_id.items() if merchant_id not in known})


def _from_topics(settings: Settings, merchants: Merchants) -> list[dict[str, Any]]:
    waiting: dict[str, list[LedgerRow]] = defaultdict(list)
    shipments: dict[str, list[ShipmentRow]] = defaultdict(list)
    alerts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with open_broker(settings) as broker:
        for shipment in read_shipment_rows(broker):
            shipments[shipment.merchant_id].append(shipment)
        for alert in read_alerts(broker):
            alerts[alert["merchant_id"]].append(alert)
        pauses = read_pauses(broker)
        for key, row in read_ledger(broker).items():
            if row.phase is not Phase.SETTLED:
                waiting[key_parts(key)[0]].append(row)
    return [
        {
            "merchant_id": merchant.merchant_id,
            "mode": merchant.mode,
            "paused": merchant.merchant_id in pauses,
            "paused_because": pauses.get(merchant.merchant_id, ""),
            "suspended": None,
            "suspended_because": "",
            "near_ship_by": near_ship_by(shipments[merchant.merchant_id], now_ms()),
            "lanes": {"inventory": _lane(waiting[merchant.merchant_id])},
            "alerts": alerts[merchant.merchant_id],
            "worker": None,
        }
        for merchant in merchants
    ]


def _lane(rows: list[LedgerRow]) -> dict[str, Any]:
    since_ms = min((row.origin.since_ms for row in rows), default=None)
    return {
        "backlog": len(rows),
        "oldest_waiting_s": None if since_ms is None else round(max(0, now_ms() - since_ms) / 1000, 1),
        "limit_per_s": None,
        "limit_used": None,
    }
