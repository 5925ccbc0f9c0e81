"""What Amazon's published model says of its answers: fields, types, values and bounds, as data of our own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

FACTS = Path(__file__).with_name("facts.json")

Kind = Literal["text", "integer", "time", "decimal", "base64", "object", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`kind`: what the field means; `json_type`: how the model writes it.

    `values`: the known ones of an enum. `least`, `most`: of a text's length, a list's, or a number.
    `shape`: of an object; `items`: of a list.
    """

    kind: Kind
    json_type: str
    required: bool = False
    values: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    shape: str = ""
    items: "Field | None" = None

    @property
    def item(self) -> "Field":
        assert self.items is not None, "only a list has items"
        return self.items


@dataclass(frozen=True, slots=True)
class Operation:
    """`shape` empty: the answer of success has no body. `refusals`: the other statuses that are declared."""

    name: str
    method: str
    status: int
    shape: str
    refusals: tuple[int, ...]


Shape = Mapping[str, Field]


@cache
def shapes() -> Mapping[str, Shape]:
    return {
        name: {field: _field(fact) for field, fact in fields.items()} for name, fields in _loaded()["shapes"].items()
    }


@cache
def operations() -> Mapping[str, Operation]:
    return {
        name: Operation(name, told["method"], told["status"], told["shape"] or "", tuple(told["refusals"]))
        for name, told in _loaded()["operations"].items()
    }


def fields_of(shape: str, prefix: str = "") -> Iterator[tuple[str, Field]]:
    """(path, field) of every field within a shape, "[]" standing for a list's items."""
    for name, field in shapes()[shape].items():
        path = f"{prefix}{name}"
        yield path, field
        inner = field
        while inner.kind == "list":
            path, inner = f"{path}[]", inner.item
        if inner.kind == "object":
            yield from fields_of(inner.shape, f"{path}.")


@cache
def _loaded() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(FACTS.read_text())
    return loaded


def _field(fact: Mapping[str, Any]) -> Field:
    json_type = fact["type"]
    kinds: Mapping[str, Kind] = {"string": "text", "integer": "integer", "object": "object", "array": "list"}
    return Field(
        kind=fact.get("means", kinds[json_type]),
        json_type=json_type,
        required=fact.get("required", False),
        values=tuple(fact.get("values", ())),
        least=fact.get("least", 0),
        most=fact.get("most"),
        shape=fact.get("shape", ""),
        items=_field(fact["items"]) if "items" in fact else None,
    )
