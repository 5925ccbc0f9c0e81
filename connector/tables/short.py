"""Rows as they are kept in memory where there are millions of them: values by their place, without names of fields."""

import functools
import operator
from collections.abc import Callable
from types import UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import astuple

V = TypeVar("V")


class ShortForm(Generic[V]):
    """Of rows of one type, a struct. It never leaves the process, so another release may have another.

    As it stands in the changelog, with names, a row takes nearly three times as many bytes and half of the time.
    """

    def __init__(self, row_type: type[V]) -> None:
        self._row_type = row_type
        self._short_type: type[Any] = _without_names(row_type)
        self._values = _values_of(row_type) if _is_struct(row_type) else _as_it_is
        self._encode: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
        self._decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(self._short_type).decode

    def write(self, row: V) -> bytes:
        return self._encode(self._values(row))

    def read(self, short: bytes) -> V:
        return msgspec.convert(self._decode(short), self._row_type, from_attributes=True)


def _values_of(kind: Any) -> Callable[[Any], Any]:
    """A struct's values by their place, and those of each struct that is a field of it or in a dict that is one. By
    `msgspec.convert` it takes twice as long."""
    inner = [
        (at, _of_each(_values_of(part)) if get_origin(field.type) is dict else _values_of(part))
        for at, field in enumerate(msgspec.structs.fields(kind))
        for part in (field.type, *get_args(field.type))
        if _is_struct(part)
    ]
    if not inner:
        return astuple

    def values(struct: Any) -> list[Any]:
        found = list(astuple(struct))
        for at, values_of in inner:
            if found[at] is not None:
                found[at] = values_of(found[at])
        return found

    return values


def _as_it_is(row: Any) -> Any:
    """A dataclass, which has its names with it."""
    return row


def _of_each(values_of: Callable[[Any], Any]) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    return lambda found: {key: values_of(value) for key, value in found.items()}


def _without_names(kind: Any) -> Any:
    """The type with each of its structs, at any depth, replaced by one that is written as an array."""
    if _is_struct(kind):
        fields = [(field.name, _without_names(field.type)) for field in msgspec.structs.fields(kind)]
        return msgspec.defstruct(kind.__name__, fields, array_like=True, frozen=True, gc=False)
    parts = tuple(_without_names(part) for part in get_args(kind))
    if parts == get_args(kind):
        return kind
    generic = get_origin(kind)
    return functools.reduce(operator.or_, parts) if generic is UnionType else generic[parts]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
