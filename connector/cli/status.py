"""`connector status`: every merchant at a glance, from the workers or, where none answers, from the topics."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import httpx
import typer

from connector.agents.merchants.lateness.count import file_pace
from connector.agents.merchants.lateness.told import late_lines
from connector.agents.merchants.waiting import Waiting
from connector.cli.shared.broker import open_broker
from connector.cli.shared.merchants import merchants_here
from connector.cli.shared.screen import AsJson, remark, tell, tell_alerts, tell_json, tell_table
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_alerts, read_controls, read_ledger, read_shipment_rows
from connector.clock import now_ms
from connector.domain.alerts import NO_MERCHANT
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.errors import ConnectorError, InputError
from connector.kafka.connection.faults import kafka_faults_told
from connector.kafka.connection.reach import reach_kafka
from connector.kafka.members import group_members
from connector.merchants import Merchants, load_merchants
from connector.settings import WORKERS, Settings, load_settings
from connector.settings.addresses import without_user
from connector.settings.variables import read_variables
from connector.tables.ledger import key_parts
from connector.web.status import merchant_status, stranger

_COLUMNS = (
    *("merchant", "mode", "operation", "backlog", "oldest", "used", "ship-by", "suspended"),
    "nothing calls, because",
)
_UNTOLD = "limit use, suspensions and lanes but inventory's are missing"
_MOST_AT_ONCE = 16
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)  # of 10,000 merchants it takes a worker seconds to tell


def status(
    worker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="A worker's web address; repeat it, or set CONNECTOR_WORKERS. All that Kafka knows where left out.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Per merchant: mode, backlog, limit use, the oldest that waits, whether it is suspended and why.

    Finds the workers through Kafka, and asks each. Also how many shipments must be handed over within four hours
    (ship-by), how many SKUs and shipments wait though nothing calls for them (paused, observed, switched off, not in
    the merchants file, too early to be packed), which shipments are late or will miss their cut-off at the pace that
    the limits allow, and a line for each alert that stands. Of partitions that no worker has, or a silent one, it reads
    the topics, which know no limit use and no suspension, and says so. Exit code 1 if a worker named
    does not answer.

    Example: connector status
    """
    settings = load_settings()
    named = worker or read_variables().values.get(WORKERS, "").split()
    if any("@" in url for url in named):
        raise InputError("--worker: give the URL without a user or password; a worker's web address asks for none")
    answers, silent = _ask(dict.fromkeys(named, "")) if named else _ask_all(settings)
    merchants = [merchant | {"worker": answer["worker"]} for answer in answers for merchant in answer["merchants"]]
    heard = frozenset(str(merchant["merchant_id"]) for merchant in merchants)
    alerts = {alert["alert_id"]: alert for answer in answers for alert in answer.get("alerts", ())}
    unheld = _unheld(answers)
    if not answers:
        merchants, alerts = _from_topics(settings, load_merchants(settings.merchants_file), heard)
    elif (known := merchants_here(settings)) and (unheld or known.by_id.keys() - heard):
        others, of_none = _from_topics(settings, known, heard)
        merchants, alerts = merchants + others, of_none | alerts
        remark(_said_by_topics(unheld, others))
    elif unheld:
        remark(f"no worker that was asked has {_numbered(unheld)}, and no merchants file is here: theirs is missing")
    merchants.sort(key=lambda merchant: str(merchant["merchant_id"]))
    source = "workers" if answers else "topics"
    if as_json:
        where = {"source": source, "silent_workers": silent, "partitions_unheld": unheld}
        tell_json(where | {"alerts": [*alerts.values()], "merchants": merchants})
    else:
        if not answers:
            remark(f"no worker answers: this is what the topics say; {_UNTOLD}")
        _tell(merchants, [*alerts.values()])
    for refused in {answer["merchants_file_refused"] for answer in answers} - {None}:
        remark(f"the merchants file is refused, an older version is in force: {refused}")
    if named and silent:
        raise typer.Exit(1)


def _ask_all(settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """As `_ask`, the workers that Kafka knows; where it does not answer, the one on this machine. Raises ConnectorError
    where nobody answers then."""
    try:
        with kafka_faults_told(settings.kafka.bootstrap_servers):
            members = group_members(reach_kafka(settings.kafka), settings.app_id)
    except ConnectorError as fault:
        answers, silent = _ask({f"http://{settings.web.host}:{settings.web.port}": ""})
        if not answers:
            raise
        remark(f"only the worker on this machine was asked, for Kafka does not say which there are: {fault}")
        return answers, silent
    for member in members:
        if not member.url:
            remark(f"{member.worker} runs an older version, which tells Kafka no web address: name it by --worker")
    return _ask({member.url: member.worker for member in members if member.url})


def _ask(workers: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[str]]:
    """What each says, and the addresses where none answers. `workers`: by address the name that is to answer; "": any.
    All at once, so that one that is frozen costs the others nothing."""
    with ThreadPoolExecutor(_MOST_AT_ONCE) as threads:
        told = [*threads.map(_status_of, workers, workers.values())]
    silent = []
    for url, answer in zip(workers, told, strict=True):
        if isinstance(answer, str):
            silent.append(without_user(url))
            remark(f"{silent[-1]} does not answer ({answer})")
    return [answer for answer in told if not isinstance(answer, str)], silent


def _status_of(url: str, worker: str) -> dict[str, Any] | str:
    """Why, where it has none."""
    try:
        answer = httpx.get(f"{url.rstrip('/')}/status", timeout=_TIMEOUT).raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return type(error).__name__
    return answer if worker in ("", answer["worker"]) else f"{answer['worker']} does, where {worker} should"


def _tell(merchants: Sequence[dict[str, Any]], of_none: Sequence[dict[str, Any]]) -> None:
    tell_table(_COLUMNS, [row for merchant in merchants for row in _rows(merchant)])
    for merchant in merchants:
        for line in (*_off_sale(merchant), *late_lines(merchant)):
            tell(line)
    if standing := [*of_none, *(alert for merchant in merchants for alert in merchant["alerts"])]:
        tell("")
        tell_alerts(standing)


def _rows(merchant: dict[str, Any]) -> list[tuple[object, ...]]:
    mode = merchant["mode"]
    if merchant["paused"]:
        mode += f", paused{': ' * bool(merchant['paused_because'])}{merchant['paused_because']}"
    suspended = f"yes: {merchant['suspended_because']}" if merchant["suspended"] else ""
    called = [
        (
            operation,
            lane["backlog"],
            "" if lane["oldest_waiting_s"] is None else f"{lane['oldest_waiting_s']:.0f} s",
            "" if lane["limit_used"] is None else f"{lane['limit_used']:.0%}",
            "",
        )
        for operation, lane in sorted(merchant["lanes"].items())
    ]
    held = [
        (f"{held['what']} {held['location_id']}".rstrip(), held["count"], "", "", held["why"])
        for held in merchant["held_back"]
    ]
    return [
        (merchant["merchant_id"], mode, *waits, merchant["near_ship_by"], suspended, because)
        for *waits, because in [*called, *held] or [("-", "", "", "", "")]
    ]


def _off_sale(merchant: Mapping[str, Any]) -> Iterator[str]:
    """A line for each word of an operator that holds stock at 0."""
    skus: Mapping[str, int] = merchant.get("zeroed_skus", {})
    far = f"{skus.get('at_zero', 0)} of {sum(skus.values())} SKUs are at 0"
    if refused := skus.get("refused", 0):
        far += f", of {refused} Amazon does not take it (connector.api-calls says why)"
    for zero in merchant.get("zeroed_stock", ()):
        where = f"{zero['sku'] or 'all SKUs'} at {zero['location_id'] or 'all locations'}"
        said = f"since {iso(zero['at'])} by {zero['by']}: {zero['reason']}"
        yield f"OFF SALE {merchant['merchant_id']}: {where} {said}; {far}"


def _unheld(answers: Sequence[Mapping[str, Any]]) -> list[int]:
    """The partitions that none of these workers has. (Workers of version 0.1 do not say how many there are.)"""
    count = max((answer.get("partition_count", 0) for answer in answers), default=0)
    return sorted(set(range(count)).difference(*(answer["partitions"] for answer in answers)))


def _said_by_topics(unheld: Sequence[int], merchants: Sequence[Mapping[str, Any]]) -> str:
    named = ", ".join(str(merchant["merchant_id"]) for merchant in merchants) or "no merchant"
    where = f" ({_numbered(unheld)})" if unheld else ""
    return f"no worker that was asked has {named}{where}: the topics tell of them; {_UNTOLD}"


def _numbered(partitions: Sequence[int]) -> str:
    return f"partition{'s' * (len(partitions) > 1)} {', '.join(map(str, partitions))}"


def _from_topics(
    settings: Settings, merchants: Merchants, heard: frozenset[str]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """All merchants but those that a worker told of, and the alerts that concern none, by id."""
    unsettled: dict[str, list[LedgerRow]] = defaultdict(list)
    alerts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with open_broker(settings) as broker:
        shipments, controls, ledger = read_shipment_rows(broker), read_controls(broker), read_ledger(broker)
        for alert in read_alerts(broker):
            alerts[alert["merchant_id"]].append(alert)
    waiting = Waiting(merchants, controls.paused, now_ms())
    waiting.take_skus(ledger.items())
    waiting.take_shipments(shipments)
    waiting.late.forecast(file_pace(merchants))
    for key, row in ledger.items():
        if row.phase is not Phase.SETTLED:
            unsettled[key_parts(key)[0]].append(row)
    known = [
        merchant_status(
            merchant.merchant_id,
            merchant.mode,
            waiting,
            alerts[merchant.merchant_id],
            pause=controls.pause(merchant.merchant_id),
            zeros=controls.zeros(merchant.merchant_id),
            suspended=None,
            lanes={"inventory": _lane(unsettled[merchant.merchant_id])},
        )
        for merchant in merchants
        if merchant.merchant_id not in heard
    ]
    unknown = sorted(waiting.strangers - heard)
    told = [{"worker": None} | one for one in (*known, *(stranger(one, waiting, alerts[one]) for one in unknown))]
    return told, {alert["alert_id"]: alert for alert in alerts[NO_MERCHANT]}


def _lane(rows: list[LedgerRow]) -> dict[str, Any]:
    since_ms = min((row.origin.since_ms for row in rows), default=None)
    return {
        "backlog": len(rows),
        "oldest_waiting_s": None if since_ms is None else round(max(0, now_ms() - since_ms) / 1000, 1),
        "limit_per_s": None,
        "limit_used": None,
    }
