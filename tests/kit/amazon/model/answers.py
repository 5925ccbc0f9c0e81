"""Any answer that Amazon's published model allows, as strategies; and each shape with every field told plainly."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.kit.amazon.model.facts import Field, Operation, operations, shapes
from tests.kit.amazon.model.forms import (
    BASE64,
    DECIMALS,
    INSTANT,
    INTEGERS,
    PDF,
    TEXTS,
    TIMES,
    UNKNOWN_VALUE,
)
from tests.kit.amazon.model.tree import Place, Said, Tree, facts_in, written

T = TypeVar("T")

# Of an object only these may be fatal; all else is a side fact, which never hides its object
CORE: dict[str, frozenset[str]] = {
    "shipments.Shipment": frozenset({"id", "status", "lastUpdatedDateTime", "lineItems"}),
    "shipments.ShipmentLineItem": frozenset({"shipmentLineItemId", "merchantSku", "numberOfUnits"}),
    "returns.Return": frozenset({"id", "status", "lastUpdatedDateTime"}),
    "shipments.ShippingOptions": frozenset({"shippingOptionId"}),
    "shipments.PackageShipLabel": frozenset({"packageId", "status"}),
    "shipments.InvoiceResponse": frozenset({"document"}),
    "shipments.Document": frozenset({"content"}),
    "inventory.InventoryResponse": frozenset({"status", "body"}),
    "inventory.HttpStatusLine": frozenset({"statusCode"}),
    "inventory.InventoryResponseBody": frozenset(
        {"skuId", "locationId", "clientSequenceNumber", "sellableQuantity", "reservedQuantity"}
    ),
}
# Optional in the model, but a page that leaves its list out is not taken for an empty one
LISTS = {"shipments.ShipmentsResponse": "shipments", "returns.ReturnsResponse": "returns"}
LONGEST_ID = 256  # of an id or a SKU: the connector's own bound
EXTRAS = (Said("new"), Said({"nested": [1, None, {"deep": True}]}), Said([]), Said(None), Said(1.5))
NULL = Said(None)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """`wrapped`: in {"payload": ...}, as older SP-APIs do. `escaped`: letters beyond ASCII as \\u.... ."""

    operation: Operation
    tree: Tree
    wrapped: bool = False
    escaped: bool = True

    @property
    def body(self) -> bytes:
        return written({"payload": self.tree} if self.wrapped else self.tree, escaped=self.escaped).encode()

    def facts(self) -> Iterator[tuple[Place, Field, Said]]:
        return facts_in(self.tree, self.operation.shape)

    def __repr__(self) -> str:
        return f"{self.operation.name}: {self.body.decode()[:2000]}"


def answers(operation: str) -> SearchStrategy[Answer]:
    """Any answer of success with a body."""
    found = operations()[operation]
    return st.builds(Answer, st.just(found), trees(found.shape), st.booleans(), st.booleans())


@cache
def trees(shape: str) -> SearchStrategy[Tree]:
    """Any object of this shape: what is optional is told, null or left out, and there may be fields of tomorrow."""
    core, listed = CORE.get(shape, frozenset()), LISTS.get(shape)
    must = {name: _core(field) for name, field in shapes()[shape].items() if name in core}
    must |= {
        name: _any(field)
        for name, field in shapes()[shape].items()
        if name not in core and (field.required or name == listed)
    }
    may = {name: _any(field) | st.just(NULL) for name, field in shapes()[shape].items() if name not in must}
    return st.fixed_dictionaries(must, optional={**may, "somethingNew": st.sampled_from(EXTRAS)})


def plain(operation: str, *, items: int = 1) -> Answer:
    """With every field told in the model's own form, each text and number its own, and `items` in each list."""
    found = operations()[operation]
    return Answer(found, _plain_tree(found.shape, itertools.count(1), items))


def _any(field: Field) -> SearchStrategy[Tree]:
    match field.kind:
        case "object":
            return trees(field.shape)
        case "list":
            return st.lists(_any(field.item), min_size=field.least, max_size=max(2, field.least))
        case "time":
            return _in_any_form(TIMES, _INSTANTS)
        case "decimal":
            return _in_any_form(DECIMALS, _AMOUNTS)
        case "integer":
            return _in_any_form(INTEGERS, st.integers(field.least, field.most or 10_000))
        case "base64":
            return _in_any_form(BASE64, st.binary(max_size=40))
        case "text" if field.values:
            return st.sampled_from((*field.values, UNKNOWN_VALUE)).map(lambda value: Said(value, value))
        case "text":
            return _texts(field.least, field.most)


def _core(field: Field) -> SearchStrategy[Tree]:
    """As any other, but never empty: without it there is no object."""
    match field.kind:
        case "text" if not field.values:
            return _texts(1, field.most or LONGEST_ID)
        case "list" if field.item.kind == "object":
            return st.lists(trees(field.item.shape), min_size=max(1, field.least), max_size=max(2, field.least))
        case "base64":
            return _in_any_form(BASE64, st.binary(max_size=40).map(PDF.__add__))
        case _:
            return _any(field)


def _in_any_form(forms: Mapping[str, Callable[[T], Said]], values: SearchStrategy[T]) -> SearchStrategy[Tree]:
    return st.builds(lambda name, value: forms[name](value), st.sampled_from(sorted(forms)), values)


# Before 1974 an epoch in milliseconds could be one in seconds
_INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_AMOUNTS = st.decimals(0, Decimal(10**9), places=2)
_LETTERS = st.characters(codec="utf-8")


def _texts(least: int, most: int | None) -> SearchStrategy[Tree]:
    ready = [said for said in TEXTS.values() if least <= len(said.written) <= (most or 10_000)]
    drawn = st.text(_LETTERS, min_size=least, max_size=min(most or 20, 20)).map(lambda value: Said(value, value))
    kept = drawn.filter(lambda said: bool(said.written.strip())) if least else drawn
    return st.sampled_from(ready) | kept if ready else kept


def _plain_tree(shape: str, numbers: Iterator[int], items: int) -> Tree:
    return {name: _plain(field, name, numbers, items) for name, field in shapes()[shape].items()}


def _plain(field: Field, name: str, numbers: Iterator[int], items: int) -> Tree:
    number = next(numbers)
    match field.kind:
        case "object":
            return _plain_tree(field.shape, numbers, items)
        case "list":
            return [_plain(field.item, name, numbers, items) for _ in range(items)]
        case "time":
            instant = INSTANT.replace(minute=number // 60 % 60, second=number % 60, microsecond=0)
            return TIMES[_PLAIN_TIMES.get(name, "seconds, Z")](instant)
        case "decimal":
            return DECIMALS["text"](Decimal(f"{number}.50"))
        case "integer":
            return INTEGERS["a number"](200 if name == "statusCode" else number)
        case "base64":
            return BASE64["plain"](PDF)
        case "text":
            text = field.values[number % len(field.values)] if field.values else f"{name} {number}"[: field.most]
            return Said(text, text)


# As Amazon's samples have them
_PLAIN_TIMES = {
    "orderPlacedTimestamp": "epoch milliseconds as text",
    "startTime": "epoch seconds",
    "endTime": "epoch seconds",
    "validTill": "epoch seconds",
}
