"""One request by aiohttp, whose pool scales, in httpx's terms (its own: 100 calls/s at 500 connections, not 10,000/s).

What a call must not leave to chance: nothing is ever sent twice, the departure is stamped where the bytes are written,
no answer fills the memory, and no byte of one raises anything but what `http.py` translates.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from yarl import URL

from connector.settings.proxies import Proxies

LARGEST_ANSWER_BYTES = 32 * 1024 * 1024  # decompressed too; the largest real one is a page of labels, some MB
CHUNK_BYTES = 64 * 1024
KEEP_ALIVE_S = 15.0
DEPARTURE = "departure"
LEASE_LOST = "LeaseLost"
LANE_CLOSED = "LaneClosed"
_INFLATED = frozenset({"gzip", "x-gzip", "deflate"})
_OF_THE_WIRE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two reads, and for the whole call however slowly its bytes drip."""

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 60.0


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

    `sent_at` is never too early: the request left at that time of `clock`, or some moments before it.
    """

    gate: Callable[[], bool]
    clock: Callable[[], float]
    departing: Departing | None = None
    sent_at: float | None = None

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


class _Request(aiohttp.ClientRequest):
    """aiohttp would write a body in a task of its own, some loop passes later: so it is told of none."""

    url_as_given = ""
    content = b""
    departure: Departure | None = None

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        # As given: aiohttp decodes what it finds needlessly quoted, drops "..", and so may break a signature
        self.url = URL(self.url_as_given, encoded=True)
        protocol = conn.protocol
        if protocol is None or protocol.transport is None or protocol.writing_paused:
            raise aiohttp.ClientConnectionResetError("the connection can't be written to")
        if self.departure is not None:
            self.departure.leave()
        response = await super().send(conn)  # writes the head at once and waits for nothing
        if self.content and protocol.transport is not None:
            protocol.transport.write(self.content)
        if self.departure is not None:
            # uvloop hands to the system at the end of a pass of the loop what was written during it
            asyncio.get_running_loop().call_soon(self.departure.left)
        return response


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Made inside the event loop; closed with `aclose()`. Above `max_connections` calls wait, unstamped."""

    def __init__(
        self,
        timeouts: Timeouts,
        *,
        max_connections: int,
        headers: Mapping[str, str],
        resolver: AbstractResolver | None = None,
        proxies: Proxies | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._proxies = Proxies({}) if proxies is None else proxies
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=max_connections,
                ssl=trust or httpx.create_ssl_context(),
                keepalive_timeout=KEEP_ALIVE_S,
                resolver=resolver,
            ),
            timeout=aiohttp.ClientTimeout(
                sock_connect=timeouts.connect_s, sock_read=timeouts.read_s, connect=timeouts.total_s
            ),
            headers={**headers, "accept-encoding": "gzip"},
            skip_auto_headers=("content-type",),
            auto_decompress=False,
            request_class=_Request,
            cookie_jar=aiohttp.DummyCookieJar(),  # merchants share the connections and must not share a session
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)

        async def once(outgoing: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
            if isinstance(outgoing, _Request):
                outgoing.url_as_given, outgoing.content = url, request.content
                outgoing.departure = request.extensions.get(DEPARTURE)
            return await _never_again(outgoing, handler)

        response = await self._session.request(
            request.method,
            URL(url, encoded=True),
            headers=request.headers.multi_items(),
            allow_redirects=False,
            middlewares=(once,),
            proxy=self._proxies.of(request.url.scheme, request.url.host),
        )
        encoding = response.headers.get("content-encoding", "").strip().lower()
        headers = [(name, value) for name, value in response.raw_headers if name.lower() not in _OF_THE_WIRE]
        # No reason phrase: it may be any bytes, and says nothing that the status does not
        return httpx.Response(response.status, headers=headers, stream=_Body(response, encoding), request=request)

    async def aclose(self) -> None:
        await self._session.close()


async def _never_again(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp repeats GET and PUT after these errors and has no switch for it (aio-libs/aiohttp#10790)."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # never repeated: no connection was made
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientPayloadError(type(error).__name__) from error


class _Body(httpx.AsyncByteStream):
    """Decoded; in an encoding that we did not ask for, as it came."""

    def __init__(self, response: aiohttp.ClientResponse, encoding: str) -> None:
        self._response = response
        self._inflater = _Inflater() if encoding in _INFLATED else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises TooLargeError, zlib.error and what aiohttp raises."""
        received = 0
        async for chunk in self._response.content.iter_chunked(CHUNK_BYTES):
            received += len(chunk)
            if received > LARGEST_ANSWER_BYTES:
                raise TooLargeError
            yield self._inflater.inflated(chunk) if self._inflater else chunk
        if self._inflater is not None and received:
            self._inflater.end()

    async def aclose(self) -> None:
        # close(), not release(): the rest of an answer that was given up is nobody's
        self._response.close()


class _Inflater:
    """gzip and zlib. A few bytes may say gigabytes: never more than LARGEST_ANSWER_BYTES are made of them."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._room = LARGEST_ANSWER_BYTES

    def inflated(self, chunk: bytes) -> bytes:
        inflated = self._zlib.decompress(chunk, self._room + 1)
        self._room -= len(inflated)
        if self._room < 0 or self._zlib.unconsumed_tail:
            raise TooLargeError
        return inflated

    def end(self) -> None:
        """Raises zlib.error where the stream was cut off, or has something behind it."""
        if not self._zlib.eof or self._zlib.unused_data:
            raise zlib.error("this is not one whole compressed answer")
