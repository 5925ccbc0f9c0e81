"""A place for documents, and the files behind labels' URLs, in memory."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from connector.domain.orders.facts.documents import Document
from connector.domain.outcomes import Outcome
from connector.smartconnect.caller import CallReport


class Place:
    """Fails so many times first, or at the writes with these numbers. `held`: the names of what was written.
    `written_ms`: documents that are listed, and when they were written."""

    def __init__(self, failures: int = 0, *, failing: Collection[int] = ()) -> None:
        self.failures = failures
        self.held: list[str] = []
        self.written_ms: dict[str, int] = {}
        self._failing = failing
        self._written = 0

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:  # noqa: ARG002 - only names matter
        self._written += 1
        if self.failures or self._written in self._failing:
            self.failures = max(0, self.failures - 1)
            raise OSError("the disk is full")
        self.held.append(name)
        return f"file:///{name}"

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is away")
        yield from ((name, at_ms) for name, at_ms in self.written_ms.items() if name.startswith(prefix))

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            del self.written_ms[name]

    def read(self, uri: str) -> bytes:
        raise AssertionError(f"nobody reads {uri}")

    def read_named(self, name: str) -> bytes:
        raise AssertionError(f"nobody reads {name}")


class Files:
    """Label files by URL: what each further fetch comes to."""

    def __init__(self, **answers: Sequence[Outcome[Document]]) -> None:
        self.answers = {url: list(outcomes) for url, outcomes in answers.items()}

    async def fetch(self, url: str) -> CallReport[Document]:
        return CallReport(self.answers[url].pop(0))
