"""`connector alerts list|retry`: what a person should look at."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from connector.agents.issuer import internal_command_record
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.operators.audit import Deed, audited, only_one
from connector.cli.shared.screen import AsJson, Because, By, DryRun, remark, tell, tell_alerts, tell_json, user
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_alerts
from connector.clock import now_ms
from connector.domain.alerts import AlertKind
from connector.domain.ids import stable_id
from connector.domain.internal_commands import RetryParked
from connector.errors import InputError
from connector.kafka.producer import OutRecord
from connector.kafka.topics import INTERNAL_COMMANDS
from connector.settings import load_settings

RETRIED = frozenset(
    {
        AlertKind.SKU_PARKED,
        AlertKind.SKU_CONTESTED,
        AlertKind.SHIPMENT_PARKED,
        AlertKind.RETURN_PARKED,
        AlertKind.LIST_PARKED,
    }
)

_Owner = Annotated[str, typer.Option("--merchant", help="Only this merchant's.")]
_Kind = Annotated[str, typer.Option("--kind", help="Only these: SKU_PARKED, SKU_CONTESTED, ...")]
_Subject = Annotated[str, typer.Option("--subject", help="Only of this SKU, shipment, return, list or location.")]

_Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="As `list` shows them, or how they begin.")]

alerts = typer.Typer()


@alerts.command("list")
def list_alerts(merchant: _Owner = "", kind: _Kind = "", subject: _Subject = "", as_json: AsJson = False) -> None:
    """List what stands: raised, and not ended yet.

    Example: connector alerts list --merchant A2EXAMPLE
    """
    with open_broker(load_settings()) as broker:
        found = _standing(broker, merchant, kind, subject)
    if as_json:
        tell_json([alert | {"since": iso(alert["since"])} for alert in found])
        return
    tell_alerts(found)
    remark(f"{len(found)} alerts")


@alerts.command("retry")
def retry_parked(
    ids: _Ids = None,
    merchant: _Owner = "",
    kind: _Kind = "",
    subject: _Subject = "",
    everything: Annotated[bool, typer.Option("--all", help="Every one; needed where nothing else chooses.")] = False,
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have what is parked tried again at once, once its cause is corrected.

    Carried out within seconds by the merchant's worker; the alert ends when it goes well.

    Example: connector alerts retry --merchant A2EXAMPLE --kind SKU_PARKED
    """
    if not (ids or merchant or kind or subject or everything):
        raise InputError("say which: give ids, --merchant, --kind or --subject, or --all")
    with open_broker(load_settings()) as broker:
        standing = _standing(broker, merchant, kind, subject)
        for given in ids or ():
            if not any(alert["alert_id"].startswith(given) for alert in standing):
                raise InputError(f"id {given}: no such alert stands; see `connector alerts list`")
        chosen = [alert for alert in standing if not ids or alert["alert_id"].startswith(tuple(ids))]
        retried = [alert for alert in chosen if alert["kind"] in RETRIED]
        if retried and not dry_run:
            with audited(broker, _deed(retried, by, reason)):
                broker.write_all(list(_commands(broker, retried, by or user())))
    if as_json:
        tell_json({"retried": [alert["alert_id"] for alert in retried], "dry_run": dry_run})
    else:
        tell(f"{len(retried)} {'would be' if dry_run else 'are'} tried again")
    if len(retried) < len(chosen):
        remark(f"{len(chosen) - len(retried)} are nothing that can be tried again: see their remedies")


def _standing(broker: Broker, merchant: str, kind: str, subject: str) -> list[dict[str, Any]]:
    asked = {"merchant_id": merchant, "kind": kind, "subject": subject}
    return [
        alert
        for alert in read_alerts(broker)
        if all(not value or alert[name] == value for name, value in asked.items())
    ]


def _deed(retried: Sequence[dict[str, Any]], by: str, reason: str) -> Deed:
    subject = " ".join(f"{alert['kind']} {alert['subject']}" for alert in retried)
    owner = only_one(alert["merchant_id"] for alert in retried)
    return Deed(action="alerts retry", merchant_id=owner, subject=subject, by=by, reason=reason)


def _commands(broker: Broker, chosen: Sequence[dict[str, Any]], by: str) -> Iterator[OutRecord]:
    now = now_ms()
    subjects = dict.fromkeys((alert["merchant_id"], alert["kind"], alert["subject"]) for alert in chosen)
    for merchant_id, kind, subject in subjects:
        command_id = stable_id("retry", merchant_id, kind, subject, by, now)
        record = internal_command_record(command_id, merchant_id, RetryParked(kind, subject), now, by)
        key, value = merchant_id.encode(), broker.encode(INTERNAL_COMMANDS.name, record)
        yield OutRecord(INTERNAL_COMMANDS.name, broker.home(key), key, value)
