"""One HTTP exchange: never repeated behind our back, stamped when it leaves, its faults translated to outcomes.

    aiohttp.ClientError, OSError (timeouts too)                    Unavailable; `sent` tells whether the request left
    an answer that is not HTTP, can't be decoded or has no end     Unknown: it may have been applied
    the proxy said no                                              Unavailable(sent=False), code ClientHttpProxyError
    the gate said no                                               Unavailable(sent=False), code LeaseLost, LaneClosed
    the host has a private address                                 Refused, code LABEL_URL_NOT_ALLOWED

Once its status is known, an answer that is no success keeps it, whatever becomes of its body.
"""

import asyncio
import platform
import resource
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from importlib import metadata

import aiohttp
from aiohttp.http import HttpProcessingError

from connector.domain.outcomes import Answer, Failed, Refused, Unavailable, Unknown
from connector.settings.proxies import Proxies
from connector.smartconnect.label_hosts import NOT_ALLOWED, PRIVATE, LabelHosts
from connector.smartconnect.messages import Departing, Departure, Http, NotSentError, Request, Response, TooLargeError
from connector.smartconnect.public_addresses import PrivateAddressError, PublicAddresses
from connector.smartconnect.transport import AiohttpTransport, Timeouts

MOST_CONNECTIONS = 16_384
OTHER_FILES_SHARE = 0.25  # of the files that the process may open: Kafka, web, logs, documents

# Amazon's form: AppId/AppVersion (Language=..; Platform=..), developer-docs.amazon.com, "Include a User-Agent header"
USER_AGENT = (
    f"SmartConnectConnector/{metadata.version('smartconnect-connector')} "
    f"(Language=Python/{platform.python_version()}; Platform={platform.system()}/{platform.machine()})"
)


departing: ContextVar[Departing | None] = ContextVar("departing", default=None)
"""Of the one call made in this context (not of its token's)."""


def connections_allowed() -> int:
    """By the files that this process may open; it is allowed as many as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = round(MOST_CONNECTIONS / (1 - OTHER_FILES_SHARE))
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # macOS has a lower bound of its own, which it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    files = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
    return max(1, round(files * (1 - OTHER_FILES_SHARE)))


def open_http(
    timeouts: Timeouts,
    *,
    max_connections: int,
    label_hosts: LabelHosts | None = None,
    trust: ssl.SSLContext | None = None,
) -> AiohttpTransport:
    """For all merchants; close it with `aclose()`. Above `max_connections` calls wait, unstamped. With `label_hosts`
    it connects to public addresses alone, but for those that they trust, and a proxy's: what that resolves and connects
    to is its own business, and then the list of hosts decides alone."""
    proxies = Proxies.of_environment()
    resolver = None if label_hosts is None else PublicAddresses(_trusted(label_hosts, proxies))
    headers = {"user-agent": USER_AGENT}
    return AiohttpTransport(
        timeouts, max_connections=max_connections, headers=headers, resolver=resolver, proxies=proxies, trust=trust
    )


def _trusted(label_hosts: LabelHosts, proxies: Proxies) -> Callable[[str], bool]:
    return lambda host: host in proxies.hosts or label_hosts.is_trusted(host)


async def exchange(http: Http, request: Request, departure: Departure, total_s: float) -> Response | Failed:
    """The whole answer, of whatever status, or what became of the call without one."""
    try:
        async with asyncio.timeout(total_s):
            return await http.send(request, departure)
    except NotSentError as error:
        return Unavailable(Answer(code=error.code, message=f"{error.why}: nothing was sent"), sent=False)
    except PrivateAddressError:
        return Refused(Answer(code=NOT_ALLOWED, message=PRIVATE))
    except aiohttp.ClientHttpProxyError as error:
        return Unavailable(_unheard(error, "the proxy made no connection"), sent=departure.sent_at is not None)
    except (HttpProcessingError, aiohttp.ClientResponseError, zlib.error, TooLargeError) as error:
        message = "the answer is too large" if isinstance(error, TooLargeError) else "the answer could not be decoded"
        return _without_body(departure) or Unknown(_unheard(error, message))
    except (aiohttp.ClientError, OSError) as error:
        # By the stamp, not by the error's type, which does not always tell
        sent = departure.sent_at is not None
        message = "sent, but not answered" if sent else "no connection was made"
        return _without_body(departure) or Unavailable(_unheard(error, message), sent=sent)


def _without_body(departure: Departure) -> Response | None:
    """None where nothing was begun, or a success: what that says lies in its body."""
    begun = departure.begun
    return None if begun is None or begun.is_success else begun


def _unheard(error: BaseException, message: str) -> Answer:
    """Only type names: an exception's text may quote a signed URL."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return Answer(code=type(cause).__name__, message=message)
