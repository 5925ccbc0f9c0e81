"""Rows as they are kept in memory where there are millions of them: values by their place, without names of fields."""

import functools
import operator
from collections.abc import Callable
from types import UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import astuple, fields

V = TypeVar("V")


class ShortForm(Generic[V]):
    """Of rows of one type, a struct: keeps the promise of `Short`, whatever their keys are.

    As it stands in the changelog, with names, a row takes nearly three times as many bytes.
    """

    def __init__(self, row_type: type[V]) -> None:
        values_of, encode = _values_of(row_type), msgspec.msgpack.Encoder().encode
        struct_of, decode = _struct_of(row_type), msgspec.msgpack.Decoder(_without_names(row_type)).decode
        self.write: Callable[[str, V], bytes] = lambda _name, row: encode(values_of(row))
        self.read: Callable[[str, bytes], V] = lambda _name, kept: struct_of(decode(kept))


def _values_of(kind: Any) -> Callable[[Any], Any]:
    """A struct's values by their place, and so those of each struct in it. By `msgspec.convert` it takes twice as
    long."""
    inner = _inner(kind, _values_of)
    if not inner:
        return astuple

    def values(struct: Any) -> list[Any]:
        found = list(astuple(struct))
        for at, values_of in inner:
            if found[at] is not None:
                found[at] = values_of(found[at])
        return found

    return values


def _struct_of(kind: Any) -> Callable[[Any], Any]:
    """The way back."""
    inner = _inner(kind, _struct_of)
    if not inner:
        return lambda values: kind(*values)

    def struct(values: Any) -> Any:
        found = list(values)
        for at, struct_of in inner:
            if found[at] is not None:
                found[at] = struct_of(found[at])
        return kind(*found)

    return struct


def _inner(kind: Any, way: Callable[[Any], Callable[[Any], Any]]) -> list[tuple[int, Callable[[Any], Any]]]:
    """Places of a struct's fields that are structs, or dicts of such, and how each is taken that way."""
    return [
        (at, _of_each(way(part)) if get_origin(field.type) is dict else way(part))
        for at, field in enumerate(fields(kind))
        for part in (field.type, *get_args(field.type))
        if _is_struct(part)
    ]


def _of_each(way: Callable[[Any], Any]) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    def each(found: dict[Any, Any]) -> dict[Any, Any]:
        taken = {}
        for key in found:  # no comprehension: to Python 3.11 it is a function, whose call takes as long as all of this
            taken[key] = way(found[key])
        return taken

    return each


def _without_names(kind: Any) -> Any:
    """The type with each of its structs, at any depth, replaced by the tuple of its fields."""
    if _is_struct(kind):
        return tuple[tuple(_without_names(field.type) for field in fields(kind))]  # type: ignore[misc]
    parts = tuple(_without_names(part) for part in get_args(kind))
    if parts == get_args(kind):
        return kind
    generic = get_origin(kind)
    return functools.reduce(operator.or_, parts) if generic is UnionType else generic[parts]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
