"""Table `returns`: merchant|return -> the return as last seen. Deleted some days after its final state."""

from typing import TYPE_CHECKING, TypeAlias

from connector.domain.returns.facts import ReturnRow

if TYPE_CHECKING:
    from connector.tables.durable import DurableTable  # brings Faust, which a row's name and key do not need

RETURN_ROWS = "returns"

Returns: TypeAlias = "DurableTable[ReturnRow]"


def return_key(merchant_id: str, return_id: str) -> str:
    return f"{merchant_id}|{return_id}"


def return_locations(table: Returns, partition: int, merchant_id: str) -> set[str]:
    """Where the merchant's returns went so far."""
    rows = table.rows(partition).items()
    found = {row.facts.return_location_id for key, row in rows if key.partition("|")[0] == merchant_id}
    return found - {""}
