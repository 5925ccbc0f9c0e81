"""Where Parquet files lie below a root, in the way of Hive: topic/day=YYYY-MM-DD/merchant_id=X/part-ID.parquet."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from connector.documents.names import folder_of

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""Hive's name of the partition whose value is null: what is of no merchant."""
LONGEST_QUOTED = 200  # a name in a directory has 255 bytes at most

_PART = re.compile(r"([^/=]+)/day=(\d{4}-\d\d-\d\d)/merchant_id=([^/=]+)/part-[0-9a-f]{32}\.parquet")

MerchantDay = tuple[str, str]
"""(day, merchant_id): what has files of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file. `name`: below the place's root."""

    name: str
    topic: str
    day: str
    merchant_id: str


@dataclass(frozen=True, slots=True)
class Layout:
    """`prefix`: empty, or ends with a slash. `merchants_apart`: each merchant has a folder of its own that holds all
    of this, and an event is known by the files of its day; else by all files of its topic."""

    prefix: str = ""
    merchants_apart: bool = False

    def root(self, merchant_id: str) -> str:
        return self.prefix + (folder_of(merchant_id) if self.merchants_apart else "")

    def folder(self, topic: str, day: str, merchant_id: str) -> str:
        merchant = quote(merchant_id, safe="") or NULL_PARTITION
        return f"{self.root(merchant_id)}{topic}/day={day}/merchant_id={merchant}/"

    def known_below(self, topic: str, groups: Iterable[MerchantDay]) -> set[str]:
        """Folders that hold all files which may have an event of these groups already."""
        if self.merchants_apart:
            return {f"{self.root(merchant_id)}{topic}/day={day}/" for day, merchant_id in groups}
        return {f"{self.prefix}{topic}/"}

    def part(self, name: str) -> Part | None:
        """None: it is no file of ours."""
        below = name.removeprefix(self.prefix)
        found = _PART.fullmatch(below.partition("/")[2] if self.merchants_apart else below)
        if found is None or not name.startswith(self.prefix):
            return None
        topic, day, merchant = found.groups()
        return Part(name, topic, day, "" if merchant == NULL_PARTITION else unquote(merchant))


def has_folder(merchant_id: str) -> bool:
    """A directory's names are bounded; only an OMS can write an id that is longer."""
    return len(quote(merchant_id, safe="")) <= LONGEST_QUOTED


def day_of(time_ms: int) -> str:
    """The day in UTC of a time that a calendar has."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).date().isoformat()
