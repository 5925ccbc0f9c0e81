"""`connector ledger seed|forget|export`: sequence numbers in and out, and times that are believed no more."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.agents.issuer import KEYS_PER_COMMAND
from connector.cli.shared.broker import open_broker
from connector.cli.shared.merchants import known_merchant
from connector.cli.shared.operators.audit import Deed, audited, only_one
from connector.cli.shared.screen import AsJson, Because, By, DryRun, remark, tell, tell_csv, tell_json
from connector.cli.shared.table_changes import (
    AskedChange,
    Expected,
    WaitS,
    ask_workers,
    asked_by_place,
    ledger_ends,
    tell_late,
    wait_for_rows,
)
from connector.cli.shared.topic_state import read_ledger
from connector.cli.stock.seed_file import SEED_COLUMNS, LedgerSeed, read_seed_file, seeds_to_send
from connector.clock import now_ms
from connector.domain.inventory.commands import ForgetTimes, SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import LedgerRow
from connector.errors import InputError
from connector.merchants import load_merchants
from connector.settings import load_settings
from connector.tables.ledger import key_parts

ledger = typer.Typer()


@ledger.command("seed")
def seed_ledger(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with the columns merchant, location, sku, sequence.")],
    force: Annotated[bool, typer.Option("--force", help="Also take numbers below those of the ledger.")] = False,
    wait_s: WaitS = 60,
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say which sequence numbers Amazon knows; each SKU's next update goes out with the number after it.

    The file is checked whole before anything is written. `location` is Amazon's. The workers take the numbers over;
    exit code 1 if they have not within --wait-s: then they do when they next run. With --force a number may go back,
    but not below one that the connector has sent: a number never carries two quantities.

    Example: connector ledger seed sequences.csv
    """
    settings = load_settings()
    rows = read_seed_file(file, load_merchants(settings.merchants_file))
    with open_broker(settings) as broker:
        ends = ledger_ends(broker)
        seeds = seeds_to_send(file, rows, read_ledger(broker), force)
        already = len(rows) - len(seeds)
        told: dict[str, Any] = {"rows": len(rows), "to_seed": len(seeds), "already": already, "dry_run": dry_run}
        if not dry_run and seeds:
            with audited(broker, _deed("seed", [item.key for item in seeds], f"of {file.name}", by, reason)):
                ask_workers(broker, list(_seed_commands(seeds)), by)
            taken = wait_for_rows(broker, {item.key: _taken_over(item) for item in seeds}, ends, wait_s)
            kept = sum(taken[item.key].sequence >= item.known > item.sequence for item in seeds if item.key in taken)
            told |= {"applied": len(taken)} | ({"kept": kept} if kept else {})
    if as_json:
        tell_json(told)
    elif dry_run:
        tell(f"{len(seeds)} sequence numbers would be set; {already} are in the ledger already")
    else:
        tell(f"{told.get('applied', 0)} sequence numbers are in the ledger; {already} were already")
    if told.get("kept"):
        remark(f"{told['kept']} did not go back so far: a number that was sent carries no other quantity")
    tell_late(0 if dry_run else len(seeds) - told.get("applied", 0), wait_s)


@ledger.command("forget")
def forget_times_of_skus(
    merchant: Annotated[str, typer.Option(help="Only this merchant's.")] = "",
    location: Annotated[str, typer.Option(help="Only at this location, by Amazon's name.")] = "",
    sku: Annotated[str, typer.Option(help="Only this SKU, by Amazon's name.")] = "",
    future: Annotated[bool, typer.Option("--future", help="Only SKUs whose known time is ahead of the clock.")] = False,
    wait_s: WaitS = 60,
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Forget when SKUs were last counted, so that the next update of each counts whatever its time.

    For SKUs that an update with a time in the future had frozen: all later ones were SUPERSEDED. Their quantities and
    sequence numbers stay. Exit code 1 if the workers have not carried it out within --wait-s: then they do when they
    next run.

    Example: connector ledger forget --future --dry-run
    """
    settings = load_settings()
    if not (merchant or location or sku or future):
        raise InputError("say which: --merchant, --location, --sku or --future")
    found = known_merchant(settings, merchant).location(location) if merchant else None
    if found is not None:  # keys have the first of its two names
        location = found.location_id
    latest_ms = now_ms() + round(settings.inventory.future_tolerance_s * 1000)
    with open_broker(settings) as broker:
        ends = ledger_ends(broker)
        chosen = {
            key: row
            for key, row in sorted(read_ledger(broker).items())
            if all(
                not asked or asked == part
                for asked, part in zip((merchant, location, sku), key_parts(key), strict=True)
            )
            and any(count.occurred_at_ms > (latest_ms if future else 0) for count in row.counts.values())
        }
        told: dict[str, Any] = {"skus": len(chosen), "dry_run": dry_run}
        if not dry_run and chosen:
            with audited(broker, _deed("forget", chosen, " ".join(filter(None, (location, sku))), by, reason)):
                ask_workers(broker, asked_by_place(chosen, ForgetTimes), by)
            expected = {key: _forgotten(row) for key, row in chosen.items()}
            told["applied"] = len(wait_for_rows(broker, expected, ends, wait_s))
    if as_json:
        tell_json(told)
    else:
        would = "would be" if dry_run else "are"
        tell(f"the times of {told.get('applied', len(chosen))} SKUs {would} forgotten")
    tell_late(0 if dry_run else len(chosen) - told.get("applied", 0), wait_s)


@ledger.command("export")
def export_ledger(
    merchant: Annotated[str, typer.Option(help="Only this merchant.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the ledger to stdout as CSV (which `ledger seed` reads), or as JSON.

    In CSV a SKU that a spreadsheet would take for a formula begins with a quote; `ledger seed` takes it away again.
    The quantity of a SKU that was seeded, and of which the OMS has said nothing yet, is empty: nobody here knows it.

    Example: connector ledger export --merchant A2EXAMPLE > sequences.csv
    """
    settings = load_settings()
    with open_broker(settings) as broker:
        found = read_ledger(broker)
    rows = [exported(key, row) for key, row in sorted(found.items())]
    rows = [row for row in rows if not merchant or row["merchant"] == merchant]
    if as_json:
        tell_json(rows)
        return
    tell_csv([(*SEED_COLUMNS, "quantity", "state", "contested"), *(tuple(row.values()) for row in rows)])


def _deed(verb: str, keys: Collection[str], what: str, by: str, reason: str) -> Deed:
    owner = only_one(key_parts(key)[0] for key in keys)
    return Deed(
        action=f"ledger {verb}", merchant_id=owner, subject=f"{len(keys)} SKUs {what}".strip(), by=by, reason=reason
    )


def _seed_commands(items: Sequence[LedgerSeed]) -> Iterator[AskedChange]:
    def group(item: LedgerSeed) -> tuple[str, bool]:
        return key_parts(item.key)[0], item.sequence < item.known

    for (merchant_id, back), same in groupby(sorted(items, key=group), key=group):
        seeds = [SequenceSeed(*key_parts(item.key)[1:], item.sequence, item.known) for item in same]
        for begin in range(0, len(seeds), KEYS_PER_COMMAND):
            part = tuple(seeds[begin : begin + KEYS_PER_COMMAND])
            yield merchant_id, SeedSequences(part, forced=back), len(part)


def _taken_over(item: LedgerSeed) -> Expected:
    """Back: whatever the worker wrote of it, for it may know better how far that goes."""
    return lambda row: row.sequence >= item.sequence or item.sequence < item.known


def _forgotten(was: LedgerRow) -> Expected:
    times = {name: count.occurred_at_ms for name, count in was.counts.items()}
    return lambda row: all(row.counts[name].occurred_at_ms != at_ms for name, at_ms in times.items() if at_ms)


def exported(key: str, row: LedgerRow) -> dict[str, Any]:
    merchant_id, location_id, sku = key_parts(key)
    return {
        "merchant": merchant_id,
        "location": location_id,
        "sku": sku,
        "sequence": row.sequence,
        "quantity": row.quantity if row.counts else None,
        "state": str(row.phase),
        "contested": row.contested,
    }
