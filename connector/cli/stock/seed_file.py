"""The file of `connector ledger seed`: the sequence numbers that Amazon knows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connector.cli.stock.sheets import SheetRow, load_sheet
from connector.domain.inventory.ledger import LARGEST_SEQUENCE, LedgerRow
from connector.errors import InputFileError
from connector.merchants import Merchants
from connector.tables.ledger import ledger_key

SEED_COLUMNS = ("merchant", "location", "sku", "sequence")
_MAX_LENGTH = 255
_SHOWN = 40
_SEQUENCE = re.compile(r"0{0,50}[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class LedgerSeed:
    """`key`: of the ledger. `known`: the sequence number that the ledger had when the command looked."""

    key: str
    sequence: int
    known: int


def read_seed_file(file: Path, merchants: Merchants) -> dict[str, tuple[int, int]]:
    """Ledger key -> (sequence, row number of the file). Raises InputFileError with every fault."""
    sheet = load_sheet(file, SEED_COLUMNS)
    faults, seeds = list(sheet.faults), dict[str, tuple[int, int]]()
    for row in sheet.rows:
        if len(row.values) < len(SEED_COLUMNS):
            continue  # told already: a cell of it is at fault
        found = list(_faults(row, merchants))
        merchant_id, location_id, sku, sequence = (row.values[column] for column in SEED_COLUMNS)
        merchant = merchants.get(merchant_id)
        location = merchant.location(location_id) if merchant else None
        key = ledger_key(merchant_id, location.location_id if location else location_id, sku)
        if key in seeds:
            found.append(f"row {row.number}: {sku} at {location_id} is in row {seeds[key][1]} too; leave one of them")
        faults += found
        if not found:
            seeds[key] = (int(sequence), row.number)
    if faults:
        raise InputFileError(sheet.source, faults)
    return seeds


def seeds_to_send(
    file: Path, rows: Mapping[str, tuple[int, int]], ledger: Mapping[str, LedgerRow], force: bool
) -> list[LedgerSeed]:
    """Where the ledger has another number. Raises InputFileError for steps back, unless `force`."""
    seeds, faults = [], []
    for key, (sequence, number) in rows.items():
        known = ledger[key].sequence if key in ledger else 0
        if sequence < known and not force:
            faults.append(
                f"row {number}, sequence: {sequence} is below the ledger's {known}; correct it, or use --force"
            )
        elif sequence != known:
            seeds.append(LedgerSeed(key, sequence, known))
    if faults:
        raise InputFileError(str(file), faults)
    return seeds


def _faults(row: SheetRow, merchants: Merchants) -> Iterator[str]:
    merchant_id, location_id, sku, sequence = (row.values[column] for column in SEED_COLUMNS)
    merchant = merchants.get(merchant_id)
    if merchant is None:
        yield f"row {row.number}, merchant: {merchant_id or 'empty'} is not in the merchants file; add it or correct it"
    elif merchant.location(location_id) is None:
        known = ", ".join(location.location_id for location in merchant.locations)
        yield f"row {row.number}, location: {location_id or 'empty'}; Amazon's locations of {merchant_id} are {known}"
    if not sku:
        yield f"row {row.number}, sku: it is empty; give it"
    if len(sku) > _MAX_LENGTH:
        yield f"row {row.number}, sku: {len(sku)} characters; {_MAX_LENGTH} at most"
    if not _SEQUENCE.fullmatch(sequence) or int(sequence) > LARGEST_SEQUENCE:
        shown = sequence if len(sequence) <= _SHOWN else f"{sequence[:_SHOWN]}... ({len(sequence)} digits)"
        yield f"row {row.number}, sequence: {shown or 'empty'}; give a whole number, 0 to {LARGEST_SEQUENCE}"
