"""A topic's Avro schema as columns of Parquet, and its records as their rows: the mapping of docs/analytics.md."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from connector.cli.parquet.events import calendar_ms
from connector.kafka.avro import types as avro
from connector.kafka.avro.decoder.resolution import NULL
from connector.kafka.avro.decoder.scalars import TIME
from connector.kafka.avro.parsing import parse_type
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import Topic

PARTITION, OFFSET, WRITTEN_AT = "kafka_partition", "kafka_offset", "kafka_timestamp"
"""Beside each event's own fields: its place on the topic, which orders those of a shipment, and Kafka's time of it."""

_MS = pa.timestamp("ms", tz="UTC")
_PLACE = (pa.field(PARTITION, pa.int32()), pa.field(OFFSET, pa.int64()), pa.field(WRITTEN_AT, _MS))
_IN_THE_PATH = frozenset({"merchant_id"})
_TYPES: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
}


class TopicColumns:
    """`kept`: paths of the fields that are written, with all within them; None: all. `changed`: how the contents of a
    field of the record are written."""

    def __init__(
        self,
        topic: Topic,
        kept: Set[str] | None = None,
        changed: Mapping[str, Callable[[Any], Any]] = MappingProxyType({}),
    ) -> None:
        record = parse_type([text_of(topic.schema)])
        if not isinstance(record, avro.RecordType):
            raise TypeError(f"{topic.name}: its schema is no record")
        types = [(field.name, field.type) for field in record.fields]
        tagged = {name for name, kind in types if isinstance(kind, avro.UnionType) and avro.is_tagged(kind)}
        self.schema = pa.schema([*_PLACE, *_fields(record, kept, "", _IN_THE_PATH)])
        self.times = [field.name for field in self.schema if field.type == _MS]
        self._changed: dict[str, Callable[[Any], Any]] = {
            **{name: calendar_ms for name in self.times if name != WRITTEN_AT},
            **dict.fromkeys(tagged, _branch),
            **changed,
        }

    def row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Without its place."""
        return {**record, **{name: change(record[name]) for name, change in self._changed.items()}}

    def table(self, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Of rows with their places. Fields that are no columns are left out."""
        return pa.Table.from_pylist(rows, schema=self.schema)


def place_columns(partition: int, offset: int, written_ms: int) -> dict[str, int | None]:
    """`written_ms`: below 0 where Kafka has no time of the record."""
    return {PARTITION: partition, OFFSET: offset, WRITTEN_AT: None if written_ms < 0 else calendar_ms(written_ms)}


def read_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Times that are not within a record as epoch milliseconds."""
    columns = {
        name: column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    rows: list[dict[str, Any]] = pa.table(columns).to_pylist()
    return rows


def _fields(
    record: avro.RecordType, kept: Set[str] | None, path: str, left_out: Iterable[str] = ()
) -> Iterator[pa.Field]:
    for field in record.fields:
        inner = f"{path}{field.name}"
        if field.name in left_out:
            continue
        if kept is None or inner in kept:
            yield pa.field(field.name, _type(field.type, None, ""))
        elif any(each.startswith(f"{inner}.") for each in kept):
            yield pa.field(field.name, _type(field.type, kept, f"{inner}."))


def _type(kind: avro.AvroType, kept: Set[str] | None, path: str) -> pa.DataType:
    match kind:
        case avro.PrimitiveType(logical=logical) if logical == TIME:
            return _MS
        case avro.PrimitiveType(name):
            return _TYPES[name]
        case avro.DecimalType(precision, scale):
            return pa.decimal128(precision, scale)
        case avro.FixedType(size=size):
            return pa.binary(size)
        case avro.EnumType():
            return pa.string()
        case avro.ArrayType(items):
            return pa.list_(_type(items, kept, path))
        case avro.MapType(values):
            return pa.map_(pa.string(), _type(values, kept, path))
        case avro.RecordType():
            return pa.struct(list(_fields(kind, kept, path)))
        case avro.UnionType(branches):
            return _union([branch for branch in branches if branch != NULL], kept, path)


def _union(branches: Sequence[avro.AvroType], kept: Set[str] | None, path: str) -> pa.DataType:
    """Of one branch: that type, which may be null. Of records: which one it is, and a struct for each, all but that one
    null; a record without fields has none, for Parquet has no empty struct."""
    if len(branches) == 1:
        return _type(branches[0], kept, path)
    records = [branch for branch in branches if isinstance(branch, avro.RecordType)]
    if len(records) < len(branches):
        raise TypeError(f"no column holds a {avro.told(avro.UnionType(tuple(branches)))}")
    structs = [(avro.simple_name(each.name), _type(each, kept, path)) for each in records if each.fields]
    return pa.struct([("type", pa.string()), *structs])


def _branch(value: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    name, fields = value
    return {"type": avro.simple_name(name), avro.simple_name(name): fields}
