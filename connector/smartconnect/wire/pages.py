"""A page of a list: what can be read, the names of what can't, and what has no name. No item hides another."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connector.domain.unreadable import UnreadableItem
from connector.smartconnect.wire.facts import raw_text
from connector.smartconnect.wire.fields import Json, Unreadable, required

MAX_ID = 256

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Items(Generic[T]):
    """`shells`: what has no id to be read by, as JSON. `version`: a digest of all items, "" where there are none."""

    read: tuple[T, ...]
    unreadable: tuple[UnreadableItem, ...]
    shells: tuple[str, ...]
    version: str


def page_of(source: Json, name: str, read: Callable[[Json], T]) -> Items[T]:
    """Raises Unreadable for a page without its list, which is not an empty one."""
    items = source.get(name)
    if not isinstance(items, list):
        raise Unreadable(f"{name} is missing" if items is None else f"{name} is not a list")
    found: list[T] = []
    unreadable: list[UnreadableItem] = []
    shells: list[str] = []
    marks: list[str] = []
    for item in items:
        item_id = _id(item)
        marks.append(f"{item_id}@{item.get('lastUpdatedDateTime')}" if item_id else raw_text(item))
        if not item_id:
            shells.append(raw_text(item))
            continue
        try:
            found.append(read(item))
        except Unreadable:
            unreadable.append(UnreadableItem(item_id, digest(json.dumps(item, default=str))))
    return Items(tuple(found), tuple(unreadable), tuple(shells), digest("\n".join(marks)) if marks else "")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def _id(item: Any) -> str:
    """Empty where it has none that could be asked for."""
    try:
        item_id = required(item, "id") if isinstance(item, dict) else ""
    except Unreadable:
        return ""
    return item_id if len(item_id) <= MAX_ID else ""
