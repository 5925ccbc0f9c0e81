"""What a registry answers has an end: its client would read for ever, and unpack whatever it is sent."""

import time
from collections.abc import Iterator

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.common._httpx_compat import httpx  # httpx2 or httpx: the one that it took

MOST_BYTES = 4 * 1024 * 1024  # a schema's text of the longest, as JSON in JSON
LONGEST_S = 30.0  # to the last byte, however slowly they drip


def bounded(client: SchemaRegistryClient, most_bytes: int = MOST_BYTES, longest_s: float = LONGEST_S) -> None:
    """From now on an answer that is larger, or packed, is a ValueError to the one who asked; one that takes longer is a
    TimeoutError."""

    def bound(response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ValueError("the registry's answer is packed, which was not asked for")
        if isinstance(response.stream, httpx.SyncByteStream):  # always: the client's session is one
            response.stream = _Bounded(response.stream, most_bytes, longest_s)

    session = client._rest_client.session  # the client has no setting for it
    session.headers["accept-encoding"] = "identity"
    session.event_hooks = {"response": [bound]}  # called when the body has not been read yet


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, most_bytes: int, longest_s: float) -> None:
        self._stream = stream
        self._most_bytes = most_bytes
        self._longest_s = longest_s

    def __iter__(self) -> Iterator[bytes]:
        received, end = 0, time.monotonic() + self._longest_s
        for chunk in self._stream:
            received += len(chunk)
            if received > self._most_bytes:
                raise ValueError("the registry's answer is too large")
            if time.monotonic() > end:
                raise TimeoutError("the registry's answer does not end")
            yield chunk

    def close(self) -> None:
        self._stream.close()
