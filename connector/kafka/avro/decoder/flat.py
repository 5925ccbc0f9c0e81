"""Records of texts and whole numbers alone, as the OMS's updates are: they come by the million.

How one is read is written out field by field, once for each schema: a loop over the fields takes twice as long.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeAlias

from connector.kafka.avro.decoder.binary import MAX_INT, MAX_LONG, Cursor, Read

ReadFlat: TypeAlias = Callable[[bytes, int], dict[str, object] | None]
"""(bytes, where the record begins in them) -> the record. None: it is to be read by the Cursor, which says what is
wrong, if anything is. Nothing else may follow it."""

# fmt: off
_TEXT = """
  n = data[at]
  if n < 128: at += 1
  else: n, at = varint(data, at)
  if n & 1: return None
  stop = at + (n >> 1)
  v{field} = data[at:stop].decode()
  at = stop"""
_NUMBER = """
  n = data[at]
  if n < 128: at += 1
  else: n, at = varint(data, at)
  if n > {most}: return None
  v{field} = n >> 1 ^ -(n & 1)"""
_RECORD = """
def read_flat(data, at):
 try:{fields}
 except (IndexError, UnicodeDecodeError):
  return None
 return {{{items}}} if at == len(data) else None"""
# fmt: on
_FIELDS: dict[Read, tuple[str, int]] = {
    Cursor.read_string: (_TEXT, MAX_LONG),
    Cursor.read_int: (_NUMBER, MAX_INT),
    Cursor.read_long: (_NUMBER, MAX_LONG),
}
_SIX_BYTES_SIGNS = sum(0x80 << 7 * place for place in range(5))


def is_flat(fields: Sequence[tuple[str, Read]]) -> bool:
    return bool(fields) and all(read in _FIELDS for _, read in fields)


class FlatRecord:
    """Reads one of such `fields`: `at_once` where that does it, else field by field, as any record is read."""

    def __init__(self, fields: Sequence[tuple[str, Read]]) -> None:
        self._fields = fields

    def __call__(self, cursor: Cursor) -> dict[str, object]:
        return {name: read(cursor) for name, read in self._fields}

    @cached_property
    def at_once(self) -> ReadFlat:
        parts = (_FIELDS[read] for _, read in self._fields)
        lines = "".join(text.format(field=field, most=most) for field, (text, most) in enumerate(parts))
        items = ", ".join(f"{name!r}: v{field}" for field, (name, _) in enumerate(self._fields))
        made: dict[str, ReadFlat] = {}
        exec(_RECORD.format(fields=lines, items=items), {"varint": _varint}, made)  # noqa: S102  # of our schema's names
        return made["read_flat"]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of several bytes, and where it ends. Raises IndexError where it does not."""
    six = data[at : at + 6]
    if len(six) == 6 and six[5] < 0x80:  # a time in milliseconds has six until the year 2109
        a, b, c, d, e, f = six
        if b & c & d & e & 0x80:
            return a + (b << 7) + (c << 14) + (d << 21) + (e << 28) + (f << 35) - _SIX_BYTES_SIGNS, at + 6
    number = shift = 0
    while (byte := data[at]) >= 0x80:
        number |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise IndexError
    return number | byte << shift, at + 1
