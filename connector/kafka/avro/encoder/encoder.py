"""Records of our schemas in Avro's binary encoding: how each type is written is put together once.

Written here because fastavro takes three times as long for an event with its hundreds of fields and many decimals.
"""

from collections.abc import Callable, Mapping
from typing import Any

from connector.kafka.avro import types as avro
from connector.kafka.avro.decoder.defaults import default_of
from connector.kafka.avro.decoder.scalars import TIME
from connector.kafka.avro.encoder.compounds import (
    Unwritable,
    array_writer,
    nullable_writer,
    record_writer,
    tagged_writer,
)
from connector.kafka.avro.encoder.scalars import PRIMITIVE_WRITERS, WriteValue, decimal_writer, enum_writer


def writer_of(schema: avro.AvroType) -> Callable[[bytearray, Mapping[str, Any]], None]:
    """Writes a record, whose fields are under the schema's names, or a time under the domain's, with its unit (`_ms`).

    What is missing or None is its field's default. Records within it may have fields that the schema has not, which
    are not told; itself may not. Tuples are arrays. Decimals are rounded to the schema's scale (half to even), and are
    written out where the schema has a text, as for tax rates, since no one scale fits them. Raises Unwritable, or
    UnicodeEncodeError for half of a surrogate pair. Raises NotImplementedError for a schema with a type that ours had
    no use for yet.
    """
    if not isinstance(schema, avro.RecordType):
        raise NotImplementedError("the values of our topics are records")
    write, known = _record(schema), frozenset(name for each in schema.fields for name in _names(each))

    def write_known(out: bytearray, record: Mapping[str, Any]) -> None:
        if not record.keys() <= known:
            raise Unwritable(f"{avro.simple_name(schema.name)} has no {', '.join(sorted(record.keys() - known))}")
        write(out, record)

    return write_known


def _writer(kind: avro.AvroType) -> WriteValue:
    match kind:
        case avro.PrimitiveType(name) if name in PRIMITIVE_WRITERS:
            return PRIMITIVE_WRITERS[name]
        case avro.DecimalType(size=None):
            return decimal_writer(kind)
        case avro.EnumType(symbols=symbols):
            return enum_writer(symbols)
        case avro.ArrayType(items):
            return array_writer(_writer(items))
        case avro.UnionType((avro.PrimitiveType("null"), inner)):
            return nullable_writer(_writer(inner))
        case avro.UnionType(branches):
            records = {branch.name: _record(branch) for branch in branches if isinstance(branch, avro.RecordType)}
            if len(records) == len(branches):
                return tagged_writer(records)
        case avro.RecordType():
            return _record(kind)
    raise NotImplementedError(f"no schema of ours has had a {avro.told(kind)}")


def _record(kind: avro.RecordType) -> WriteValue:
    fields = [(each, _writer(each.type)) for each in kind.fields]
    return record_writer([(each.name, _names(each)[-1], write, _default(each, write)) for each, write in fields])


def _names(field: avro.RecordField) -> tuple[str, ...]:
    branches = field.type.branches if isinstance(field.type, avro.UnionType) else (field.type,)
    is_time = any(isinstance(branch, avro.PrimitiveType) and branch.logical == TIME for branch in branches)
    return (field.name, f"{field.name}_ms") if is_time else (field.name,)


def _default(field: avro.RecordField, write: WriteValue) -> bytes | None:
    if not field.has_default:
        return None
    out = bytearray()
    write(out, default_of(field)())
    return bytes(out)
