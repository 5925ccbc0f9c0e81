"""Past what a writer says and we don't ask for."""

from collections.abc import Callable
from typing import TypeAlias

from connector.kafka.avro import types as avro
from connector.kafka.avro.decoder.binary import PRIMITIVE_READERS, Cursor

SkipValue: TypeAlias = Callable[[Cursor], object]
"""Moves the cursor past a value, or raises Undecodable."""


class Skippers:
    """For recursive types too: they are as deep as their bytes say. What takes no bytes takes no time either."""

    def __init__(self) -> None:
        self._records: dict[avro.RecordType, list[SkipValue]] = {}
        self._empty: dict[avro.RecordType, bool] = {}

    def of(self, kind: avro.AvroType) -> SkipValue:
        match kind:
            case avro.PrimitiveType("string" | "bytes"):
                return _skip_bytes
            case avro.PrimitiveType(name):
                return PRIMITIVE_READERS[name]
            case avro.DecimalType(size=size):
                return _skip_bytes if size is None else _skip_fixed(size)
            case avro.FixedType(size=size):
                return _skip_fixed(size)
            case avro.EnumType(symbols=symbols):
                return lambda cursor: cursor.read_index(len(symbols))
            case avro.ArrayType(items):
                return _repeated(() if self.is_empty(items) else (self.of(items),))
            case avro.MapType(values):
                return _repeated((self.of(avro.PrimitiveType("string")), self.of(values)))
            case avro.UnionType(branches):
                skips = tuple(self.of(branch) for branch in branches)
                return lambda cursor: skips[cursor.read_index(len(skips))](cursor)
            case avro.RecordType():
                return self._record(kind)

    def _record(self, record: avro.RecordType) -> SkipValue:
        if record not in self._records:
            self._records[record] = []
            self._records[record] += (self.of(each.type) for each in record.fields if not self.is_empty(each.type))
        parts = self._records[record]  # of a record within itself: filled by the time it is used

        def skip(cursor: Cursor) -> None:
            cursor.enter()
            for part in parts:
                part(cursor)
            cursor.leave()

        return skip

    def is_empty(self, kind: avro.AvroType) -> bool:
        """Its values take no bytes."""
        match kind:
            case avro.PrimitiveType("null") | avro.FixedType(size=0) | avro.DecimalType(size=0):
                return True
            case avro.RecordType():
                if kind not in self._empty:
                    self._empty[kind] = False  # of a record that needs itself there is no value
                    self._empty[kind] = all(self.is_empty(field.type) for field in kind.fields)
                return self._empty[kind]
            case _:
                return False


def _repeated(parts: tuple[SkipValue, ...]) -> SkipValue:
    def skip(cursor: Cursor) -> None:
        cursor.enter()
        for count in cursor.skip_blocks():
            if not parts:
                continue
            cursor.count_skipped(count)
            for _ in range(count):
                for part in parts:
                    part(cursor)
        cursor.leave()

    return skip


def _skip_bytes(cursor: Cursor) -> None:
    cursor.skip(cursor.read_long())


def _skip_fixed(size: int) -> SkipValue:
    return lambda cursor: cursor.skip(size)
