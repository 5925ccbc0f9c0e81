"""`connector ledger seed|export`: the sequence numbers that Amazon knows, brought in and written out."""

import csv
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.agents.issuer import internal_command_record
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.screen import AsJson, DryRun, progress_bar, remark, tell_json, user
from connector.cli.shared.seed_file import SEED_COLUMNS, LedgerSeed, read_seed_file, seeds_to_send
from connector.cli.shared.topic_state import decode_ledger_row, read_ledger
from connector.clock import now_ms
from connector.domain.ids import stable_id
from connector.domain.internal_commands import SeedSequences, SequenceSeed
from connector.domain.inventory.ledger import LedgerRow
from connector.kafka.producer import OutRecord
from connector.kafka.topics import INTERNAL_COMMANDS, changelog
from connector.merchants import load_merchants
from connector.settings import load_settings
from connector.tables.ledger import LEDGER, key_parts

_PER_RECORD = 500
ledger = typer.Typer()


@ledger.command("seed")
def seed_ledger(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with the columns merchant, location, sku, sequence.")],
    force: Annotated[bool, typer.Option("--force", help="Also take numbers below those of the ledger.")] = False,
    wait_s: Annotated[float, typer.Option(help="Seconds to wait for the workers to take the numbers over.")] = 60,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say which sequence numbers Amazon knows; each SKU's next update goes out with the number after it.

    The file is checked whole before anything is written. `location` is Amazon's. The workers take the numbers over;
    exit code 1 if they have not within --wait-s: then they do when they next run.

    Example: connector ledger seed sequences.csv
    """
    settings = load_settings()
    rows = read_seed_file(file, load_merchants(settings.merchants_file))
    with open_broker(settings) as broker:
        with broker.topic(changelog(settings.app_id, LEDGER.name)) as reader:
            ends = {number: stop for number, (_, stop) in reader.spans().items()}
        seeds = seeds_to_send(file, rows, read_ledger(broker), force)
        already = len(rows) - len(seeds)
        told: dict[str, Any] = {"rows": len(rows), "to_seed": len(seeds), "already": already, "dry_run": dry_run}
        if not dry_run and seeds:
            _send(broker, seeds)
            told["applied"] = _wait(broker, seeds, ends, wait_s)
    late = 0 if dry_run else len(seeds) - told.get("applied", 0)
    if as_json:
        tell_json(told)
    elif dry_run:
        typer.echo(f"{len(seeds)} sequence numbers would be set; {already} are in the ledger already")
    else:
        typer.echo(f"{len(seeds) - late} sequence numbers are in the ledger; {already} were already")
    if late:
        remark(
            f"{late} are on {INTERNAL_COMMANDS.name} but no worker took them over within {wait_s:g} s; "
            "the next that runs does"
        )
        raise typer.Exit(1)


@ledger.command("export")
def export_ledger(
    merchant: Annotated[str, typer.Option(help="Only this merchant.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the ledger to stdout as CSV (which `ledger seed` reads), or as JSON.

    Example: connector ledger export --merchant A2EXAMPLE > sequences.csv
    """
    settings = load_settings()
    with open_broker(settings) as broker:
        found = read_ledger(broker)
    rows = [_exported(key, row) for key, row in sorted(found.items())]
    rows = [row for row in rows if not merchant or row["merchant"] == merchant]
    if as_json:
        tell_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, [*SEED_COLUMNS, "quantity", "state", "contested"])
    writer.writeheader()
    writer.writerows(rows)


def _send(broker: Broker, seeds: Sequence[LedgerSeed]) -> None:
    with progress_bar("sending", len(seeds)) as bar:
        for _ in broker.write([record] for record in _records(broker, seeds)):
            bar.advance(_PER_RECORD)


def _records(broker: Broker, items: Sequence[LedgerSeed]) -> Iterator[OutRecord]:
    def group(item: LedgerSeed) -> tuple[str, bool]:
        return key_parts(item.key)[0], item.sequence < item.known

    for (merchant_id, back), same in groupby(sorted(items, key=group), key=group):
        members = list(same)
        for begin in range(0, len(members), _PER_RECORD):
            chunk = members[begin : begin + _PER_RECORD]
            now = now_ms()
            seeds = SeedSequences(tuple(_item(item) for item in chunk), forced=back)
            command_id = stable_id("seed", chunk[0].key, str(chunk[0].sequence), str(now))
            record = internal_command_record(command_id, merchant_id, seeds, now, user())
            key, value = merchant_id.encode(), broker.encode(INTERNAL_COMMANDS.name, record)
            yield OutRecord(INTERNAL_COMMANDS.name, broker.home(key), key, value)


def _item(item: LedgerSeed) -> SequenceSeed:
    _, location_id, sku = key_parts(item.key)
    return SequenceSeed(location_id, sku, item.sequence, item.known)


def _wait(broker: Broker, seeds: Sequence[LedgerSeed], ends: Mapping[int, int], wait_s: float) -> int:
    """How many the changelog shows by the deadline."""
    waiting = {item.key: item for item in seeds}
    deadline = time.monotonic() + wait_s
    begin = dict(ends)
    with (
        progress_bar("taken over", len(seeds)) as bar,
        broker.topic(changelog(broker.settings.app_id, LEDGER.name)) as reader,
    ):
        while waiting and time.monotonic() < deadline:
            spans = {number: (begin[number], stop) for number, (_, stop) in reader.spans().items()}
            for message in reader.read(spans):
                key, value = message.key(), message.value()
                item = waiting.get(key.decode()) if key is not None else None
                if item is not None and value is not None and _shows(item, decode_ledger_row(value).sequence):
                    del waiting[item.key]
            begin = {number: stop for number, (_, stop) in spans.items()}
            bar.reach(len(seeds) - len(waiting))
            if waiting:
                time.sleep(0.1)
    return len(seeds) - len(waiting)


def _shows(item: LedgerSeed, sequence: int) -> bool:
    return sequence >= item.sequence and (item.sequence > item.known or sequence < item.known)


def _exported(key: str, row: LedgerRow) -> dict[str, Any]:
    merchant_id, location_id, sku = key_parts(key)
    return {
        "merchant": merchant_id,
        "location": location_id,
        "sku": sku,
        "sequence": row.sequence,
        "quantity": row.quantity,
        "state": str(row.phase),
        "contested": row.contested,
    }
