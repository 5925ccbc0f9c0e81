"""Past what a writer says and we don't ask for."""

from collections.abc import Callable
from typing import TypeAlias

from connector.kafka.avro.binary import PRIMITIVE_READERS, Cursor
from connector.kafka.avro.types import (
    ArrayType,
    AvroType,
    DecimalType,
    EnumType,
    FixedType,
    MapType,
    PrimitiveType,
    RecordType,
    UnionType,
)

SkipValue: TypeAlias = Callable[[Cursor], object]
"""Moves the cursor past a value, or raises Undecodable."""


class Skippers:
    """For recursive types too: they are as deep as their bytes say. What takes no bytes takes no time either."""

    def __init__(self) -> None:
        self._records: dict[RecordType, list[SkipValue]] = {}
        self._empty: dict[RecordType, bool] = {}

    def of(self, kind: AvroType) -> SkipValue:
        match kind:
            case PrimitiveType("string" | "bytes"):
                return _skip_bytes
            case PrimitiveType(name):
                return PRIMITIVE_READERS[name]
            case DecimalType(size=size):
                return _skip_bytes if size is None else _skip_fixed(size)
            case FixedType(size=size):
                return _skip_fixed(size)
            case EnumType(symbols=symbols):
                return lambda cursor: cursor.read_index(len(symbols))
            case ArrayType(items):
                return _repeated(() if self.is_empty(items) else (self.of(items),))
            case MapType(values):
                return _repeated((self.of(PrimitiveType("string")), self.of(values)))
            case UnionType(branches):
                skips = tuple(self.of(branch) for branch in branches)
                return lambda cursor: skips[cursor.read_index(len(skips))](cursor)
            case RecordType():
                return self._record(kind)

    def _record(self, record: RecordType) -> SkipValue:
        if record not in self._records:
            self._records[record] = []
            self._records[record] += (self.of(each.type) for each in record.fields if not self.is_empty(each.type))
        parts = self._records[record]  # of a record within itself: filled by the time it is used

        def skip(cursor: Cursor) -> None:
            with cursor.deeper():
                for part in parts:
                    part(cursor)

        return skip

    def is_empty(self, kind: AvroType) -> bool:
        """Its values take no bytes."""
        match kind:
            case PrimitiveType("null") | FixedType(size=0) | DecimalType(size=0):
                return True
            case RecordType():
                if kind not in self._empty:
                    self._empty[kind] = False  # of a record that needs itself there is no value
                    self._empty[kind] = all(self.is_empty(field.type) for field in kind.fields)
                return self._empty[kind]
            case _:
                return False


def _repeated(parts: tuple[SkipValue, ...]) -> SkipValue:
    def skip(cursor: Cursor) -> None:
        for count in cursor.skip_blocks():
            for _ in range(count if parts else 0):
                for part in parts:
                    part(cursor)

    return skip


def _skip_bytes(cursor: Cursor) -> None:
    cursor.skip(cursor.read_long())


def _skip_fixed(size: int) -> SkipValue:
    return lambda cursor: cursor.skip(size)
