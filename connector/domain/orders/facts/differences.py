"""What differs between two readings of a shipment: everything that Amazon tells of it but its own two timestamps."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from connector.domain.orders.facts.documents import GiftMessage
from connector.domain.orders.facts.shipment import LineItem, Shipment

_OWN_TIMES = frozenset({"created_at_ms", "last_updated_at_ms"})  # of the object, which move with anything or nothing
_IDENTITY = frozenset({"line_item_id", "sku", "quantity"})  # of a line item: what LINE_ITEMS is about
LINE_ITEMS = "line_items"
_TOLD = tuple(
    (each.name, each.name.removesuffix("_ms"))
    for each in fields(Shipment)
    if each.name not in _OWN_TIMES and each.name != LINE_ITEMS and each.metadata.get("published", True)
)
_TOLD_OF_LINE_ITEMS = tuple(each.name for each in fields(LineItem) if each.name not in _IDENTITY)


def differences(known: Shipment, facts: Shipment, apart_from: Collection[str] = ()) -> Mapping[str, object]:
    """The snapshot's fields that differ, and those of its line items, by name, each with what it is now. `apart_from`:
    names of which nothing is asked.

    Equal is equal however it is written: 1.50 and 1.5, a list in another order, a document kept or as it came, and
    empty text, None and no items, which all say nothing.
    """
    found = dict(_of_shipment(known, facts, apart_from))
    for name, now in _of_line_items(known, facts):
        if name not in apart_from:
            found[name] = [found[name], now] if name in found else now
    return found


def comparable(value: Any) -> object:
    """In JSON's types, the same for equal facts."""
    match value:
        case GiftMessage(format=form):
            return {"format": form, "sha256": value.sha256 or hashlib.sha256(value.content).hexdigest()}
        case Decimal():
            return format((value + 0).normalize(), "f")
        case tuple():
            return sorted(map(comparable, value), key=_written) or None
        case _ if is_dataclass(value):
            return {each.name: comparable(getattr(value, each.name)) for each in fields(value)}
        case "":
            return None
        case _:
            return value


def _of_shipment(known: Shipment, facts: Shipment, apart_from: Collection[str]) -> Iterator[tuple[str, object]]:
    for field, name in _TOLD:
        told, before = getattr(facts, field), getattr(known, field)
        if told is before or told == before or name in apart_from:
            continue
        if (now := comparable(told)) != comparable(before):
            yield name, now


def _of_line_items(known: Shipment, facts: Shipment) -> Iterator[tuple[str, object]]:
    if known.line_items == facts.line_items:
        return
    ordered = [_ordered(line) for line in facts.line_items]
    if sorted(ordered) != sorted(map(_ordered, known.line_items)):
        yield LINE_ITEMS, sorted(ordered)
    before = {line.line_item_id: line for line in known.line_items}
    both = sorted(
        ((before[line.line_item_id], line) for line in facts.line_items if line.line_item_id in before),
        key=lambda pair: pair[1].line_item_id,
    )
    for name in _TOLD_OF_LINE_ITEMS:
        now = [comparable(getattr(line, name)) for _, line in both]
        if now != [comparable(getattr(line, name)) for line, _ in both]:
            yield name, now


def _ordered(line: LineItem) -> tuple[str, str, int]:
    return line.line_item_id, line.sku, line.quantity


def _written(value: object) -> str:
    return json.dumps(value, sort_keys=True)
