"""Every exception of aiohttp is an outcome."""

import ssl
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import isclass

import aiohttp
import pytest
from aiohttp.http import HttpProcessingError

from connector.domain.outcomes import Failed, Unavailable, Unknown
from connector.smartconnect.http import exchange
from connector.smartconnect.messages import Departure, Request, Response, TooLargeError

# Web sockets, and the end of a stream, which aiohttp's own reading takes
NEVER_IN_A_CALL = (aiohttp.WebSocketError, aiohttp.WSMessageTypeError, aiohttp.EofStream)
UNREADABLE = (aiohttp.ClientResponseError, HttpProcessingError, TooLargeError, zlib.error)


def exception_types() -> Iterator[type[Exception]]:
    for library in (aiohttp, aiohttp.http_exceptions):
        for name in sorted(vars(library)):
            value = getattr(library, name)
            if isclass(value) and issubclass(value, Exception) and not issubclass(value, (Warning, *NEVER_IN_A_CALL)):
                yield value
    yield from (OSError, ConnectionResetError, TimeoutError, ssl.SSLError, TooLargeError, zlib.error)


def made(kind: type[Exception]) -> Exception:
    """Without its __init__, for each wants other arguments."""
    return kind.__new__(kind, "SECRET https://bucket/label?X-Amz-Signature=SECRET")


@dataclass
class Raising:
    """An Http."""

    error: Exception
    sent: bool

    async def send(self, _request: Request, departure: Departure) -> Response:
        if self.sent:
            departure.leave()
        raise self.error

    async def aclose(self) -> None: ...


async def heard(error: Exception, *, sent: bool) -> Response | Failed:
    departure = Departure(gate=lambda: True, clock=lambda: 1.0)
    return await exchange(Raising(error, sent), Request("GET", "https://example.com", "/"), departure, 5.0)


@pytest.mark.parametrize("sent", [True, False], ids=["sent", "unsent"])
@pytest.mark.parametrize("kind", list(exception_types()))
async def test_it_is_an_outcome(kind: type[Exception], sent: bool) -> None:
    error = made(kind)
    outcome = await heard(error, sent=sent)
    if issubclass(kind, UNREADABLE) and not issubclass(kind, aiohttp.ClientHttpProxyError):
        assert isinstance(outcome, Unknown)
    else:
        assert outcome == Unavailable(outcome.answer, sent=sent)  # type: ignore[union-attr]  # a Response fails here
    assert "SECRET" not in repr(outcome)
