"""A schema's text, vetted: what a registry holds may be anything, and is read with only if it is within bounds."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from connector.kafka.avro import types as avro

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
MAX_SCHEMA_TEXT = 1_000_000  # characters, all of its references together
MAX_SCHEMA_TYPES = 10_000
MAX_SCHEMA_DEPTH = 64

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class UnusableSchema(Exception):
    """Not an Avro schema, or larger than any that makes sense here. The message says what is wrong with it."""


def parse_type(texts: Iterable[str]) -> avro.AvroType:
    """The last schema of `texts`; those before it are the ones it refers to by name. Raises UnusableSchema."""
    parser, parsed = _Parser(), None
    left = MAX_SCHEMA_TEXT
    for text in texts:
        left -= len(text)
        if left < 0:
            raise UnusableSchema(f"it has more than {MAX_SCHEMA_TEXT} characters")
        try:
            schema = json.loads(text)
        except (ValueError, RecursionError):
            raise UnusableSchema("it is not JSON, or nested too deep") from None
        parsed = parser.type(schema, "", MAX_SCHEMA_DEPTH)
    if parsed is None:
        raise UnusableSchema("it is empty")
    return parsed


class _Parser:
    def __init__(self) -> None:
        self._named: dict[str, avro.AvroType] = {}
        self._heights: dict[str, int] = {}  # levels within a record, those it only refers to too
        self._left = MAX_SCHEMA_TYPES

    def type(self, schema: Any, namespace: str, depth: int) -> avro.AvroType:
        self._left -= 1
        if self._left < 0 or depth < 0:
            raise UnusableSchema(f"it has more than {MAX_SCHEMA_TYPES} types, or more than {MAX_SCHEMA_DEPTH} levels")
        match schema:
            case str():
                return self._referred(schema, namespace)
            case list():
                return self._union(schema, namespace, depth)
            case {"type": dict() | list() as inner}:  # {"type": {"type": "string"}}, as some tools write it
                return self.type(inner, namespace, depth - 1)
            case {"type": str() as name}:
                return self._written(name, schema, namespace, depth)
            case _:
                raise UnusableSchema("a type in it is neither a name, nor a list, nor an object with a type")

    def _written(self, name: str, schema: dict[str, Any], namespace: str, depth: int) -> avro.AvroType:
        match name:
            case "record" | "error":
                return self._record(schema, namespace, depth)
            case "enum":
                return self._enum(schema, namespace)
            case "fixed":
                return self._fixed(schema, namespace)
            case "array":
                return avro.ArrayType(self.type(schema.get("items"), namespace, depth - 1))
            case "map":
                return avro.MapType(self.type(schema.get("values"), namespace, depth - 1))
            case "bytes":
                return _decimal(schema, None) or avro.PrimitiveType(name, _logical(schema))
            case _ if name in PRIMITIVES:
                return avro.PrimitiveType(name, _logical(schema))
            case _:
                return self._referred(name, namespace)

    def _record(self, schema: dict[str, Any], namespace: str, depth: int) -> avro.RecordType:
        name, inner = _full_name(schema, namespace)
        fields = schema.get("fields")
        if not isinstance(fields, list):
            raise UnusableSchema(f"the record {name} has no list of fields")
        record = avro.RecordType(name, _aliases(schema, inner))
        self._define(name, record)
        record.fields = tuple(self._field(name, each, inner, depth) for each in fields)
        if len({each.name for each in record.fields}) < len(record.fields):
            raise UnusableSchema(f"the record {name} has two fields of one name")
        self._heights[name] = 1 + max((self._height(each.type) for each in record.fields), default=0)
        if self._heights[name] > MAX_SCHEMA_DEPTH:
            raise UnusableSchema(f"the record {name} has more than {MAX_SCHEMA_DEPTH} levels")
        return record

    def _height(self, kind: avro.AvroType) -> int:
        match kind:
            case avro.RecordType(name=name):
                return self._heights.get(name, 0)  # none yet: the record lies within itself
            case avro.ArrayType(inner) | avro.MapType(inner):
                return 1 + self._height(inner)
            case avro.UnionType(branches):
                return 1 + max(map(self._height, branches), default=0)
            case _:
                return 0

    def _field(self, record: str, schema: Any, namespace: str, depth: int) -> avro.RecordField:
        if not isinstance(schema, dict) or not isinstance(schema.get("name"), str):
            raise UnusableSchema(f"a field of the record {record} has no name")
        aliases = tuple(each for each in _list(schema.get("aliases")) if isinstance(each, str))
        kind = self.type(schema.get("type"), namespace, depth - 1)
        return avro.RecordField(schema["name"], aliases, kind, "default" in schema, schema.get("default"))

    def _enum(self, schema: dict[str, Any], namespace: str) -> avro.EnumType:
        name, inner = _full_name(schema, namespace)
        symbols, default = schema.get("symbols"), schema.get("default")
        if not isinstance(symbols, list) or not all(isinstance(each, str) for each in symbols):
            raise UnusableSchema(f"the enum {name} has no list of symbols")
        enum = avro.EnumType(name, _aliases(schema, inner), tuple(symbols), default if default in symbols else None)
        self._define(name, enum)
        return enum

    def _fixed(self, schema: dict[str, Any], namespace: str) -> avro.FixedType | avro.DecimalType:
        name, inner = _full_name(schema, namespace)
        size = schema.get("size")
        if type(size) is not int or size < 0:
            raise UnusableSchema(f"the fixed {name} has no size")
        plain = avro.FixedType(name, _aliases(schema, inner), size, _logical(schema))
        fixed = _decimal(schema, size) or plain
        self._define(name, fixed)
        return fixed

    def _union(self, branches: Sequence[Any], namespace: str, depth: int) -> avro.UnionType:
        if any(isinstance(branch, list) for branch in branches):
            raise UnusableSchema("a union lies directly in another one")
        return avro.UnionType(tuple(self.type(branch, namespace, depth - 1) for branch in branches))

    def _define(self, name: str, defined: avro.AvroType) -> None:
        if name in self._named or name in PRIMITIVES:
            raise UnusableSchema(f"the name {name} is given twice")
        self._named[name] = defined

    def _referred(self, name: str, namespace: str) -> avro.AvroType:
        if name in PRIMITIVES:
            return avro.PrimitiveType(name)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        found = self._named.get(full) or self._named.get(name)
        if found is None:
            raise UnusableSchema(f"the type {_shown(name)} is not defined in it")
        return found


def _full_name(schema: dict[str, Any], namespace: str) -> tuple[str, str]:
    """The name with its namespace, and the namespace of what lies within."""
    name = schema.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnusableSchema("a type in it has no proper name")
    if "." not in name:
        given = schema.get("namespace", namespace)
        namespace = given if isinstance(given, str) else ""
        name = f"{namespace}.{name}" if namespace else name
    return name, name.rpartition(".")[0]


def _aliases(schema: dict[str, Any], namespace: str) -> tuple[str, ...]:
    names = [each for each in _list(schema.get("aliases")) if isinstance(each, str)]
    return tuple(each if "." in each or not namespace else f"{namespace}.{each}" for each in names)


def _decimal(schema: dict[str, Any], size: int | None) -> avro.DecimalType | None:
    """None: no decimal, or an invalid one, which the specification takes for its bytes."""
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if _logical(schema) != "decimal" or type(precision) is not int or type(scale) is not int:
        return None
    return avro.DecimalType(precision, scale, size) if 0 <= scale <= precision <= 10_000 and precision > 0 else None


def _logical(schema: dict[str, Any]) -> str:
    """Debezium names the unit of its times beside a plain long."""
    logical, debezium = schema.get("logicalType", ""), schema.get("connect.name", "")
    if isinstance(debezium, str) and debezium.startswith("io.debezium.time."):
        return "timestamp-millis" if debezium == "io.debezium.time.Timestamp" else debezium
    return logical if isinstance(logical, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _shown(name: str) -> str:
    return name if _NAME.fullmatch(name) and len(name) <= 256 else "with an improper name"
