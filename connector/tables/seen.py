"""Table `seen`: merchant|notification -> when it was dealt with. Deleted after days: it may come again until then."""

from dataclasses import dataclass

from connector.tables.table import Table, TableSpec


@dataclass(frozen=True, slots=True)
class SeenRow:
    at_ms: int


SEEN = TableSpec(name="seen", row_type=SeenRow, final_at_ms=lambda row: row.at_ms)

Seen = Table[SeenRow]


def seen_key(merchant_id: str, notification_id: str) -> str:
    return f"{merchant_id}|{notification_id}"
