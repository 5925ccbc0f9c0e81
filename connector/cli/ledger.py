"""`connector ledger seed|export`: the sequence numbers that Amazon knows, brought in and written out."""

import csv
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from connector.agents.inventory.seeds import FORCED
from connector.agents.inventory.seeds import SEED as SEED_OPERATION
from connector.app import now_ms
from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.screen import AsJson, DryRun, progress_bar, remark, tell_json, user
from connector.cli.shared.sheets import SheetRow, load_sheet
from connector.domain.ids import stable_id
from connector.domain.inventory.ledger import LedgerRow
from connector.errors import InputFileError
from connector.kafka.producer import OutRecord
from connector.kafka.topics import API_CALLS, changelog
from connector.merchants import Merchants, load_merchants
from connector.settings import load_settings
from connector.tables import ledger as table

COLUMNS = ("merchant", "location", "sku", "sequence")
PER_RECORD = 500
LARGEST = 2**53  # beyond it JSON numbers lose digits on the way to Amazon

decode_row = msgspec.json.Decoder(LedgerRow).decode


@dataclass(frozen=True, slots=True)
class Seed:
    """`known`: what the ledger had when the command looked."""

    key: str
    sequence: int
    known: int


def register(app: typer.Typer) -> None:
    ledger = typer.Typer(help="The ledger of inventory sequence numbers.", no_args_is_help=True)
    ledger.command()(seed)
    ledger.command()(export)
    app.add_typer(ledger, name="ledger")


def read_ledger(broker: Broker) -> dict[str, LedgerRow]:
    """By ledger key, as it is now."""
    found = broker.latest(changelog(broker.settings.app_id, table.LEDGER))
    return {key.decode(): decode_row(value) for key, value in found.items()}


def seed(
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
        with broker.topic(changelog(settings.app_id, table.LEDGER)) as reader:
            ends = {number: stop for number, (_, stop) in reader.spans().items()}
        seeds, already = _compare(str(file), rows, read_ledger(broker), force)
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
            f"{late} are on {API_CALLS.name} but no worker took them over within {wait_s:g} s; the next that runs does"
        )
        raise typer.Exit(1)


def export(
    merchant: Annotated[str, typer.Option(help="Only this merchant.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the ledger to stdout as CSV (which `ledger seed` reads), or as JSON.

    Example: connector ledger export --merchant A2EXAMPLE > sequences.csv
    """
    settings = load_settings()
    with open_broker(settings) as broker:
        ledger = read_ledger(broker)
    rows = [_exported(key, row) for key, row in sorted(ledger.items())]
    rows = [row for row in rows if not merchant or row["merchant"] == merchant]
    if as_json:
        tell_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, [*COLUMNS, "quantity", "state", "contested"])
    writer.writeheader()
    writer.writerows(rows)


def read_seed_file(file: Path, merchants: Merchants) -> dict[str, tuple[int, int]]:
    """Ledger key -> (sequence, row number of the file). Raises InputFileError with every fault."""
    sheet = load_sheet(file, COLUMNS)
    faults, seeds = list(sheet.faults), dict[str, tuple[int, int]]()
    for row in sheet.rows:
        if len(row.values) < len(COLUMNS):
            continue  # told already: a cell of it is at fault
        found = list(_faults(row, merchants))
        merchant_id, location_id, sku, sequence = (row.values[column] for column in COLUMNS)
        key = table.ledger_key(merchant_id, location_id, sku)
        if key in seeds:
            found.append(f"row {row.number}: {sku} at {location_id} is in row {seeds[key][1]} too; leave one of them")
        faults += found
        if not found:
            seeds[key] = (int(sequence), row.number)
    if faults:
        raise InputFileError(sheet.source, faults)
    return seeds


def _faults(row: SheetRow, merchants: Merchants) -> Iterator[str]:
    merchant_id, location_id, sku, sequence = (row.values[column] for column in COLUMNS)
    merchant = merchants.get(merchant_id)
    if merchant is None:
        yield f"row {row.number}, merchant: {merchant_id or 'empty'} is not in the merchants file; add it or correct it"
    elif merchant.location(location_id) is None:
        known = ", ".join(location.location_id for location in merchant.locations)
        yield f"row {row.number}, location: {location_id or 'empty'}; Amazon's locations of {merchant_id} are {known}"
    if not sku:
        yield f"row {row.number}, sku: it is empty; give it"
    if not (sequence.isascii() and sequence.isdigit()) or int(sequence) > LARGEST:
        yield f"row {row.number}, sequence: {sequence or 'empty'}; give a whole number, 0 to {LARGEST}"


def _compare(
    source: str, rows: Mapping[str, tuple[int, int]], ledger: Mapping[str, LedgerRow], force: bool
) -> tuple[list[Seed], int]:
    """What must change, and how many rows the ledger has already. Raises InputFileError for steps back."""
    seeds, faults = [], []
    for key, (sequence, number) in rows.items():
        known = ledger[key].sequence if key in ledger else 0
        if sequence < known and not force:
            faults.append(
                f"row {number}, sequence: {sequence} is below the ledger's {known}; correct it, or use --force"
            )
        elif sequence != known:
            seeds.append(Seed(key, sequence, known))
    if faults:
        raise InputFileError(source, faults)
    return seeds, len(rows) - len(seeds)


def _send(broker: Broker, seeds: Sequence[Seed]) -> None:
    with progress_bar("sending", len(seeds)) as bar:
        for _ in broker.write([record] for record in _records(broker, seeds)):
            bar.advance(PER_RECORD)


def _records(broker: Broker, seeds: Sequence[Seed]) -> Iterator[OutRecord]:
    def group(item: Seed) -> tuple[str, bool]:
        return table.key_parts(item.key)[0], item.sequence < item.known

    for (merchant_id, back), same in groupby(sorted(seeds, key=group), key=group):
        members = list(same)
        for begin in range(0, len(members), PER_RECORD):
            chunk = members[begin : begin + PER_RECORD]
            now = now_ms()
            record = {
                "call_id": stable_id("seed", chunk[0].key, str(chunk[0].sequence), str(now)),
                "merchant_id": merchant_id,
                "operation": SEED_OPERATION,
                "kind": FORCED if back else "",
                "outcome": "ACCEPTED",
                "message": "the sequence numbers that Amazon knows, from `connector ledger seed`",
                "started_at": now,
                "worker": user(),
                "inventory_items": [_item(item) for item in chunk],
            }
            key = merchant_id.encode()
            yield OutRecord(API_CALLS.name, broker.home(key), key, broker.encode(API_CALLS.name, record))


def _item(item: Seed) -> dict[str, Any]:
    _, location_id, sku = table.key_parts(item.key)
    return {
        "kind": "UPDATE",
        "location_id": location_id,
        "sku": sku,
        "sequence": item.sequence,
        "outcome": "ACCEPTED",
        "known_sequence": item.known,
    }


def _wait(broker: Broker, seeds: Sequence[Seed], ends: Mapping[int, int], wait_s: float) -> int:
    """How many the changelog shows by the deadline."""
    waiting = {item.key: item for item in seeds}
    deadline = time.monotonic() + wait_s
    begin = dict(ends)
    with (
        progress_bar("taken over", len(seeds)) as bar,
        broker.topic(changelog(broker.settings.app_id, table.LEDGER)) as reader,
    ):
        while waiting and time.monotonic() < deadline:
            spans = {number: (begin[number], stop) for number, (_, stop) in reader.spans().items()}
            for message in reader.read(spans):
                key, value = message.key(), message.value()
                item = waiting.get(key.decode()) if key is not None else None
                if item is not None and value is not None and _shows(item, decode_row(value).sequence):
                    del waiting[item.key]
            begin = {number: stop for number, (_, stop) in spans.items()}
            bar.reach(len(seeds) - len(waiting))
            if waiting:
                time.sleep(0.1)
    return len(seeds) - len(waiting)


def _shows(item: Seed, sequence: int) -> bool:
    return sequence >= item.sequence and (item.sequence > item.known or sequence < item.known)


def _exported(key: str, row: LedgerRow) -> dict[str, Any]:
    merchant_id, location_id, sku = table.key_parts(key)
    return {
        "merchant": merchant_id,
        "location": location_id,
        "sku": sku,
        "sequence": row.sequence,
        "quantity": row.quantity,
        "state": str(row.phase),
        "contested": row.contested,
    }
