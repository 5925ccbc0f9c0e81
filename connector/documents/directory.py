"""Documents in a directory, such as a volume that the workers and the OMS share."""

import hashlib
import os
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Directory:
    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:  # noqa: ARG002 - S3's alone
        """The file's URI. Whole or not there, and still there after a power cut. Raises OSError."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self._holds(path, content):
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

    def _replace(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f".{uuid.uuid4().hex}.tmp")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)  # buyers' data: not for everyone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        for folder in path.parents:
            _sync(folder)
            if folder == self._root:
                break

    @staticmethod
    def _holds(path: Path, content: bytes) -> bool:
        if not path.is_file() or path.stat().st_size != len(content):
            return False
        return hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(content).digest()


def _sync(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
