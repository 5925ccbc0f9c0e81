"""A good answer with exactly one side fact spoilt, and which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.kit.amazon.model.answers import CORE, Answer, plain
from tests.kit.amazon.model.facts import Field, Kind, shapes
from tests.kit.amazon.model.tree import Number, Place, Said, Tree, path_of, replaced

_ANY = {
    "an object": Said({"value": "1"}),
    "an empty object": Said({}),
    "a list": Said(["one"]),
    "an empty list": Said([]),
}
# What can't be read as its kind; numbers and booleans can be read as text
GARBAGE: Mapping[Kind, Mapping[str, Said]] = {
    "text": _ANY,
    "time": _ANY
    | {
        "words": Said("soon"),
        "a day that is none": Said("2026-02-30T10:00:00Z"),
        "another order of day and month": Said("31/12/2026 10:00"),
        "a number beyond any year": Said(Number("1e300")),
        "a year beyond 9999": Said("12026-01-02T03:04:05Z"),
        "true": Said(True),
        "NaN as text": Said("NaN"),
    },
    "decimal": _ANY
    | {
        "words": Said("eighteen"),
        "a comma for the point": Said("12,50"),
        "a unit behind": Said("12.5 cm"),
        "NaN": Said(Number("NaN")),
        "infinity as text": Said("Infinity"),
        "beyond all digits": Said(Number("1e400")),
        "more than our decimals hold": Said("123456789012345678"),
        "rounded, more than our decimals hold": Said("-99999999999999.99995"),
        "true": Said(True),
    },
    "integer": _ANY
    | {
        "words": Said("two"),
        "a half": Said(Number("1.5")),
        "beyond 32 bits": Said(2**31),
        "beyond 64 bits": Said(2**63),
        "true": Said(True),
    },
    "base64": _ANY | {"no base64": Said("no base64, at all!")},
    "object": {"text": Said("text"), "a number": Said(5), "a list": Said([1]), "true": Said(True)},
    "list": {"text": Said("text"), "an object": Said({"0": "text"}), "a number": Said(5), "true": Said(True)},
}
# In a list that holds objects, or texts
ODD_ITEMS: Mapping[str, Mapping[str, Said]] = {
    "object": {"null": Said(None), "text": Said("text"), "a list": Said([]), "an empty object": Said({})},
    "text": {"an object": Said({"value": "1"}), "a list": Said(["one"])},
}


@dataclass(frozen=True, slots=True)
class Spoilt:
    """`answer` is good but for the fact at `place`, a `kind` of fact, which is now `what`."""

    answer: Answer
    place: Place
    kind: Kind
    what: str

    @property
    def path(self) -> str:
        return path_of(self.place)

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def every_spoilt(operation: str) -> Iterator[Spoilt]:
    """Each side fact of the plain answer, spoilt in each way that fits it, one at a time."""
    good = plain(operation)
    for place, field in _side_facts(good.tree, good.operation.shape):
        for what, value in GARBAGE[field.kind].items():
            yield _spoil(good, place, field.kind, what, value)
        if field.kind == "list":
            for what, value in ODD_ITEMS[field.item.kind].items():
                yield _spoil(good, (*place, 0), field.item.kind, f"{what} in the list", value)


def _spoil(good: Answer, place: Place, kind: Kind, what: str, value: Said) -> Spoilt:
    return Spoilt(replace(good, tree=replaced(good.tree, place, value)), place, kind, what)


def _side_facts(tree: Tree, shape: str, place: Place = ()) -> Iterator[tuple[Place, Field]]:
    """Of several items of a list those of the first: the others are alike."""
    assert isinstance(tree, dict)
    for name, field in shapes()[shape].items():
        here: Place = (*place, name)
        if name not in CORE.get(shape, ()) and (place or field.kind != "list"):
            yield here, field
        yield from _within(tree[name], field, here)


def _within(tree: Tree, field: Field, place: Place) -> Iterator[tuple[Place, Field]]:
    match tree:
        case dict():
            yield from _side_facts(tree, field.shape, place)
        case [first, *_]:
            yield from _within(first, field.item, (*place, 0))
