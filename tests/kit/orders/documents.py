"""A place for documents, and the files behind labels' URLs, in memory."""

from collections.abc import Collection, Sequence

from connector.domain.orders.facts.documents import Document
from connector.domain.outcomes import Outcome
from connector.smartconnect.caller import CallReport


class Place:
    """Fails so many times first, or at the writes with these numbers. `held`: the names of what was written."""

    def __init__(self, failures: int = 0, *, failing: Collection[int] = ()) -> None:
        self.failures = failures
        self.held: list[str] = []
        self._failing = failing
        self._written = 0

    def write(self, name: str, content: bytes, content_type: str, kms_key_arn: str) -> str:  # noqa: ARG002 - only names matter
        self._written += 1
        if self.failures or self._written in self._failing:
            self.failures = max(0, self.failures - 1)
            raise OSError("the disk is full")
        self.held.append(name)
        return f"file:///{name}"

    def read(self, uri: str) -> bytes:
        raise AssertionError(f"nobody reads {uri}")


class Files:
    """Label files by URL: what each further fetch comes to."""

    def __init__(self, **answers: Sequence[Outcome[Document]]) -> None:
        self.answers = {url: list(outcomes) for url, outcomes in answers.items()}

    async def fetch(self, url: str) -> CallReport[Document]:
        return CallReport(self.answers[url].pop(0))
