"""Table `seen`: merchant|notification -> when it was dealt with. Deleted after days: it may come again until then."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from connector.tables.durable import DurableTable  # brings Faust, which a row's name and key do not need

SEEN = "seen"
MOST_EXPIRED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SeenRow:
    at_ms: int


Seen: TypeAlias = "DurableTable[SeenRow]"


def seen_key(merchant_id: str, notification_id: str) -> str:
    return f"{merchant_id}|{notification_id}"


def expired(table: Seen, partition: int, before_ms: int) -> Iterator[str]:
    """Keys of rows older than that. Rows are never rewritten, so the oldest come first."""
    rows = islice(table.rows(partition).items(), MOST_EXPIRED_AT_ONCE)
    return (key for key, _ in takewhile(lambda item: item[1].at_ms < before_ms, rows))
