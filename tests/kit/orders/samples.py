"""Domain values with every field filled, made from their types: what is forgotten in a schema then can't be encoded."""

import types
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec


def filled(kind: Any) -> Any:
    """A value of the type; of an optional one the value, of a tuple one item."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return kind(**{name: filled(hints[name]) for name in kind.__struct_fields__})
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{field.name: filled(hints[field.name]) for field in fields(kind) if field.init})
    if get_origin(kind) is tuple:
        return (filled(get_args(kind)[0]),)
    if get_origin(kind) in (Union, types.UnionType):
        return filled(next(option for option in get_args(kind) if option is not type(None)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return {str: "text", int: 7, bool: True, Decimal: Decimal("1.25"), bytes: b"bytes"}[kind]
