"""Numbers, texts, bytes, decimals and enums as Avro's bytes (specification 1.11, "Primitive Types", "Decimal").

Each takes values of its own type alone: of any other it raises one of MISFITS.
"""

import struct
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, TypeAlias

from connector.kafka.avro import types as avro

WriteValue: TypeAlias = Callable[[bytearray, Any], None]
"""Appends a value's bytes."""

MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)

_DOUBLE = struct.Struct("<d")


def write_long(out: bytearray, value: int) -> None:
    """Raises OverflowError beyond 64 bits."""
    left = value << 1 ^ value >> 63
    if not 0 <= left <= 0xFFFF_FFFF_FFFF_FFFF:
        raise OverflowError
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)


def write_int(out: bytearray, value: int) -> None:
    if not -0x8000_0000 <= value <= 0x7FFF_FFFF:
        raise OverflowError
    write_long(out, value)


def write_boolean(out: bytearray, value: bool) -> None:
    if type(value) is not bool:
        raise TypeError
    out.append(value)


def write_double(out: bytearray, value: float) -> None:
    out += _DOUBLE.pack(value)


def write_bytes(out: bytearray, value: bytes) -> None:
    if not isinstance(value, bytes):
        raise TypeError
    write_long(out, len(value))
    out += value


def write_string(out: bytearray, value: str | Decimal) -> None:
    if isinstance(value, Decimal):
        value = format(value, "f")
    data = value.encode()
    length = len(data)
    if length < 64:
        out.append(length << 1)
    else:
        write_long(out, length)
    out += data


def decimal_writer(kind: avro.DecimalType) -> WriteValue:
    unit, scale, limit = Decimal(1).scaleb(-kind.scale), kind.scale, 10**kind.precision

    def write(out: bytearray, value: Decimal) -> None:
        unscaled = int(value.quantize(unit, ROUND_HALF_EVEN).scaleb(scale))
        if not -limit < unscaled < limit:
            raise OverflowError
        size = unscaled.bit_length() // 8 + 1
        out.append(size << 1)
        out += unscaled.to_bytes(size, "big", signed=True)

    return write


def enum_writer(symbols: tuple[str, ...]) -> WriteValue:
    indexes = {symbol: index for index, symbol in enumerate(symbols)}

    def write(out: bytearray, value: str) -> None:
        write_long(out, indexes[value])

    return write


PRIMITIVE_WRITERS: dict[str, WriteValue] = {
    "boolean": write_boolean,
    "int": write_int,
    "long": write_long,
    "double": write_double,
    "bytes": write_bytes,
    "string": write_string,
}
