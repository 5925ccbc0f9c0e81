"""The file of `connector listings import`: how the SKUs of the OMS are called at Amazon."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from connector.cli.shared.sheets import SheetRow, load_sheet
from connector.errors import InputFileError

LISTING_COLUMNS = ("clientSkuId", "channelSerialNo", "channelSkuId", "Marketplace")
_OPTIONAL = "channelSkuId"
_MAX_LENGTH = 255
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listing:
    """`client_sku_id`: the OMS's SKU (an EAN, say). `channel_serial_no`: the SKU at Amazon. `channel_sku_id`: the ASIN,
    empty where unknown."""

    client_sku_id: str
    channel_serial_no: str
    channel_sku_id: str
    marketplace: str


def load_listings(path: Path) -> tuple[Listing, ...]:
    """The whole file or nothing: raises InputFileError with every fault by row and column."""
    sheet = load_sheet(path, LISTING_COLUMNS)
    faults = [*sheet.faults, *(fault for row in sheet.rows for fault in _faults(row))]
    faults += [*_repeated(sheet.rows, "clientSkuId"), *_repeated(sheet.rows, "channelSerialNo")]
    if faults:
        raise InputFileError(sheet.source, faults)
    return tuple(Listing(*(row.values[column] for column in LISTING_COLUMNS)) for row in sheet.rows)


def _faults(row: SheetRow) -> Iterable[str]:
    for column, value in row.values.items():
        if not value and column != _OPTIONAL:
            yield f"row {row.number}, {column}: it is empty; give it"
        if len(value) > _MAX_LENGTH:
            yield f"row {row.number}, {column}: {len(value)} characters; {_MAX_LENGTH} at most"
        if _SHORTENED.fullmatch(value):
            yield f"row {row.number}, {column}: {value} is a number shortened by Excel: format the column as text"


def _repeated(rows: Iterable[SheetRow], column: str) -> Iterable[str]:
    """Both ways the mapping must be one to one: inventory goes out by it, orders come back by it."""
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        name, marketplace = row.values.get(column), row.values.get("Marketplace")
        if name and marketplace and first.setdefault((name, marketplace), row.number) != row.number:
            yield (
                f"row {row.number}, {column}: {name} of {marketplace} is in row {first[name, marketplace]} too; "
                "leave one of them"
            )
