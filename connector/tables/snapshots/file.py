"""A snapshot as a file: a head, parts of the rows, and an end that counts them.

Each has its length and checksum before it, and a file has its name only when it is whole and on the disk: what is torn
or damaged is recognised. Calls block: run them in a thread.
"""

import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

import msgspec

FRAME = struct.Struct(">II")
"""Length and CRC-32 of what follows."""


class SnapshotHead(msgspec.Struct, frozen=True):
    """What the rows are of: a changelog by Kafka's id of it, as it stood at `offset` when it was `at_ms`. `form`: how
    they are written (see form.py)."""

    topic: str
    topic_id: str
    partition: int
    form: str
    offset: int
    at_ms: int


class SnapshotPart(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """Some rows of a merchant, in short and by their keys without it, and the keys of those that are unsettled."""

    merchant_id: str
    rows: dict[str, bytes]
    unsettled: list[str]


class SnapshotEnd(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """`reached`: the newest offset of any row in the file, for rows change while it is written."""

    rows: int
    reached: int


class SnapshotFile:
    """One that is written, beside the one of that name, which it replaces. Each step raises OSError."""

    def __init__(self, path: Path, head: SnapshotHead) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        descriptor, name = mkstemp(".unfinished", f"{path.name}.", path.parent)  # for its user alone
        self._unfinished = Path(name)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        self._rows = 0
        self._write(msgspec.msgpack.encode(head))

    def add(self, parts: Sequence[SnapshotPart]) -> None:
        for part in parts:
            self._rows += len(part.rows)
            self._write(msgspec.msgpack.encode(part))

    def finish(self, reached: int) -> None:
        self._write(msgspec.msgpack.encode(SnapshotEnd(self._rows, reached)))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._unfinished, self._path)

    def discard(self) -> None:
        with suppress(OSError):  # what could not be written can't be flushed either
            self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        self._file.write(FRAME.pack(len(content), zlib.crc32(content)))
        self._file.write(content)
