"""Table `limits`: merchant|operation -> what Amazon asked of those calls. Deleted once it holds nothing back."""

from connector.domain.limits import LimitRow
from connector.tables.table import Table, TableSpec

LIMIT_ROWS = TableSpec(name="limits", row_type=LimitRow)

LimitTable = Table[LimitRow]


def limit_key(merchant_id: str, operation: str) -> str:
    return f"{merchant_id}|{operation}"
