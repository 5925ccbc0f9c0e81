"""Table `seen`: merchant|notification -> when it was dealt with. Deleted after days: it may come again until then."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from connector.tables.durable import DurableTable

SEEN = "seen"
MOST_EXPIRED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SeenRow:
    at_ms: int


Seen = DurableTable[SeenRow]


def seen_key(merchant_id: str, notification_id: str) -> str:
    return f"{merchant_id}|{notification_id}"


def expired(table: Seen, partition: int, before_ms: int) -> Iterator[str]:
    """Keys of rows older than that."""
    old = (key for key, row in table.rows(partition).items() if row.at_ms < before_ms)
    return islice(old, MOST_EXPIRED_AT_ONCE)
