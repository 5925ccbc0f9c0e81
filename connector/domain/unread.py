"""What Amazon told of an object and nobody could read: a side fact never hides the object that it belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NOT_PUBLISHED: Mapping[str, Any] = {"published": False}
"""Metadata of a dataclass's field that goes to no record of ours."""


@dataclass(frozen=True, slots=True)
class UnreadFact:
    """`path` as Amazon names it, such as lineItems[0].itemValue.value; `why` without a word of the value.

    `raw`: the value as it came, in JSON, cut where it is long. It may be a buyer's data: it goes to dead letters alone.
    """

    path: str
    why: str
    raw: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """An item of a list that lacks what is required of it, or is too large for its page's record: it is to be read by
    itself. `version`: a digest of it."""

    object_id: str
    version: str


def paths_of(facts: Iterable[UnreadFact]) -> tuple[str, ...]:
    return tuple(fact.path for fact in facts)
