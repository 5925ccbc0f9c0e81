"""What a comparison comes to."""

from collections.abc import Mapping
from dataclasses import dataclass

from connector.domain.reconcile.kinds import DriftKind

Shown = Mapping[str, str | int | None]
"""What one side shows, by name; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Agrees:
    """Amazon shows what is known here."""


@dataclass(frozen=True, slots=True)
class Moving:
    """Something is under way that may explain a difference: it is looked at again."""

    because: str


@dataclass(frozen=True, slots=True)
class Drift:
    kind: DriftKind
    here: Shown
    there: Shown


Verdict = Agrees | Moving | Drift

CHANGED_MEANWHILE = "it changed here while Amazon was asked"
JUST_CHANGED = "Amazon changed it a moment ago"


def certain(verdict: Verdict, before: object, after: object) -> Verdict:
    """`before`, `after`: which version was known here before Amazon was asked, and after it answered. A difference is
    one only if they are the same: each call that changes Amazon is in the tables before it leaves."""
    return verdict if before == after else Moving(CHANGED_MEANWHILE)
