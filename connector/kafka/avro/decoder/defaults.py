"""The defaults of our schemas: JSON there, values of their types here."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from connector.kafka.avro import types as avro


def default_of(field: avro.RecordField) -> Callable[[], Any]:
    """A value for each record, so that none shares its lists with another."""
    value = _value(field.type, field.default)
    return (lambda: copy.deepcopy(value)) if isinstance(value, dict | list) else lambda: value


def _value(kind: avro.AvroType, default: Any) -> Any:
    match kind:
        case avro.UnionType(branches):
            return _value(branches[0], default)  # a default is of the first branch (specification 1.11, "Unions")
        case avro.ArrayType(items):
            return [_value(items, each) for each in default]
        case avro.MapType(values):
            return {key: _value(values, each) for key, each in default.items()}
        case avro.RecordType(fields=fields):
            return {each.name: _value(each.type, default.get(each.name, each.default)) for each in fields}
        case avro.DecimalType(scale=scale):
            return Decimal(int.from_bytes(default.encode("latin-1"), "big", signed=True)).scaleb(-scale)
        case avro.PrimitiveType("bytes") | avro.FixedType():
            return default.encode("latin-1")
        case avro.PrimitiveType("float" | "double"):
            return float(default)
        case avro.PrimitiveType() | avro.EnumType():
            return default
