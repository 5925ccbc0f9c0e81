"""A request as it is written, an answer as it is read, and who has a say in when a request leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

LEASE_LOST = "LeaseLost"
LANE_CLOSED = "LaneClosed"
MOST_JSON_VALUES = 500_000  # a page of 100 shipments of 50 lines each, with all their charges, has 300,000


@dataclass(frozen=True, slots=True)
class Request:
    """`origin`: scheme://host, with a port where it is not the scheme's. `target`: path and query as they are sent:
    nothing of them is decoded, quoted anew or dropped, for that may break a signature."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """`headers`: by their names in lower case, whatever case they came in. `content`: decompressed."""

    status_code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code <= 299


def split_url(url: str) -> tuple[str, str]:
    """Its origin and target, as a request has them. What a URL may not have as it is, blanks say, is quoted. Raises
    httpx.InvalidURL."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}", parsed.raw_path.decode()


def is_parsable(content: str | bytes) -> bool:
    """It holds no more than MOST_JSON_VALUES values: a megabyte of `[],` takes seconds and a hundred times its size.
    Every value but the first one comes after one of these characters; those within texts count too."""
    if isinstance(content, str):
        return content.count(",") + content.count("[") + content.count("{") <= MOST_JSON_VALUES
    return content.count(b",") + content.count(b"[") + content.count(b"{") <= MOST_JSON_VALUES


def is_in_utf8(content: bytes) -> bool:
    """Also what nobody reads of it: msgspec does not look at that."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class Http(Protocol):
    async def send(self, request: Request, departure: "Departure") -> Response:
        """Once, never again. Raises NotSentError, TooLargeError, and what aiohttp and zlib raise."""

    async def aclose(self) -> None: ...


class NotSentError(Exception):
    """A gate closed while the call waited for a token or a connection."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why


class TooLargeError(Exception):
    """The answer, or what it decompresses to, has no end that we would wait for."""


class Departing(Protocol):
    """Who has a say in when one call leaves. `may_leave` is asked when nothing is left to wait for; `left` hears when
    it left, in seconds of the transport's clock."""

    def may_leave(self) -> bool: ...

    def left(self, sent_at: float) -> None: ...


@dataclass(slots=True, kw_only=True)
class Departure:
    """Asked when a connection is ready and nothing is left to wait for; stamped when the bytes are gone.

    `sent_at` is never too early: the request left at that time of `clock`, or some moments before it. `begun`: the
    answer without its body, once its status is known.
    """

    gate: Callable[[], bool]
    clock: Callable[[], float]
    departing: Departing | None = None
    sent_at: float | None = None
    begun: Response | None = None

    def leave(self) -> None:
        """Raises NotSentError."""
        if not self.gate():
            raise NotSentError(LEASE_LOST, "this worker may no longer own the merchant's partition")
        if self.departing is not None and not self.departing.may_leave():
            raise NotSentError(LANE_CLOSED, "Amazon asked to wait since this call was begun")
        self.sent_at = self.clock()

    def left(self) -> None:
        self.sent_at = self.clock()
        if self.departing is not None:
            self.departing.left(self.sent_at)
