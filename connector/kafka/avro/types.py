"""Avro's types as a tree (specification 1.11, "Schema Declaration").

Names are full ones; a name that refers to a type stands for that type itself, so a recursive type contains itself.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class PrimitiveType:
    """`logical`: its logicalType, "" where it has none."""

    name: str
    logical: str = ""


@dataclass(frozen=True, slots=True)
class DecimalType:
    """Bytes that are a decimal; `size` of a fixed, None for bytes of any length."""

    precision: int
    scale: int
    size: int | None = None


@dataclass(frozen=True, slots=True)
class FixedType:
    name: str
    aliases: tuple[str, ...]
    size: int
    logical: str = ""


@dataclass(frozen=True, slots=True)
class EnumType:
    name: str
    aliases: tuple[str, ...]
    symbols: tuple[str, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class ArrayType:
    items: "AvroType"


@dataclass(frozen=True, slots=True)
class MapType:
    values: "AvroType"


@dataclass(frozen=True, slots=True)
class UnionType:
    branches: tuple["AvroType", ...]


@dataclass(frozen=True, slots=True)
class RecordField:
    """`default` is JSON, and means something only where `has_default`."""

    name: str
    aliases: tuple[str, ...]
    type: "AvroType"
    has_default: bool
    default: Any


@dataclass(slots=True, eq=False)
class RecordType:
    """Compared by identity: it may contain itself. Its fields are known after it can be named."""

    name: str
    aliases: tuple[str, ...]
    fields: tuple[RecordField, ...] = field(default=(), repr=False)


AvroType: TypeAlias = PrimitiveType | DecimalType | FixedType | EnumType | ArrayType | MapType | UnionType | RecordType


def simple_name(name: str) -> str:
    """Without its namespace."""
    return name.rpartition(".")[2]


def is_tagged(union: UnionType) -> bool:
    """Of several records: its values are pairs (full name of the record, fields)."""
    return sum(isinstance(branch, RecordType) for branch in union.branches) > 1


def told(kind: AvroType) -> str:
    """The type in words for an operator."""
    match kind:
        case PrimitiveType(name, logical):
            return f"{name} ({logical})" if logical else name
        case DecimalType(precision, scale):
            return f"decimal({precision},{scale})"
        case RecordType(name=name):
            return f"record {name}"
        case EnumType(name=name):
            return f"enum {name}"
        case FixedType(name=name, size=size):
            return f"fixed {name} of {size} bytes"
        case ArrayType():
            return "array"
        case MapType():
            return "map"
        case UnionType(branches):
            return "union of " + ", ".join(told(branch) for branch in branches)


def named_alike(writer: RecordType | EnumType | FixedType, reader: RecordType | EnumType | FixedType) -> bool:
    names = {simple_name(writer.name), writer.name}
    return simple_name(reader.name) in names or bool(names & {*reader.aliases, *map(simple_name, reader.aliases)})
