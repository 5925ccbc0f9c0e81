"""One request over aiohttp's connections: its pool, TLS, proxies and parser, and none of what it does around them.

Of a call of aiohttp's or httpx's client more than half of the time went into building and looking at things that are
the same for every call: URLs, cookies, headers, redirects, a writer that is a task. Here the head is text, and head and
body are one write.

What a call must not leave to chance: nothing is ever sent twice, the departure is stamped where the bytes are written,
no answer fills the memory, and no byte of one raises anything but what `http.py` translates.
"""

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.hdrs import PROXY_AUTHORIZATION
from aiohttp.streams import StreamReader
from yarl import URL

from connector.settings.proxies import Proxies
from connector.smartconnect.messages import Departure, Request, Response, TooLargeError

LARGEST_ANSWER_BYTES = 32 * 1024 * 1024  # decompressed too; the largest real one is a page of labels, some MB
KEEP_ALIVE_S = 15.0
MOST_ORIGINS = 100
_INFLATED = frozenset({"gzip", "x-gzip", "deflate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two reads, and for the whole call however slowly its bytes drip."""

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 60.0


@dataclass(frozen=True, slots=True)
class _Origin:
    """`place`: as aiohttp's pool knows it; never sent. `prefix`: what stands before a target: a proxy that hands on
    unencrypted requests is told whole URLs. `headers`: those of every request to it."""

    place: aiohttp.ClientRequest
    prefix: str
    headers: str

    def head(self, request: Request, length: str) -> str:
        # aiohttp derives it from the proxy's URL while it connects
        authorization = self.place.headers.get(PROXY_AUTHORIZATION) if self.prefix else None
        proxy = "" if authorization is None else f"{PROXY_AUTHORIZATION}: {authorization}\r\n"
        first = f"{request.method} {self.prefix}{request.target} HTTP/1.1\r\n"
        return f"{first}{self.headers}{proxy}{length}{_lines(request.headers)}\r\n"


class _Connector(aiohttp.TCPConnector):
    """Of the connections that rest, the one that came last is used first, so that a worker keeps as many as it needs.

    aiohttp takes the one that rests longest: what a burst has opened is then used in turn, and stays for ever.
    """

    async def _get(
        self, key: aiohttp.client_reqrep.ConnectionKey, traces: list[aiohttp.tracing.Trace]
    ) -> aiohttp.connector.Connection | None:
        if (resting := self._conns.get(key)) is not None:
            resting.rotate()  # aiohttp takes the first
        return await super()._get(key, traces)


class AiohttpTransport:
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
        self._loop = asyncio.get_running_loop()
        self._proxies = Proxies({}) if proxies is None else proxies
        self._connector = _Connector(
            limit=max_connections,
            ssl=trust or httpx.create_ssl_context(),
            keepalive_timeout=KEEP_ALIVE_S,
            resolver=resolver,
        )
        self._connecting = aiohttp.ClientTimeout(sock_connect=timeouts.connect_s, connect=timeouts.total_s)
        # A timer for each read is not for nothing only where it ends before that of the whole call
        self._read_s = timeouts.read_s if timeouts.read_s < timeouts.total_s else None
        self._headers = _lines({**headers, "accept-encoding": "gzip"})
        self._origins: dict[str, _Origin] = {}

    async def send(self, request: Request, departure: Departure) -> Response:
        origin = self._origin(request.origin)
        connection = await self._connector.connect(origin.place, [], self._connecting)
        try:
            response = await self._exchange(connection.protocol, _written(request, origin), departure)
        except BaseException:
            connection.close()
            raise
        connection.release()  # which closes what must not be used again
        return response

    async def aclose(self) -> None:
        await self._connector.close()

    def _origin(self, origin: str) -> _Origin:
        known = self._origins.get(origin)
        if known is None:
            if len(self._origins) >= MOST_ORIGINS:
                self._origins.clear()
            known = self._origins[origin] = self._new_origin(origin)
        return known

    def _new_origin(self, origin: str) -> _Origin:
        url = URL(origin, encoded=True)
        proxy = self._proxies.of(url.scheme, url.host or "")
        place = aiohttp.ClientRequest("GET", url, loop=self._loop, proxy=None if proxy is None else URL(proxy))
        prefix = origin if proxy is not None and url.scheme == "http" else ""
        return _Origin(place, prefix, f"host: {origin.partition('://')[2]}\r\n{self._headers}")

    async def _exchange(self, protocol: ResponseHandler | None, written: bytes, departure: Departure) -> Response:
        # What stands in its buffer already was nobody's answer, and must not become this one's
        if protocol is None or protocol.transport is None or protocol.writing_paused or protocol.should_close:
            raise aiohttp.ClientConnectionResetError("the connection can't be written to")
        protocol.set_response_params(read_until_eof=True, auto_decompress=False, read_timeout=self._read_s)
        departure.leave()
        protocol.transport.write(written)
        protocol.start_timeout()
        # uvloop hands to the system at the end of a pass of the loop what was written during it
        self._loop.call_soon(departure.left)
        message, payload = await protocol.read()
        while 100 <= message.code <= 199 and message.code != 101:
            message, payload = await protocol.read()
        departure.begun = Response(message.code, message.headers)
        return Response(message.code, message.headers, await _content(payload, message.headers))


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


def _written(request: Request, origin: _Origin) -> bytes:
    """Raises UnicodeEncodeError: head and target are ASCII."""
    length = f"content-length: {len(request.content)}\r\n" if request.content or request.method != "GET" else ""
    return origin.head(request, length).encode("ascii") + request.content


async def _content(payload: StreamReader, headers: Mapping[str, str]) -> bytes:
    """Decompressed; in an encoding that we did not ask for, as it came. Raises TooLargeError, zlib.error and what
    aiohttp raises."""
    inflater = _Inflater() if headers.get("content-encoding", "").strip().lower() in _INFLATED else None
    chunks: list[bytes] = []
    received = 0
    while chunk := await payload.readany():
        received += len(chunk)
        if received > LARGEST_ANSWER_BYTES:
            raise TooLargeError
        chunks.append(chunk if inflater is None else inflater.inflated(chunk))
    if inflater is not None and received:
        inflater.end()
    return b"".join(chunks)


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
