"""The defaults of our schemas: JSON there, values of their types here."""

import copy
from collections.abc import Callable
from decimal import Decimal as Number
from typing import Any

from connector.kafka.avro.types import Array, Decimal, Enum, Field, Fixed, Map, Primitive, Record, Type, Union


def default_of(field: Field) -> Callable[[], Any]:
    """A value for each record, so that none shares its lists with another."""
    value = _value(field.type, field.default)
    return (lambda: copy.deepcopy(value)) if isinstance(value, dict | list) else lambda: value


def _value(kind: Type, default: Any) -> Any:
    match kind:
        case Union(branches):
            return _value(branches[0], default)  # a default is of the first branch (specification 1.11, "Unions")
        case Array(items):
            return [_value(items, each) for each in default]
        case Map(values):
            return {key: _value(values, each) for key, each in default.items()}
        case Record(fields=fields):
            return {each.name: _value(each.type, default.get(each.name, each.default)) for each in fields}
        case Decimal(scale=scale):
            return Number(int.from_bytes(default.encode("latin-1"), "big", signed=True)).scaleb(-scale)
        case Primitive("bytes") | Fixed():
            return default.encode("latin-1")
        case Primitive("float" | "double"):
            return float(default)
        case Primitive() | Enum():
            return default
