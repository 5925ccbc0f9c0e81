"""What `connector merchants check` asks of Amazon and AWS, and what each answer means."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, assert_never

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connector.domain.inventory.requests import FetchInventory
from connector.domain.outcomes import (
    Accepted,
    Conflict,
    Forbidden,
    Outcome,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
    Unknown,
)
from connector.foreign.aws import aws_fault
from connector.merchants import Merchant
from connector.settings import Settings
from connector.smartconnect.caller import CallReport
from connector.smartconnect.client import SmartConnect, connect
from connector.smartconnect.refresh_tokens import refresh_token

_AMAZON_ACCOUNT = "437568002678"  # sends notifications: developer-docs.amazon.com, "Set up notifications (SQS)"
_UNKNOWN_SKU = "CONNECTOR-CHECK"  # asked for, never posted: any answer to it proves the access
_PAUSE_S = 0.3  # well below every published limit

_CONSENT = "`connector onboard url`, by the primary user of the seller account with this merchant token"


@dataclass(frozen=True, slots=True)
class Check:
    """`refused`: Amazon denied the access itself."""

    merchant_id: str
    what: str
    ok: bool
    message: str
    refused: bool = False


def client_for(settings: Settings, merchants: Sequence[Merchant]) -> SmartConnect:
    """Beside the workers: no limit paces it. Call it inside the running loop."""
    by_id = {merchant.merchant_id: merchant for merchant in merchants}
    return connect(
        settings.smartconnect,
        refresh_tokens=lambda merchant_id: refresh_token(by_id[merchant_id]),
        gate=lambda: True,
    )


async def check_merchant(settings: Settings, merchant: Merchant) -> list[Check]:
    client = client_for(settings, [merchant])
    try:
        return _judged(await _reads(client, settings, merchant))
    finally:
        await client.aclose()


async def _reads(client: SmartConnect, settings: Settings, merchant: Merchant) -> list[Check]:
    merchant_id, checks = merchant.merchant_id, list[Check]()

    async def look(what: str, call: Callable[[], Awaitable[CallReport[Any]]], refused_remedy: str) -> Outcome[Any]:
        await asyncio.sleep(_PAUSE_S)
        outcome: Outcome[Any] = (await call()).outcome
        if isinstance(outcome, Unavailable) and outcome.answer.http_status in (401, 403):
            # It was the token's fault, perhaps: the next call has another, and that one's answer is believed
            await asyncio.sleep(_PAUSE_S)
            outcome = (await call()).outcome
        checks.append(_check(merchant_id, what, outcome, refused_remedy))
        return outcome

    for location in merchant.locations:
        remedy = "compare the location_id with what Amazon handed over for this merchant"
        what = f"shipments API, location {location.location_id}"
        call = partial(client.get_shipments, merchant_id, "ACCEPTED", location_id=location.location_id, max_results=1)
        outcome = await look(what, call, remedy)
        if isinstance(outcome, Unauthorized) and not outcome.sent:
            return [Check(merchant_id, "token", False, outcome.answer.message, refused=True)]
    named = merchant.locations[0]
    fetch = FetchInventory(named.location_id, _UNKNOWN_SKU, named.channel_name, merchant.marketplace_of(named))
    await look("inventory API", partial(client.batch_inventory, merchant_id, [fetch]), "see the code")
    await look("returns API", partial(client.list_returns, merchant_id, max_results=1), "see the code")
    if settings.notifications.queue_url:
        subscription = partial(client.get_subscription, merchant_id)
        await look("subscription", subscription, "there is none: run `connector notifications subscribe`")
    return [Check(merchant_id, "token", True, "Amazon gave an access token"), *checks]


def _check(merchant_id: str, what: str, outcome: Outcome[Any], refused_remedy: str) -> Check:
    answer = outcome.answer
    said = " ".join(part for part in (f"HTTP {answer.http_status}", answer.code, answer.message) if part)
    match outcome:
        case Accepted():
            return Check(merchant_id, what, True, "it answers")
        case Unauthorized() | Forbidden():
            return Check(merchant_id, what, False, said, refused=True)
        case Throttled():
            return Check(merchant_id, what, True, "it answers, if only that the limit is used up")
        case Refused():
            return Check(merchant_id, what, False, f"{said}; {refused_remedy}")
        case Unavailable() | Conflict() | Unknown():
            return Check(merchant_id, what, False, f"{said}; try again, or see CONNECTOR_SMARTCONNECT__BASE_URL")
        case _:
            assert_never(outcome)


def _judged(checks: Sequence[Check]) -> list[Check]:
    """Refused everywhere: not authorised. Refused by one API while others answer: not enrolled for that one."""
    apis = [check for check in checks if check.what != "token"]
    remedy = (
        f"not authorised: have the seller consent again ({_CONSENT})"
        if all(check.refused for check in apis)
        else "not enrolled: other APIs answer, so ask Amazon to enrol this seller and application for this one"
    )
    return [replace(c, message=f"{c.message}; {remedy}") if c.refused and c.what != "token" else c for c in checks]


def check_queue(settings: Settings) -> list[Check]:
    """The queue exists, and Amazon may write to it. Blocks."""
    url = settings.notifications.queue_url
    if not url:
        return [Check("", "queue", True, "no queue is set (CONNECTOR_NOTIFICATIONS__QUEUE_URL): polling only")]
    try:
        policy = json.loads(queue_attributes(url).get("Policy") or "{}")
    except (BotoCoreError, ClientError, ValueError) as error:
        return [
            Check("", "queue", False, f"{aws_fault(error)}; see CONNECTOR_NOTIFICATIONS__QUEUE_URL and the AWS_* ones")
        ]
    if _AMAZON_ACCOUNT not in json.dumps(policy):
        remedy = f"allow account {_AMAZON_ACCOUNT} sqs:SendMessage and sqs:GetQueueAttributes, or nothing arrives"
        return [Check("", "queue", False, f"its policy does not name Amazon: {remedy}")]
    return [Check("", "queue", True, "it exists, and Amazon may write to it")]


def queue_attributes(url: str) -> dict[str, str]:
    """Raises BotoCoreError, ClientError. Blocks."""
    import boto3  # slow to import: not for the commands that ask no queue

    sqs = boto3.client("sqs", config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2}))
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "Policy"])
    return {str(name): value for name, value in found.get("Attributes", {}).items()}
