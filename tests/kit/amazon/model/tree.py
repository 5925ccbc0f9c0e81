"""An answer of Amazon's as a tree whose leaves tell both how a fact is written and what it means."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from tests.kit.amazon.model.facts import Field, shapes

Place: TypeAlias = tuple[str | int, ...]
"""From the top: names of fields, and positions in lists."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number to the letter: 28.10 stays 28.10, which no float does."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """`meant`: text, an integer, a Decimal, epoch milliseconds or bytes; None: nothing is said."""

    written: Any
    meant: object = None


Tree: TypeAlias = "Said | dict[str, Tree] | list[Tree]"


def written(tree: Tree, *, escaped: bool = True) -> str:
    """The tree as JSON. `escaped`: other letters than ASCII as \\u....; half of a surrogate pair always is."""
    match tree:
        case Said(value):
            return _scalar(value, escaped)
        case dict():
            pairs = (f"{_text(name, escaped)}:{written(inner, escaped=escaped)}" for name, inner in tree.items())
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(written(inner, escaped=escaped) for inner in tree) + "]"


def facts_in(tree: Tree, shape: str, place: Place = ()) -> Iterator[tuple[Place, Field, Said]]:
    """Every fact of the model that the tree tells. What is null or unknown to the model is left out."""
    assert isinstance(tree, dict)
    for name, field in shapes()[shape].items():
        if name in tree:
            yield from _facts(tree[name], field, (*place, name))


def path_of(place: Place) -> str:
    """As the model's paths are written: lineItems[].charges[].chargeType."""
    return re.sub(r"\.\[", "[", ".".join("[]" if isinstance(step, int) else step for step in place))


def at(tree: Tree, place: Place) -> Tree:
    for step in place:
        tree = tree[step]  # type: ignore[index]  # a place fits the tree that it was found in
    return tree


def replaced(tree: Tree, place: Place, value: Tree) -> Tree:
    """The same tree with another value at one place; nothing of the given one is changed."""
    if not place:
        return value
    step, *rest = place
    match tree:
        case dict() if isinstance(step, str):
            return {**tree, step: replaced(tree.get(step, Said(None)), tuple(rest), value)}
        case list() if isinstance(step, int):
            return [replaced(inner, tuple(rest), value) if i == step else inner for i, inner in enumerate(tree)]
    raise KeyError(place)


def without(tree: Tree, place: Place) -> Tree:
    """The same tree without one field."""
    parent, name = at(tree, place[:-1]), place[-1]
    assert isinstance(parent, dict)
    return replaced(tree, place[:-1], {each: inner for each, inner in parent.items() if each != name})


def _facts(tree: Tree, field: Field, place: Place) -> Iterator[tuple[Place, Field, Said]]:
    match tree:
        case Said(None):
            return
        case Said():
            yield place, field, tree
        case list():
            for position, inner in enumerate(tree):
                yield from _facts(inner, field.item, (*place, position))
        case dict():
            yield from facts_in(tree, field.shape, place)


def _scalar(value: Any, escaped: bool) -> str:
    match value:
        case str():
            return _text(value, escaped)
        case Number(text):
            return text
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=escaped)


def _text(value: str, escaped: bool) -> str:
    half = any("\ud800" <= letter <= "\udfff" for letter in value)
    return json.dumps(value, ensure_ascii=escaped or half)
