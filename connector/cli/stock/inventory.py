"""`connector inventory zero|restore|resend|forecast`: stop selling at once, go on from what the OMS said last; say it
again; tell how long it takes."""

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from connector.agents.merchants.controls import Controls, read_zeros
from connector.agents.merchants.waiting import HELD_TEXTS, held_because
from connector.cli.shared import table_changes
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.merchants import known_merchant, known_place
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.operators.control import Control, change_control
from connector.cli.shared.screen import AsJson, Because, By, DryRun, remark, tell, tell_json, user
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_controls, read_ledger
from connector.clock import now_ms
from connector.domain.inventory.commands import ResendStock
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.domain.inventory.zero import StockZero
from connector.errors import InputError
from connector.kafka.avro.records import to_record
from connector.merchants import Merchant
from connector.settings import load_settings
from connector.tables.ledger import key_parts

_Merchant = Annotated[str, typer.Option(help="A merchant_id of the merchants file.")]
_Location = Annotated[str, typer.Option(help="Only at this location, by Amazon's name.")]
_Sku = Annotated[str, typer.Option(help="Only this SKU, by Amazon's name.")]

inventory = typer.Typer()


@inventory.command("zero")
def zero_stock(
    merchant: _Merchant,
    reason: Annotated[str, typer.Option(help="Why; `connector status` shows it.")],
    location: _Location = "",
    sku: _Sku = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take stock off sale: 0 at Amazon for every SKU, before all other work of the merchant, as fast as its limit lets.

    In force on all workers within seconds, and after restarts, until `connector inventory restore`. What the OMS says
    meanwhile is kept and answered then. A SKU of which the OMS has said nothing yet is left alone until it does.

    Example: connector inventory zero --merchant A2EXAMPLE --location EXSB --reason "water in the warehouse"
    """
    settings = load_settings()
    known, location = known_place(settings, merchant, location)
    place = (location, sku)
    zero = StockZero(*place, by or user(), now_ms(), reason)
    with open_broker(settings) as broker:
        controls, rows = read_controls(broker), _rows(broker, merchant, zero)
        skus = [key for key, row in rows.items() if row.counts]
        if sku and not skus:
            raise InputError(f"--sku {sku}: the ledger has no stock of it; give Amazon's name, see `ledger export`")
        standing = [one for one in controls.zeros(merchant) if (one.location_id, one.sku) == place]
        if not standing and not dry_run:
            with audited(broker, _deed("zero", merchant, zero)):
                change_control(broker, merchant, lambda control: _with(control, zero))
    seconds = _seconds(known, len(skus))
    if as_json:
        told = {"merchant": merchant, "location": place[0], "sku": sku, "skus": len(skus), "seconds": seconds}
        tell_json(told | {"changed": not standing, "dry_run": dry_run})
    elif standing:
        (one,) = standing
        tell(f"{_named(merchant, one)}: off sale already, since {iso(one.at_ms)} by {one.by}: {one.reason}")
    else:
        would = "would go" if dry_run else "go"
        tell(f"{_named(merchant, zero)}: {len(skus)} SKUs {would} to 0, within {seconds} s of the limit's pace")
        tell("connector status tells how many are there; connector inventory restore brings them back")
    if len(rows) > len(skus):
        remark(f"{len(rows) - len(skus)} SKUs are left alone: only their sequence number is known, no quantity")
    _tell_held(known, controls, skus)


@inventory.command("restore")
def restore_stock(
    merchant: _Merchant,
    location: _Location = "",
    sku: _Sku = "",
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put stock on sale again: what the OMS's newest updates say, or the quantity before where none came.

    Without --location and --sku all of the merchant's; with them what was taken off sale by just these.

    Example: connector inventory restore --merchant A2EXAMPLE
    """
    settings = load_settings()
    known, location = known_place(settings, merchant, location)
    place = (location, sku)
    with open_broker(settings) as broker:
        controls = read_controls(broker)
        standing = controls.zeros(merchant)
        chosen = [one for one in standing if place in (("", ""), (one.location_id, one.sku))]
        if standing and not chosen:
            given = ", ".join(_named(merchant, one) for one in standing)
            raise InputError(f"just that was not taken off sale; off sale are: {given}")
        places = {(one.location_id, one.sku) for one in chosen}
        if chosen and not dry_run:
            with audited(broker, _deed("restore", merchant, StockZero(*place, by, 0, reason))):
                change_control(broker, merchant, lambda control: _without(control, places))
    if as_json:
        tell_json({"merchant": merchant, "restored": [to_record(one) for one in chosen], "dry_run": dry_run})
    elif not chosen:
        tell(f"{merchant}: nothing is off sale")
    for one in () if as_json else chosen:
        would = "would be" if dry_run else "is"
        tell(f"{_named(merchant, one)}: {would} on sale again, within seconds on all workers")
    if chosen:
        _tell_held(known, controls, [])


@inventory.command("resend")
def resend_stock(
    merchant: _Merchant,
    location: _Location = "",
    sku: _Sku = "",
    reason: Because = "",
    by: By = "",
    wait_s: table_changes.WaitS = 60,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send the newest quantities again, where Amazon shows others: each under the number that carried it.

    Amazon's answer decides, as it does after a crash: where it knows a higher number, the quantity goes out under the
    one after it. Fresh updates go first. Exit code 1 if the workers have not begun within --wait-s: then they do when
    they next run.

    Example: connector inventory resend --merchant A2EXAMPLE --sku SKU-1
    """
    settings = load_settings()
    known, location = known_place(settings, merchant, location)
    chosen = StockZero(location, sku, by, 0, reason)
    with open_broker(settings) as broker:
        ends, controls = table_changes.ledger_ends(broker), read_controls(broker)
        rows = _rows(broker, merchant, chosen)
        keys = sorted(key for key, row in rows.items() if row.counts)
        told: dict[str, Any] = {"merchant": merchant, "skus": len(keys), "dry_run": dry_run}
        if keys and not dry_run:
            with audited(broker, _deed("resend", merchant, chosen)):
                table_changes.ask_workers(broker, table_changes.asked_by_place(keys, ResendStock), by)
            told["begun"] = len(table_changes.wait_for_rows(broker, dict.fromkeys(keys, lambda _: True), ends, wait_s))
    if as_json:
        tell_json(told)
    else:
        would, count = "would be" if dry_run else "are", told.get("begun", len(keys))
        tell(f"{count} SKUs {would} sent again, within {_seconds(known, len(keys))} s of the limit's pace")
    _tell_held(known, controls, keys)
    table_changes.tell_late(0 if dry_run else len(keys) - told.get("begun", 0), wait_s)


@inventory.command("forecast")
def forecast_stock(
    merchant: _Merchant,
    skus: Annotated[int, typer.Option(min=0, help="So many SKUs that are to change now, besides those that wait.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Tell how long stock takes to reach Amazon at the limit: the SKUs that wait, and so many more.

    By the merchants file (limits, inventory_batch_size) and the ledger on Kafka. What nothing calls for (a pause, a
    location that is switched off) is not in it, and is said.

    Example: connector inventory forecast --merchant A2EXAMPLE --skus 1000
    """
    settings = load_settings()
    known = known_merchant(settings, merchant)
    with open_broker(settings) as broker:
        controls, rows = read_controls(broker), read_ledger(broker, merchant)
    told = stock_forecast(known, controls.paused(merchant), rows, skus)
    done_by = iso(now_ms() + told["seconds"] * 1000)
    if as_json:
        tell_json({"merchant": merchant} | told | {"done_by": done_by})
        return
    more = f" and {skus} more" if skus else ""
    pace = f"{told['calls_per_s']:g} calls a second with up to {told['skus_per_call']} SKUs each"
    tell(f"{merchant}: {told['backlog']} SKUs wait; they{more} take {told['seconds']} s at {pace}, until {done_by}")
    if told["held_back"]:
        remark(f"{told['held_back']} more SKUs wait though nothing calls for them; `connector status` says why")
    _tell_held(known, controls, [])


def stock_forecast(merchant: Merchant, is_paused: bool, rows: Mapping[str, LedgerRow], skus: int) -> dict[str, Any]:
    """`rows`: of this merchant, by ledger key. `skus`: how many change now, besides those that wait."""
    waiting = [key for key, row in rows.items() if row.phase is not Phase.SETTLED]
    called = [key for key in waiting if held_because(merchant, is_paused, key_parts(key)[1], "inventory") is None]
    return {
        "backlog": len(called),
        "held_back": len(waiting) - len(called),
        "skus": skus,
        "calls_per_s": merchant.limits.inventory.rate,
        "skus_per_call": merchant.inventory_batch_size,
        "seconds": _seconds(merchant, len(called) + skus),
    }


def _seconds(merchant: Merchant, skus: int) -> int:
    return math.ceil(skus / (merchant.limits.inventory.rate * merchant.inventory_batch_size))


def _rows(broker: Broker, merchant_id: str, zero: StockZero) -> dict[str, LedgerRow]:
    rows = read_ledger(broker, merchant_id)
    return {key: row for key, row in rows.items() if zero.covers(*key_parts(key)[1:])}


def _with(control: Control, zero: StockZero) -> Control:
    """Sorted, so that whichever of two operators was first makes no difference."""
    others = [one for one in read_zeros(control) if (one.location_id, one.sku) != (zero.location_id, zero.sku)]
    return _holding(control, [*others, zero])


def _without(control: Control, places: set[tuple[str, str]]) -> Control:
    return _holding(control, [one for one in read_zeros(control) if (one.location_id, one.sku) not in places])


def _holding(control: Control, zeros: Iterable[StockZero]) -> Mapping[str, Any]:
    by_place = sorted(zeros, key=lambda one: (one.location_id, one.sku))
    return {**control, "zeroed_stock": [to_record(zero) for zero in by_place]}


def _deed(verb: str, merchant_id: str, about: StockZero) -> Deed:
    place = " at ".join(one for one in (about.sku, about.location_id) if one)
    return Deed(action=f"inventory {verb}", merchant_id=merchant_id, subject=place, by=about.by, reason=about.reason)


def _named(merchant_id: str, zero: StockZero) -> str:
    sku = f"SKU {zero.sku}" if zero.sku else "all SKUs"
    return f"{merchant_id}, {sku} at {zero.location_id or 'all locations'}"


def _tell_held(merchant: Merchant, controls: Controls, keys: Iterable[str]) -> None:
    """Where nothing is sent yet, and why."""
    locations = {key_parts(key)[1] for key in keys} or {location.location_id for location in merchant.locations}
    paused = controls.paused(merchant.merchant_id)
    for location_id in sorted(locations):
        because = held_because(merchant, paused, location_id, "inventory")
        if because is not None:
            remark(f"at {location_id} nothing is sent until that is changed: {HELD_TEXTS[because]}")
