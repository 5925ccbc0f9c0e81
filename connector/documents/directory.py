"""Documents in a directory, such as a volume that the workers and the OMS share: for their user alone."""

import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

FOLDER_MODE, FILE_MODE = 0o700, 0o600  # whatever the umask: they hold buyers' data


class Directory:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._on_disk: set[Path] = set()  # folders whose names were synced

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:  # noqa: ARG002 - S3's alone
        """The file's URI. Whole or not there, and still there after a power cut. Raises OSError."""
        path = self._root / name
        self._make_folders(path.parent)
        if self._holds(path, content):
            _close(path, FILE_MODE)
            os.utime(path)  # its time begins anew
        else:
            self._replace(path, content)
        if not self._holds(path, content):
            raise OSError(f"{path} does not hold what was written to it")
        return path.as_uri()

    def read(self, uri: str) -> bytes:
        """Raises OSError; ValueError for a URI that is not below the root."""
        path = Path(unquote(urlsplit(uri).path)).resolve()
        if urlsplit(uri).scheme != "file" or not path.is_relative_to(self._root.resolve()):
            raise ValueError(f"it is not below {self._root.as_uri()}")
        return path.read_bytes()

    def read_named(self, name: str) -> bytes:
        """Raises OSError."""
        return (self._root / name).read_bytes()

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Names below that folder (empty: the root), and when each was written, in epoch milliseconds."""
        for folder, _, files in os.walk(self._root / prefix):
            for file in files:
                path = Path(folder, file)
                with suppress(FileNotFoundError):  # another worker was faster
                    yield path.relative_to(self._root).as_posix(), path.stat().st_mtime_ns // 1_000_000

    def remove(self, names: Iterable[str]) -> None:
        """With the folders that are empty then. What is gone already is no fault. Raises OSError."""
        for name in names:
            path = self._root / name
            path.unlink(missing_ok=True)
            with suppress(OSError):  # of a folder that is not empty
                for folder in list(path.relative_to(self._root).parents)[:-1]:
                    (self._root / folder).rmdir()

    def _make_folders(self, folder: Path) -> None:
        """Those that are missing, and those below the root, are closed to others; a root that somebody made is left as
        it was made."""
        if folder == self._root:
            missing = [each for each in (folder, *folder.parents) if not each.exists()]
            for each in reversed(missing):
                each.mkdir(FOLDER_MODE, exist_ok=True)
                _close(each, FOLDER_MODE)
            return
        if folder in self._on_disk and folder.is_dir():
            return
        self._on_disk.discard(folder)  # somebody removed it
        self._make_folders(folder.parent)
        folder.mkdir(FOLDER_MODE, exist_ok=True)
        _close(folder, FOLDER_MODE)

    def _replace(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f".{uuid.uuid4().hex}.tmp")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, FILE_MODE)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._sync_folders(path.parent)

    def _sync_folders(self, folder: Path) -> None:
        """The one that holds a new file, and those above as far as their names may not be on the disk yet."""
        named = []
        _sync(folder)
        while folder != self._root and folder not in self._on_disk:
            named.append(folder)
            folder = folder.parent
            _sync(folder)
        self._on_disk.update(named)

    @staticmethod
    def _holds(path: Path, content: bytes) -> bool:
        try:
            return path.read_bytes() == content
        except FileNotFoundError:
            return False


def _close(path: Path, mode: int) -> None:
    """An older version left them open to the group; one of another's user can't be changed, and need not be."""
    if stat.S_IMODE(path.stat().st_mode) != mode:
        with suppress(PermissionError):
            path.chmod(mode)


def _sync(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
