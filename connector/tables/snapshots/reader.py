"""A snapshot is read from its file, as far as it is what was written. Calls block: run them in a thread."""

import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from connector.tables.snapshots.file import FRAME, SnapshotEnd, SnapshotHead, SnapshotPart

LARGEST_FRAME = 64 * 1024 * 1024  # bytes: a length above it is no length of ours


class Damaged(Exception):
    """It is not what was written; the text says how it is seen."""


class SnapshotReader:
    """Raises OSError, FileNotFoundError among them, and Damaged: from each of these."""

    def __init__(self, path: Path) -> None:
        self._frames = _frames(path)
        self._part = msgspec.msgpack.Decoder(SnapshotPart | SnapshotEnd)
        self.end: SnapshotEnd | None = None
        with _told_as_damaged():
            self.head = msgspec.msgpack.decode(next(self._frames), type=SnapshotHead)

    def parts(self, rows: int) -> list[SnapshotPart]:
        """Of `rows` or some more; none once it has come to its `end`."""
        found, count = list[SnapshotPart](), 0
        with _told_as_damaged():
            while count < rows and self.end is None:
                part = self._part.decode(next(self._frames))
                if isinstance(part, SnapshotEnd):
                    self.end = part
                else:
                    found.append(part)
                    count += len(part.rows)
        return found

    def close(self) -> None:
        self._frames.close()


def _frames(path: Path) -> Generator[bytes, None, None]:
    with path.open("rb") as file:
        while frame := file.read(FRAME.size):
            length, checksum = FRAME.unpack(frame) if len(frame) == FRAME.size else (LARGEST_FRAME + 1, 0)
            content = file.read(length) if length <= LARGEST_FRAME else b""
            if len(content) != length or zlib.crc32(content) != checksum:
                raise Damaged(f"its checksum fails before byte {file.tell()}")
            yield content
    raise Damaged("it has no end")


@contextmanager
def _told_as_damaged() -> Iterator[None]:
    try:
        yield
    except msgspec.MsgspecError:
        raise Damaged("its content is of another form") from None
