"""Rows out of the garbage collector's sight.

Tables hold millions of small objects that live long. Each full collection looks at every one of them, and the event
loop stands still meanwhile: 4 s at 1,000,000 rows. A row is a tree without a way back up, so counting references is
all that it needs to be freed.
"""

import ctypes
import dataclasses
import gc
from typing import Any

import msgspec

_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.argtypes, _untrack.restype = [ctypes.py_object], None

_is_part: dict[type, bool] = {}  # of rows; not so: enumerations, and whatever else is everybody's


def untrack_alone(container: dict[str, Any]) -> None:
    """Not what is in it; dicts are tracked again with whatever is put into them."""
    _untrack(container)


def untrack(row: Any) -> None:
    """`row`: a struct or dataclass of those, dicts, lists, tuples and plain values, as it is read from JSON."""
    parts = [row]
    while parts:
        part = parts.pop()
        kind = type(part)
        known = _is_part.get(kind)
        if known is None:
            known = _is_part[kind] = kind in (dict, list, tuple) or _has_fields(kind)
        if known and gc.is_tracked(part):
            parts += gc.get_referents(part)
            _untrack(part)


def _has_fields(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)
