"""When a merchant's nightly reconcile is due, and what a run came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def night_of(reconcile_at: str, now_ms: int) -> str:
    """The last night whose time has come, named by its day: "2026-11-27". `reconcile_at`: HH:MM, UTC.

    So a night that was missed is due until the next one comes, and a time that is moved within a day makes no second
    night of it.
    """
    hours, minutes = map(int, reconcile_at.split(":"))
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return (now - timedelta(hours=hours, minutes=minutes)).date().isoformat()


def reconcile_id(night: str) -> str:
    """As what it is remembered that the night's reconcile was made."""
    return f"reconcile {night}"


@dataclass(frozen=True, slots=True)
class Compared:
    """`kinds`: how many drifts of each there are. `unanswered`: what Amazon gave no answer for."""

    checked: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    unanswered: int = 0

    @property
    def drifts(self) -> int:
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class NotCompared:
    """The run failed. `because`: its last word."""

    because: str


Night = Compared | NotCompared
