"""Table `returns`: merchant|return -> the return as last seen. Deleted some days after its final state."""

from connector.domain.returns.events import ReturnRow
from connector.tables.table import Table, TableSpec

RETURN_ROWS = TableSpec(name="returns", row_type=ReturnRow, final_at_ms=lambda row: row.final_at_ms)

Returns = Table[ReturnRow]


def return_key(merchant_id: str, return_id: str) -> str:
    return f"{merchant_id}|{return_id}"


def return_locations(table: Returns, partition: int, merchant_id: str) -> set[str]:
    """Where the merchant's returns went so far."""
    rows = table.of_merchant(partition, merchant_id).values()
    return {row.facts.return_location_id for row in rows} - {""}
