"""carried.toml, read: where each fact of Amazon's answers goes, why it is left out, or that it is lost today."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tests.kit.amazon.model.facts import Field, operations, shapes
from tests.kit.amazon.model.tree import Place, path_of

CARRIED = Path(__file__).with_name("carried.toml")
SCHEMAS = Path(__file__).parents[4] / "schemas"
HOW = ("carried", "left_out", "lost")


@dataclass(frozen=True, slots=True)
class Carried:
    """`target`: from the record on, with [] for a list's items: order_event.snapshot.line_items[].sku."""

    target: str


@dataclass(frozen=True, slots=True)
class NotCarried:
    how: Literal["left_out", "lost"]
    why: str


Row = Carried | NotCarried


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one field of an operation's answer. `row` None: the table says nothing of it.

    `read_in`: the table's row, as (shape or operation, how, field or path).
    """

    path: str
    field: Field
    row: Row | None
    read_in: tuple[str, str, str] | None


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(CARRIED.read_text())


def rows() -> Iterator[tuple[str, str, str]]:
    for owner, kinds in table().items():
        if owner != "operations":
            yield from ((owner, how, field) for how in kinds for field in kinds[how])


def verdicts(operation: str) -> Iterator[Verdict]:
    """One for each field of the answer; what lies within one that is not carried is not carried for its reason."""
    yield from _within(operation, operations()[operation].shape, "", table()["operations"][operation])


def record_place(operation: str, place: Place) -> str:
    """The target of one fact with its positions in lists. KeyError where it is not carried."""
    target = _targets(operation)[path_of(place)]
    positions = [step for step in place if isinstance(step, int)]
    own_records = len(positions) - target.count("[]")  # a list's items that are records of their own need no position
    numbers = iter(positions[own_records:])
    return re.sub(r"\[\]", lambda _: f"[{next(numbers)}]", target)


def is_carried(operation: str, place: Place) -> bool:
    return path_of(place) in _targets(operation)


def in_record(record: Any, place: str) -> Any:
    """What stands there; `place` begins with the record's name. None where something on the way is None."""
    for name, position in re.findall(r"\.(\w+)|\[(\d+)\]", place):
        if record is None:
            return None
        record = record[name] if name else record[int(position)]
    return record


def schema_at(target: str) -> Any:
    """The Avro type of a target. KeyError where the schemas have none."""
    record, *names = re.findall(r"\w+|\[\]", target)
    schema = json.loads((SCHEMAS / f"{record}.avsc").read_text())
    named: dict[str, Any] = {}
    _collect(schema, named)
    for name in names:
        schema = _solid(schema, named)
        inner = {"[]": schema["items"]} if name == "[]" else {each["name"]: each["type"] for each in schema["fields"]}
        schema = inner[name]
    return _solid(schema, named)


@cache
def _targets(operation: str) -> Mapping[str, str]:
    return {each.path: each.row.target for each in verdicts(operation) if isinstance(each.row, Carried)}


def _within(operation: str, shape: str, prefix: str, target: str) -> Iterator[Verdict]:
    for name, field in shapes()[shape].items():
        yield from _verdict(operation, shape, name, field, f"{prefix}{name}", target)


def _verdict(operation: str, shape: str, name: str, field: Field, path: str, target: str) -> Iterator[Verdict]:
    for owner, key, base in (
        (operation, path, table()["operations"][operation].partition(".")[0]),
        (shape, name, target),
    ):
        for how in HOW:
            if (said := table().get(owner, {}).get(how, {}).get(key)) is not None:
                read_in = (owner, how, key)
                if how == "carried":
                    reached = base if said == "." else f"{base}.{said}"
                    yield Verdict(path, field, Carried(reached), read_in)
                    yield from _deeper(operation, field, path, reached)
                else:
                    row = NotCarried("left_out" if how == "left_out" else "lost", said)
                    yield Verdict(path, field, row, read_in)
                return
    yield Verdict(path, field, None, None)


def _deeper(operation: str, field: Field, path: str, target: str) -> Iterator[Verdict]:
    while field.kind == "list":
        field, path = field.item, f"{path}[]"
        if _is_list(target):
            target += "[]"
        if field.kind not in ("object", "list"):
            yield Verdict(path, field, Carried(target), None)
    if field.kind == "object":
        yield from _within(operation, field.shape, f"{path}.", target)


def _is_list(target: str) -> bool:
    try:
        return bool(schema_at(target)["type"] == "array")
    except KeyError:
        return False  # told by the test of the targets


def _solid(schema: Any, named: Mapping[str, Any]) -> Any:
    """Without null, and with its name looked up."""
    if isinstance(schema, list):
        schema = next(each for each in schema if each != "null")
    if isinstance(schema, str):
        return named.get(schema.rpartition(".")[2], {"type": schema})
    return schema


def _collect(schema: Any, named: dict[str, Any]) -> None:
    match schema:
        case list():
            for each in schema:
                _collect(each, named)
        case {"type": "record", "name": name, "fields": fields}:
            named[name] = schema
            for field in fields:
                _collect(field["type"], named)
        case {"type": "array", "items": items}:
            _collect(items, named)
        case {"name": name}:
            named[name] = schema
