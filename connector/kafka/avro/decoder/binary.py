"""Avro's binary encoding, read strictly (specification 1.11, "Binary Encoding").

Written here because fastavro's reader takes too much: a number that overflows becomes another one, a union's or an
enum's index of -1 the last of them, a decimal is rounded, and a recursive schema ends the process.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

MAX_ITEMS = 100_000  # of all arrays and maps of one value that are kept
MAX_SKIPPED = 150_000  # items, blocks, records, arrays and maps of one value that no field of ours is for
MAX_LEVELS = 128  # of those skipped, within each other: a recursive type is as deep as its bytes say

MAX_INT, MAX_LONG = 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF  # in zigzag: the signs are in it
TOO_LARGE = {MAX_INT: "an int has more than 32 bits", MAX_LONG: "a number has more than 64 bits"}

_FLOAT, _DOUBLE = struct.Struct("<f"), struct.Struct("<d")


class Undecodable(Exception):
    """The bytes are none of their schema's. An IndexError of a Cursor means the same: they end too early."""


class Cursor:
    """A place in `data`. Each `read_` gives the value that begins there and moves past it, or raises Undecodable."""

    __slots__ = ("_items_left", "_levels_left", "_skips_left", "at", "data", "end")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.end = len(data)
        self._items_left = MAX_ITEMS
        self._levels_left = MAX_LEVELS
        self._skips_left = MAX_SKIPPED

    def read_null(self) -> None:
        return None

    def read_boolean(self) -> bool:
        byte = self.data[self.at]
        self.at += 1
        if byte > 1:
            raise Undecodable("a boolean is neither 0 nor 1")
        return byte == 1

    def read_int(self) -> int:
        number = self.read_long()
        if not -0x8000_0000 <= number <= 0x7FFF_FFFF:
            raise Undecodable(TOO_LARGE[MAX_INT])
        return number

    def read_long(self) -> int:
        data, at = self.data, self.at
        byte = data[at]
        at += 1
        if byte < 0x80:
            self.at = at
            return (byte >> 1) ^ -(byte & 1)
        number, shift = byte & 0x7F, 7
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise Undecodable(TOO_LARGE[MAX_LONG])
        if number > MAX_LONG:
            raise Undecodable(TOO_LARGE[MAX_LONG])
        self.at = at
        return (number >> 1) ^ -(number & 1)

    def read_float(self) -> float:
        return float(_FLOAT.unpack(self.take(4))[0])

    def read_double(self) -> float:
        return float(_DOUBLE.unpack(self.take(8))[0])

    def read_bytes(self) -> bytes:
        return self.take(self.read_long())

    def read_string(self) -> str:
        at = self.at
        byte = self.data[at]
        if not byte:  # half of all texts are empty
            self.at = at + 1
            return ""
        if byte & 0x81:  # not to be told by one byte, or negative
            length, at = self.read_long(), self.at
        else:  # a call for each takes a third more
            length, at = byte >> 1, at + 1
        self.at = end = at + length
        if length < 0 or end > self.end:
            raise Undecodable("a length is negative, or longer than what is left")
        try:
            return self.data[at:end].decode()
        except UnicodeDecodeError:
            raise Undecodable("a string is not UTF-8") from None

    def take(self, length: int) -> bytes:
        at = self.at
        self.skip(length)
        return self.data[at : self.at]

    def skip(self, length: int) -> None:
        if not 0 <= length <= self.end - self.at:
            raise Undecodable("a length is negative, or longer than what is left")
        self.at += length

    def read_index(self, count: int) -> int:
        """Of an enum's symbol or a union's branch."""
        index = self.read_long()
        if not 0 <= index < count:
            raise Undecodable("an index is beyond its enum or union")
        return index

    def blocks(self) -> Iterator[int]:
        """How many items (or entries) each block of an array (or a map) has; read them before the next one."""
        while count := self.read_long():
            if count < 0:
                count = -count
                self.read_long()  # the block's size in bytes, for those who skip it
            self._items_left -= count
            if self._items_left < 0:
                raise Undecodable(f"more than {MAX_ITEMS} items")
            yield count

    def skip_blocks(self) -> Iterator[int]:
        """As `blocks`; those that tell their size are skipped already, and not given."""
        while count := self.read_long():
            self.count_skipped(1)
            if count < 0:
                self.skip(self.read_long())
            else:
                yield count

    def count_skipped(self, items: int) -> None:
        """Of what no field of ours is for."""
        self._skips_left -= items
        if self._skips_left < 0:
            raise Undecodable(f"more than {MAX_SKIPPED} items that no field of ours is for")

    def enter(self) -> None:
        """A record, array or map that is skipped, until `leave`. Records within each other may take no bytes of their
        own, so that their bytes alone bound neither time nor depth."""
        self.count_skipped(1)
        self._levels_left -= 1
        if self._levels_left < 0:
            raise Undecodable(f"records, arrays or maps lie more than {MAX_LEVELS} deep in each other")

    def leave(self) -> None:
        self._levels_left += 1

    def finish(self) -> None:
        """Raises Undecodable where anything is left."""
        if self.at != self.end:
            raise Undecodable(f"{self.end - self.at} bytes are left over")


Read: TypeAlias = Callable[[Cursor], Any]

PRIMITIVE_READERS: dict[str, Callable[[Cursor], object]] = {
    "null": Cursor.read_null,
    "boolean": Cursor.read_boolean,
    "int": Cursor.read_int,
    "long": Cursor.read_long,
    "float": Cursor.read_float,
    "double": Cursor.read_double,
    "bytes": Cursor.read_bytes,
    "string": Cursor.read_string,
}
