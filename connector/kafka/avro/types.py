"""Avro's types as a tree (specification 1.11, "Schema Declaration").

Names are full ones; a name that refers to a type stands for that type itself, so a recursive type contains itself.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Primitive:
    """`logical`: its logicalType, "" where it has none."""

    name: str
    logical: str = ""


@dataclass(frozen=True, slots=True)
class Decimal:
    """Bytes that are a decimal; `size` of a fixed, None for bytes of any length."""

    precision: int
    scale: int
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    name: str
    aliases: tuple[str, ...]
    size: int
    logical: str = ""


@dataclass(frozen=True, slots=True)
class Enum:
    name: str
    aliases: tuple[str, ...]
    symbols: tuple[str, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class Array:
    items: "Type"


@dataclass(frozen=True, slots=True)
class Map:
    values: "Type"


@dataclass(frozen=True, slots=True)
class Union:
    branches: tuple["Type", ...]


@dataclass(frozen=True, slots=True)
class Field:
    """`default` is JSON, and means something only where `has_default`."""

    name: str
    aliases: tuple[str, ...]
    type: "Type"
    has_default: bool
    default: Any


@dataclass(slots=True, eq=False)
class Record:
    """Compared by identity: it may contain itself. Its fields are known after it can be named."""

    name: str
    aliases: tuple[str, ...]
    fields: tuple[Field, ...] = field(default=(), repr=False)


Type: TypeAlias = Primitive | Decimal | Fixed | Enum | Array | Map | Union | Record


def simple_name(name: str) -> str:
    """Without its namespace."""
    return name.rpartition(".")[2]


def is_tagged(union: Union) -> bool:
    """Of several records: its values are pairs (full name of the record, fields)."""
    return sum(isinstance(branch, Record) for branch in union.branches) > 1


def told(kind: Type) -> str:
    """The type in words for an operator."""
    match kind:
        case Primitive(name, logical):
            return f"{name} ({logical})" if logical else name
        case Decimal(precision, scale):
            return f"decimal({precision},{scale})"
        case Record(name=name):
            return f"record {name}"
        case Enum(name=name):
            return f"enum {name}"
        case Fixed(name=name, size=size):
            return f"fixed {name} of {size} bytes"
        case Array():
            return "array"
        case Map():
            return "map"
        case Union(branches):
            return "union of " + ", ".join(told(branch) for branch in branches)


def named_alike(writer: Record | Enum | Fixed, reader: Record | Enum | Fixed) -> bool:
    names = {simple_name(writer.name), writer.name}
    return simple_name(reader.name) in names or bool(names & {*reader.aliases, *map(simple_name, reader.aliases)})
