"""Every exception of httpx and aiohttp is an outcome, but for those that are mistakes of ours."""

import ssl
from collections.abc import Iterator
from inspect import isclass

import aiohttp
import httpx
import pytest

from connector.domain.outcomes import Failed, Unavailable, Unknown
from connector.smartconnect.http import exchange
from connector.smartconnect.transport import Departure

OURS = (httpx.InvalidURL, httpx.StreamError)
# Web sockets, cookies read by name, and the end of a stream, which aiohttp's own iteration takes
NEVER_IN_A_CALL = (aiohttp.WebSocketError, aiohttp.WSMessageTypeError, aiohttp.EofStream, httpx.CookieConflict)
UNREADABLE = (httpx.DecodingError, httpx.RemoteProtocolError, aiohttp.ClientResponseError)


def exception_types() -> Iterator[type[Exception]]:
    for library in (httpx, aiohttp):
        for name in sorted(vars(library)):
            value = getattr(library, name)
            if isclass(value) and issubclass(value, Exception) and not issubclass(value, (Warning, *NEVER_IN_A_CALL)):
                yield value
    yield from (OSError, ConnectionResetError, TimeoutError, ssl.SSLError)


def made(kind: type[Exception]) -> Exception:
    """Without its __init__, for each wants other arguments."""
    return kind.__new__(kind, "SECRET https://bucket/label?X-Amz-Signature=SECRET")


async def heard(error: Exception, *, sent: bool) -> httpx.Response | Failed:
    departure = Departure(gate=lambda: True, clock=lambda: 1.0)

    def raise_it(_: httpx.Request) -> httpx.Response:
        if sent:
            departure.leave()
        raise error

    request = httpx.Request("GET", "https://example.com/")
    return await exchange(httpx.MockTransport(raise_it), request, departure, 5.0)


@pytest.mark.parametrize("sent", [True, False], ids=["sent", "unsent"])
@pytest.mark.parametrize("kind", list(exception_types()))
async def test_it_is_an_outcome(kind: type[Exception], sent: bool) -> None:
    error = made(kind)
    if issubclass(kind, OURS):
        with pytest.raises(kind):
            await heard(error, sent=sent)
        return
    outcome = await heard(error, sent=sent)
    if issubclass(kind, UNREADABLE) and not issubclass(kind, aiohttp.ClientHttpProxyError):
        assert isinstance(outcome, Unknown)
    else:
        assert outcome == Unavailable(outcome.answer, sent=sent)  # type: ignore[union-attr]  # a Response fails here
    assert "SECRET" not in repr(outcome)
