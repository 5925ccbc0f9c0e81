"""Table `seen`: merchant|notification -> when it was dealt with. Deleted after days: it may come again until then."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, takewhile

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
    """Keys of rows older than that. Rows are never rewritten, so each merchant's oldest come first."""
    old = (takewhile(lambda item: item[1].at_ms < before_ms, rows.items()) for rows in table.by_merchant(partition))
    return (key for key, _ in islice(chain.from_iterable(old), MOST_EXPIRED_AT_ONCE))
