"""Iceberg's files in a place of documents: with the same rights, sums and clients of S3 as all else that is stored."""

from io import BytesIO
from types import TracebackType

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from connector.documents.store import DocumentPlace


class PlaceFiles(FileIO):
    """`root`: what locations begin with, without a slash at its end."""

    def __init__(self, place: DocumentPlace, root: str) -> None:
        super().__init__()
        self._place = place
        self._root = root

    def new_input(self, location: str) -> InputFile:
        return _PlaceFile(self._place, location, self._name(location))

    def new_output(self, location: str) -> OutputFile:
        return _PlaceFile(self._place, location, self._name(location))

    def delete(self, location: str | InputFile | OutputFile) -> None:
        self._place.remove([self._name(location if isinstance(location, str) else location.location)])

    def _name(self, location: str) -> str:
        name = location.removeprefix(f"{self._root}/")
        if name == location:  # a table that was made elsewhere and moved here
            raise FileNotFoundError(f"{location} is not below {self._root}")
        return name


class _PlaceFile(InputFile, OutputFile):
    """Read and written whole."""

    def __init__(self, place: DocumentPlace, location: str, name: str) -> None:
        super().__init__(location)
        self._place = place
        self._name = name
        self._written: int | None = None

    def __len__(self) -> int:
        return len(self._place.read_named(self._name)) if self._written is None else self._written

    def exists(self) -> bool:
        folder = self._name.rpartition("/")[0]
        return any(name == self._name for name, _ in self._place.listed(f"{folder}/"))

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002 - Iceberg's
        return BytesIO(self._place.read_named(self._name))

    def to_input_file(self) -> InputFile:
        return self

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: ARG002 - names are new, or ours to replace
        return _Draft(self)

    def write(self, content: bytes) -> None:
        self._place.write(self._name, content, "application/octet-stream", "")
        self._written = len(content)


class _Draft(BytesIO):
    """In memory until it is closed: a file is whole or not there."""

    def __init__(self, file: _PlaceFile) -> None:
        super().__init__()
        self._file = file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            super().close()

    def close(self) -> None:
        if not self.closed:
            content = self.getvalue()
            super().close()
            self._file.write(content)

    def __del__(self) -> None:
        """What nobody closed, a write was cut off of: io's own would close it, and so keep it."""
