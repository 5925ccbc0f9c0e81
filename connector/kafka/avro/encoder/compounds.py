"""Arrays, unions and records as Avro's bytes (specification 1.11, "Complex Types"), of what is in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.kafka.avro.encoder.scalars import MISFITS, WriteValue, write_long, write_string


class Unwritable(ValueError):
    """A record that does not fit our schema: our own mistake. Its text names the field, and nothing of the value."""


class WrittenArray(bytes):
    """What the writer of an array made of its items: it takes it again as it is."""


def array_writer(write_item: WriteValue) -> WriteValue:
    """Of a list or a tuple, or of what this writer made of one."""

    def write(out: bytearray, value: tuple[Any, ...] | list[Any] | WrittenArray) -> None:
        if not isinstance(value, tuple | list):
            if not isinstance(value, WrittenArray):  # a text, too, has items
                raise TypeError
            out += value
            return
        if value:
            write_long(out, len(value))
            for item in value:
                write_item(out, item)
        out.append(0)

    return write


def nullable_writer(write_inner: WriteValue) -> WriteValue:
    """Of a union of null and one type, in this order."""

    def write(out: bytearray, value: Any) -> None:
        if value is None:
            out.append(0)
        else:
            out.append(2)
            write_inner(out, value)

    return write


def tagged_writer(writers: Mapping[str, WriteValue]) -> WriteValue:
    """Of a union of records, in this order: of pairs (full name of the record, its fields)."""
    indexed = {name: (index, writer) for index, (name, writer) in enumerate(writers.items())}

    def write(out: bytearray, value: tuple[str, Mapping[str, Any]]) -> None:
        name, record = value
        index, write_record = indexed[name]
        write_long(out, index)
        write_record(out, record)

    return write


def record_writer(fields: Sequence[tuple[str, str, WriteValue, Any]]) -> WriteValue:
    """Of a dict. Each field: its name, another one under which it may be, how it is written, and the bytes of its
    default, None where it has none. Raises Unwritable, or UnicodeEncodeError for half of a surrogate pair."""

    def write(out: bytearray, record: Mapping[str, Any]) -> None:
        get, append, name = record.get, out.append, ""
        try:
            for name, other_name, write_field, default in fields:
                value = get(name)
                if value is None and (value := get(other_name)) is None:
                    out += default  # raises TypeError where there is none
                elif write_field is write_string and value.__class__ is str and len(data := value.encode()) < 64:
                    append(len(data) << 1)  # half of all fields are short texts: a call for each takes twice the time
                    out += data
                else:
                    write_field(out, value)
        except UnicodeEncodeError:
            raise  # TopicCodec.encode writes such text as its escape sequence
        except Unwritable as misfit:
            raise Unwritable(f"{name}.{misfit}") from None
        except MISFITS as misfit:
            raise Unwritable(f"{name}: it is missing, or of another type or range ({type(misfit).__name__})") from None

    return write
