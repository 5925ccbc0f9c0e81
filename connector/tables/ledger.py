"""Table `ledger`: merchant|location|SKU (Amazon's names) -> the SKU's sequence ledger. Kept while the SKU exists."""

from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.tables.table import Table, TableSpec

_SETTLED = Phase.SETTLED  # an enumeration finds its member slowly, and a start asks of millions of rows

LEDGER = TableSpec(
    name="ledger",
    row_type=LedgerRow,
    is_unsettled=lambda row: row.phase is not _SETTLED or row.has_trouble or row.zeroed,
    kept_short=True,
)

Ledger = Table[LedgerRow]


def ledger_key(merchant_id: str, location_id: str, sku: str) -> str:
    """Neither a merchant's nor a location's id contains a bar; a SKU may."""
    return f"{merchant_id}|{location_id}|{sku}"


def key_parts(key: str) -> tuple[str, str, str]:
    merchant_id, location_id, sku = key.split("|", 2)
    return merchant_id, location_id, sku
