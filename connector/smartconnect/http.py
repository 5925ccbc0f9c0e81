"""One HTTP exchange: never repeated behind our back, stamped when it leaves, its faults translated to outcomes.

    httpx.HTTPError, aiohttp.ClientError, OSError (timeouts too)   Unavailable; `sent` tells whether the request left
    an answer that is not HTTP, or can't be decoded                Unknown: it may have been applied
    the gate said no                                               Unavailable(sent=False), code LeaseLost

httpx.InvalidURL and httpx.StreamError are mistakes of ours: they stay exceptions.
"""

import asyncio
import logging
import platform
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import metadata

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from connector.domain.outcomes import Answer, Failed, Unavailable, Unknown

LEASE_LOST = "LeaseLost"

# Amazon's form: AppId/AppVersion (Language=..; Platform=..), developer-docs.amazon.com, "Include a User-Agent header"
USER_AGENT = (
    f"SmartConnectConnector/{metadata.version('smartconnect-connector')} "
    f"(Language=Python/{platform.python_version()}; Platform={platform.system()}/{platform.machine()})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two reads, and for the whole call however slowly its bytes drip."""

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 60.0


class NotSentError(Exception):
    """The gate closed while the call waited for a token or a connection."""


@dataclass(slots=True, kw_only=True)
class Departure:
    """Asked and stamped by the transport when a connection is ready and nothing is left to wait for."""

    gate: Callable[[], bool]
    clock: Callable[[], float]
    told: Callable[[float], None] | None = None
    url: str = ""
    sent_at: float | None = None

    def leave(self) -> None:
        if not self.gate():
            raise NotSentError
        self.sent_at = self.clock()
        if self.told is not None:
            self.told(self.sent_at)


tell_departure: ContextVar[Callable[[float], None] | None] = ContextVar("tell_departure", default=None)
"""Who wants to hear, with `sent_at`, that the one call made in this context leaves (not its token's)."""


# httpx-aiohttp passes no request extensions on to aiohttp; both run in the caller's task, so a context variable arrives
_departure: ContextVar[Departure | None] = ContextVar("departure", default=None)


class _StampedRequest(aiohttp.ClientRequest):
    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        departure = _departure.get()
        if departure is not None:
            # As given: aiohttp decodes what it finds needlessly quoted, drops "..", and so may break a signature
            self.url = URL(departure.url, encoded=True)
            departure.leave()
        return await super().send(conn)


async def _never_repeat(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp repeats GET and PUT after these errors and has no switch for it (aio-libs/aiohttp#10790)."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # never repeated: no connection was made
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientPayloadError(type(error).__name__) from error  # httpx-aiohttp reads it as ReadError


def open_http(timeouts: Timeouts, *, max_connections: int = 1000) -> httpx.AsyncClient:
    """A client for all merchants; close it with `aclose()`. Above `max_connections` calls wait, unstamped."""
    # httpx logs each URL at INFO: that of a label carries a signature (G10)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    tls = httpx.create_ssl_context()

    def open_session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections, ssl=tls, keepalive_timeout=15),
            request_class=_StampedRequest,
            middlewares=(_never_repeat,),
            cookie_jar=aiohttp.DummyCookieJar(),  # merchants share this client and must not share a session
        )

    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=tls, client=open_session),
        timeout=httpx.Timeout(timeouts.read_s, connect=timeouts.connect_s, pool=timeouts.total_s),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"user-agent": USER_AGENT},
        trust_env=False,  # with a proxy variable set httpx would mount its own transport, past ours
    )


async def exchange(
    http: httpx.AsyncClient, request: httpx.Request, departure: Departure, total_s: float
) -> httpx.Response | Failed:
    """The whole answer, of whatever status, or what became of the call without one."""
    departure.url = str(request.url)
    token = _departure.set(departure)
    try:
        async with asyncio.timeout(total_s):
            return await http.send(request)
    except NotSentError:
        why = "this worker may no longer own the merchant's partition: nothing was sent"
        return Unavailable(Answer(code=LEASE_LOST, message=why), sent=False)
    except (httpx.DecodingError, httpx.RemoteProtocolError, aiohttp.ClientResponseError) as error:
        return Unknown(_unheard(error, "the answer could not be decoded"))
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
        # By the stamp, not by the error's type: httpx-aiohttp 0.2.0 calls any lost connection a ConnectTimeout
        sent = departure.sent_at is not None
        return Unavailable(_unheard(error, "sent, but not answered" if sent else "no connection was made"), sent=sent)
    finally:
        _departure.reset(token)


def _unheard(error: BaseException, message: str) -> Answer:
    """Only type names: an exception's text may quote a signed URL."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return Answer(code=type(cause).__name__, message=message)
