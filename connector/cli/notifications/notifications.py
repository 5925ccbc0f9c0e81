"""`connector notifications subscribe|reprocess`: where Amazon sends them, and those that came, once more."""

import asyncio
import uuid
from contextlib import nullcontext
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from connector.cli.notifications.reprocess import Reprocess, spans_between
from connector.cli.shared.broker import open_broker
from connector.cli.shared.checks import client_for, queue_attributes
from connector.cli.shared.merchants import known_merchant, known_merchants
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import AsJson, Because, By, DryRun, progress_bar, remark, tell, tell_json
from connector.cli.shared.times import TIME_HELP, parse_time_ms
from connector.domain.outcomes import Accepted, Conflict, Outcome, Refused
from connector.errors import ConnectorError
from connector.foreign.aws import aws_fault
from connector.kafka.topics import NOTIFICATIONS
from connector.merchants import Merchant
from connector.settings import Settings, load_settings, require
from connector.smartconnect.client import SmartConnect

_PAUSE_S = 1.0  # the Notifications API allows a call a second

notifications = typer.Typer()


@notifications.command("subscribe")
def subscribe_merchants(
    merchant: Annotated[list[str] | None, typer.Option(help="Repeat it; all where none is named.")] = None,
    name: Annotated[str, typer.Option(help="Of the destination, where it must be made.")] = "smartconnect-connector",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have Amazon send shipment notifications to the queue of CONNECTOR_NOTIFICATIONS__QUEUE_URL. Safe to repeat.

    Makes the destination (one for the application) and a subscription for each merchant, where they are missing.

    Example: connector notifications subscribe --merchant A2EXAMPLE
    """
    settings = load_settings()
    require(settings, "smartconnect.client_id", "smartconnect.client_secret", "notifications.queue_url")
    chosen = known_merchants(settings, merchant)
    try:
        arn = queue_attributes(settings.notifications.queue_url)["QueueArn"]
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        raise ConnectorError(
            f"the queue can't be asked ({aws_fault(error)}); see CONNECTOR_NOTIFICATIONS__QUEUE_URL, AWS_*"
        ) from None
    told = asyncio.run(_subscribe(settings, chosen, arn, name, dry_run))
    if as_json:
        tell_json(told)
    else:
        tell(f"destination {arn}: {told['destination']}")
        for merchant_id, what in told["subscriptions"].items():
            tell(f"{merchant_id}: {what}")
    if told["failed"]:
        raise typer.Exit(1)


@notifications.command("reprocess")
def reprocess_notifications(
    merchant: Annotated[str, typer.Option(help="Only this merchant's; all where left out.")] = "",
    since: Annotated[str, typer.Option("--from", metavar="TIME", help=f"Saved since then: {TIME_HELP}.")] = "-1d",
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="Saved before then; now where left out.")] = "",
    shipment: Annotated[str, typer.Option(help="Only those that name this shipment.")] = "",
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give saved notifications to the workers again, though they have seen them: each shipment is read anew.

    For what was amiss when they came: a location that the merchants file lacked, a version with a fault. Safe to
    repeat: what differs from what was told is told, under ids of its own, and nothing else. What could not be used then
    is a dead letter: `connector dead-letters retry`. With `connector replay` ids that were seen are passed over.

    Example: connector notifications reprocess --merchant A2EXAMPLE --from -2h --dry-run
    """
    since_ms, until_ms = parse_time_ms("--from", since), parse_time_ms("--to", until) if until else None
    settings = load_settings()
    if merchant:
        known_merchant(settings, merchant)
    with open_broker(settings) as broker, broker.topic(NOTIFICATIONS.name) as reader:
        spans = spans_between(broker, reader, since_ms, until_ms, merchant)
        again = Reprocess(broker, uuid.uuid4().hex, merchant, shipment)
        batches = again.batches(reader, spans)
        what = " ".join(filter(None, (shipment, f"{since} to {until or 'now'}")))
        deed = Deed(action="notifications reprocess", merchant_id=merchant, subject=what, by=by, reason=reason)
        with (
            nullcontext() if dry_run else audited(broker, deed),
            progress_bar("notifications", sum(max(0, stop - start) for start, stop in spans.values())) as bar,
        ):
            for count in map(len, batches) if dry_run else broker.write(batches):
                bar.advance(count)
    if as_json:
        told = {"notifications": again.notifications, "shipments": len(again.shipments), "unread": again.unread}
        tell_json({**told, "dry_run": dry_run})
    else:
        would = "would be given" if dry_run else "are given"
        tell(f"{again.notifications} notifications of {len(again.shipments)} shipments {would} to the workers again")
    if again.unread:
        remark(f"{again.unread} records of {NOTIFICATIONS.name} can't be read, and are left out")


async def _subscribe(settings: Settings, chosen: list[Merchant], arn: str, name: str, dry_run: bool) -> dict[str, Any]:
    client = client_for(settings, chosen)
    try:
        found = [
            one for one in _value((await client.get_destinations()).outcome, "destinations") if one.queue_arn == arn
        ]
        destination_id, destination = (found[0].destination_id, "there already") if found else ("", "would be made")
        if not found and not dry_run:
            made = _value((await client.create_destination(name, arn)).outcome, f"destination {name}")
            destination_id, destination = made.destination_id, "made"
        subscriptions, failed = dict[str, str](), 0
        for merchant in chosen:
            await asyncio.sleep(_PAUSE_S)
            try:
                subscriptions[merchant.merchant_id] = await _one(client, merchant.merchant_id, destination_id, dry_run)
            except ConnectorError as error:
                subscriptions[merchant.merchant_id] = f"failed: {error}"
                failed += 1
        return {
            "queue": arn,
            "destination": destination,
            "subscriptions": subscriptions,
            "failed": failed,
            "dry_run": dry_run,
        }
    finally:
        await client.aclose()


async def _one(client: SmartConnect, merchant_id: str, destination_id: str, dry_run: bool) -> str:
    known = (await client.get_subscription(merchant_id)).outcome
    if isinstance(known, Accepted):
        if destination_id and known.value.destination_id not in ("", destination_id):
            return f"subscribed already, but to another destination ({known.value.destination_id}): delete that first"
        return "subscribed already"
    if not (isinstance(known, Refused) and known.answer.http_status == 404):
        _value(known, "subscription")
    if dry_run:
        return "would be subscribed"
    made = (await client.create_subscription(merchant_id, destination_id)).outcome
    if isinstance(made, Conflict):
        return "subscribed already"
    _value(made, "subscription")
    return "subscribed"


def _value(outcome: Outcome[Any], what: str) -> Any:
    if isinstance(outcome, Accepted):
        return outcome.value
    answer = outcome.answer
    said = " ".join(part for part in (f"HTTP {answer.http_status}", answer.code, answer.message) if part)
    raise ConnectorError(f"{what}: {said}; `connector merchants check` tells more")
