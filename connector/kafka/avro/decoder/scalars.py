"""A writer's numbers, texts, times, decimals and enums as ours. They keep their meaning or are refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from connector.kafka.avro.decoder.binary import PRIMITIVE_READERS, Cursor, Read, Undecodable
from connector.kafka.avro.types import DecimalType, EnumType, PrimitiveType, named_alike, told

DECIMAL_BYTES = 64  # far more than any decimal of ours; the digits of a megabyte take minutes
TIME = "timestamp-millis"

PROMOTIONS = {
    "long": {"int"},
    "float": {"int", "long"},
    "double": {"int", "long", "float"},
    "string": {"bytes"},
    "bytes": {"string"},
}
"""To a type of ours, from these (specification, "Schema Resolution")."""

# Their values are none of the plain type's: a date is no quantity. Unknown logical types are passed over, as the
# specification demands; a uuid is text.
_MEANINGS = {
    "int": {"date", "time-millis"},
    "long": {
        *("time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos"),
        *("local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos"),
    },
    "bytes": {"big-decimal"},
}


class Mismatch(Exception):
    """The writer's schema, or a branch or symbol of it that a value chose, says nothing in ours."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}" if path else text)


class OutOfRange(Exception):
    """A value that the writer's schema allows, and ours can't hold. The message names the field."""


def read_primitive(writer: PrimitiveType, reader: PrimitiveType, path: str) -> Read:
    """Raises Mismatch. A plain long is a timestamp-millis: most producers write so."""
    if reader.logical == TIME:
        if writer.name != "long" or writer.logical not in (TIME, ""):
            raise Mismatch(path, f"the writer's {told(writer)} is no {TIME} (a long): give the time in milliseconds")
    elif writer.logical in _MEANINGS.get(writer.name, ()):
        raise Mismatch(path, f"the writer's {told(writer)} is no {told(reader)}, as ours is")
    have, want = writer.name, reader.name
    if have != want and have not in PROMOTIONS.get(want, ()):
        raise Mismatch(path, f"the writer's {told(writer)} is no {told(reader)}, as ours is")
    if want in ("float", "double"):
        number: Callable[[Cursor], Any] = PRIMITIVE_READERS[have]
        return lambda cursor: float(number(cursor))
    return PRIMITIVE_READERS[want if want in ("string", "bytes") else have]  # those two have the same bytes


def read_decimal(writer: DecimalType, reader: DecimalType, path: str) -> Read:
    """By the writer's own scale; exact, or OutOfRange."""
    size, largest, limit = writer.size, 10**writer.precision, 10**reader.precision
    up, down = 10 ** max(0, reader.scale - writer.scale), 10 ** max(0, writer.scale - reader.scale)

    def read(cursor: Cursor) -> Decimal:
        data = cursor.read_bytes() if size is None else cursor.take(size)
        if not data:
            raise Undecodable("a decimal has no bytes")
        if len(data) <= DECIMAL_BYTES:
            unscaled = int.from_bytes(data, "big", signed=True)
            ours, rest = divmod(unscaled * up, down)
            if not rest and abs(unscaled) < largest and abs(ours) < limit:
                return Decimal(ours).scaleb(-reader.scale)
        raise OutOfRange(f"{path}: it has more digits than the writer's {told(writer)} or our {told(reader)} holds")

    return read


def read_enum(writer: EnumType, reader: EnumType, path: str) -> Read:
    """A symbol that ours has not is its default, where it has one; else Mismatch when it is met."""
    if not named_alike(writer, reader):
        raise Mismatch(path, f"the writer's enum {writer.name} is not ours: name it {reader.name}")
    ours = [symbol if symbol in reader.symbols else reader.default for symbol in writer.symbols]

    def read(cursor: Cursor) -> str:
        index = cursor.read_index(len(ours))
        symbol = ours[index]
        if symbol is None:
            known = ", ".join(reader.symbols)
            raise Mismatch(path, f"{writer.symbols[index][:100]!r} is none of ours ({known})")
        return symbol

    return read
