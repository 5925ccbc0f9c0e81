"""`connector merchants check|pause|resume`."""

import asyncio
from typing import Annotated

import typer

from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.checks import Check, check_merchant, check_queue
from connector.cli.shared.merchants import known_merchant, known_merchants, unread_in_dotenv
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.operators.control import Control, change_control, control_of
from connector.cli.shared.screen import AsJson, Because, By, DryRun, remark, tell, tell_json, user
from connector.clock import now_ms
from connector.kafka.avro.codec import BadRecord
from connector.merchants import load_merchants
from connector.settings import load_settings, require

_MerchantId = Annotated[str, typer.Argument(help="A merchant_id of the merchants file.")]

_STILL_ON_SALE = "the stock that Amazon was told last stays on sale; to stop selling it: connector inventory zero"

merchants = typer.Typer()


@merchants.command("check")
def check_merchants(
    merchant: Annotated[list[str] | None, typer.Argument(help="merchant_ids; all where none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check access to Amazon: token, one harmless read per API and location, subscription and queue.

    A line each, with the remedy where it fails; exit code 1 if anything does. Calls a merchant's APIs a few times,
    beside the workers' limits.

    Example: connector merchants check A2EXAMPLE
    """
    settings = load_settings()
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    chosen = known_merchants(settings, merchant)
    for unread in unread_in_dotenv(load_merchants(settings.merchants_file)):
        remark(unread)

    async def run() -> list[Check]:
        checks = [found for one in chosen for found in await check_merchant(settings, one)]
        return [*checks, *await asyncio.to_thread(check_queue, settings)]

    checks = asyncio.run(run())
    if as_json:
        tell_json([{"merchant": c.merchant_id, "what": c.what, "ok": c.ok, "message": c.message} for c in checks])
    else:
        for found in checks:
            tell(f"{'ok  ' if found.ok else 'FAIL'} {found.merchant_id or '-'} {found.what}: {found.message}")
    if not all(found.ok for found in checks):
        raise typer.Exit(1)


@merchants.command("pause")
def pause_merchant(
    merchant: _MerchantId,
    reason: Annotated[str, typer.Option(help="Why; `connector status` shows it.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Change nothing more at Amazon for a merchant; what the OMS writes waits, orders and returns are read on.

    The stock that Amazon was told last stays on sale, and orders of it come: `connector inventory zero` stops that.
    In force on all workers within seconds, and after restarts, until `connector merchants resume`.

    Example: connector merchants pause A2EXAMPLE --reason "stock count"
    """
    _set(Deed(action="merchants pause", merchant_id=merchant, by=by, reason=reason), True, dry_run, as_json)


@merchants.command("resume")
def resume_merchant(
    merchant: _MerchantId, reason: Because = "", by: By = "", dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Let a paused merchant go on.

    Example: connector merchants resume A2EXAMPLE
    """
    _set(Deed(action="merchants resume", merchant_id=merchant, by=by, reason=reason), False, dry_run, as_json)


def _set(deed: Deed, paused: bool, dry_run: bool, as_json: bool) -> None:
    settings, merchant = load_settings(), deed.merchant_id
    known_merchant(settings, merchant)
    said = {"paused": paused, "by": deed.by or user(), "at": now_ms(), "reason": deed.reason if paused else ""}

    def change(control: Control) -> Control:
        return control if control["paused"] is paused else {**control, **said}

    with open_broker(settings) as broker:
        was = _is_paused(broker, merchant)
        if was is not paused and not dry_run:
            with audited(broker, deed):
                change_control(broker, merchant, change)
    if paused:
        remark(_STILL_ON_SALE)
    if as_json:
        tell_json({"merchant": merchant, "paused": was if dry_run else paused, "changed": was is not paused})
        return
    state = "paused" if paused else "running"
    if was is paused:
        tell(f"{merchant} is {state} already")
    else:
        tell(f"{merchant} would be {state}" if dry_run else f"{merchant} is {state}, within seconds on all workers")


def _is_paused(broker: Broker, merchant: str) -> bool | None:
    """None where its record can't be read: then either is to be said anew."""
    try:
        return bool(control_of(broker, merchant)["paused"])
    except BadRecord:
        return None
