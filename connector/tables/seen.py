"""Table `seen`: merchant|notification -> when it was dealt with. Deleted after days: it may come again until then."""

from dataclasses import dataclass

from connector.tables.table import Table

SEEN = "seen"


@dataclass(frozen=True, slots=True)
class SeenRow:
    at_ms: int


Seen = Table[SeenRow]


def seen_key(merchant_id: str, notification_id: str) -> str:
    return f"{merchant_id}|{notification_id}"
