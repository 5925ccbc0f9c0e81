"""Table `returns`: merchant|return -> the return as last seen. Deleted some days after its final state."""

from dataclasses import dataclass

import msgspec

from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return
from connector.tables.table import Table, TableSpec


@dataclass(frozen=True, slots=True)
class _Stored:
    """Version 0.1 kept one replacement, by itself."""

    facts: Return
    replacement_shipment_ids: tuple[str, ...] = ()
    replacement_shipment_id: str = ""
    final_at_ms: int | None = None


_decoder = msgspec.json.Decoder(_Stored)


def read_return_row(content: bytes) -> ReturnRow:
    """Also of version 0.1. Raises msgspec's errors."""
    stored = _decoder.decode(content)
    replacements = stored.replacement_shipment_ids or tuple(filter(None, [stored.replacement_shipment_id]))
    return ReturnRow(stored.facts, replacements, stored.final_at_ms)


RETURN_ROWS = TableSpec(
    name="returns", row_type=ReturnRow, decode=read_return_row, final_at_ms=lambda row: row.forgettable_since_ms
)

Returns = Table[ReturnRow]


def return_key(merchant_id: str, return_id: str) -> str:
    return f"{merchant_id}|{return_id}"
