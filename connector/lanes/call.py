"""What a lane is given to call, and what comes of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain import outcomes
from connector.lanes.under_way import UnderWay


@dataclass(frozen=True, slots=True)
class Performed:
    """A finished and recorded call. `again`: the keys whose part the lane must repeat; None: all, if the outcome is
    repeatable, else none."""

    outcome: outcomes.Outcome[Any]
    again: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What `prepare` found to do for `keys` (a part of those offered); awaiting `perform(under_way)` makes the call.
    `later`: keys that must wait for a call of their own."""

    keys: tuple[str, ...]
    perform: Callable[[UnderWay], Awaitable[Performed]]
    later: frozenset[str] = frozenset()


Prepare = Callable[[Sequence[tuple[str, int]]], Call | None]
"""(key, attempts so far) of what is due -> the call, None where no row needs one now. Must not wait."""

PrepareOf = Callable[[str], Prepare]
"""What the merchant's lane of this operation prepares with: asked for when it begins to run, for most never do."""
