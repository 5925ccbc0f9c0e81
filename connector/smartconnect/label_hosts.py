"""Where label files may be fetched from: a URL in an answer must not make this worker ask anybody it names.

https only, to Amazon's hosts and those that are configured, and only to public addresses: metadata services, databases
and admin pages are on private ones. The host of the base URL is trusted as it is, since calls with tokens go there; so
the simulator can be used.
"""

from collections.abc import Collection

import httpx
from yarl import URL

from connector.domain.outcomes import Answer, Refused
from connector.smartconnect.public_addresses import address_of, is_public

AMAZONS = ("amazonaws.com", "amazonaws.com.cn", "amazon.com")
NOT_ALLOWED = "LABEL_URL_NOT_ALLOWED"
"""The code of what is refused here, for as long as the settings are what they are."""

_OF_URLS = frozenset(map(chr, range(0x21, 0x7F))) - frozenset("\\")  # parsers differ on what others mean
SETTING = "CONNECTOR_SMARTCONNECT__LABEL_HOSTS"


PRIVATE = (
    "the file's host has a private address: label files are fetched from public ones, or from the host of "
    "CONNECTOR_SMARTCONNECT__BASE_URL"
)


class LabelHosts:
    """`listed`: hosts besides Amazon's; those below them are meant too."""

    def __init__(self, base_url: str, listed: Collection[str] = ()) -> None:
        base = URL(base_url)
        self._base_scheme, self._base_host = base.scheme, _plain(base.host)
        self._listed = (*AMAZONS, *filter(None, map(_plain, listed)))

    def refused(self, url: str) -> Refused | None:
        """Why the file is not fetched, naming the setting; None: it may be."""
        try:
            written = str(httpx.URL(url))  # as it would be sent
            given = URL(written, encoded=True)
            host, _ = _plain(given.host), given.port
        except (httpx.InvalidURL, ValueError):
            host = ""
        if not host or given.scheme not in ("http", "https") or not set(written) <= _OF_URLS:
            return Refused(Answer(message="this is no URL of a file"))
        why = self._why_not(given, host)
        return None if why is None else Refused(Answer(code=NOT_ALLOWED, message=why))

    def _why_not(self, given: URL, host: str) -> str | None:
        if self.is_trusted(host) and given.scheme in ("https", self._base_scheme):
            return None
        if given.scheme != "https":
            return "the file's URL is not https, and its host is not the one of CONNECTOR_SMARTCONNECT__BASE_URL"
        if given.user is not None or given.password is not None:
            return "the file's URL names a user"
        if (address := address_of(host)) is not None and not is_public(address):
            return PRIVATE
        if not any(host == name or host.endswith(f".{name}") for name in self._listed):
            return f"the file's host is neither Amazon's nor one of {SETTING}: add it there if it is right"
        return None

    def is_trusted(self, host: str) -> bool:
        """The base URL's own host, by any of its names where it is this machine."""
        host = _plain(host)
        return host == self._base_host or (_is_loopback(host) and _is_loopback(self._base_host))


def _is_loopback(host: str) -> bool:
    address = address_of(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _plain(host: str | None) -> str:
    return (host or "").rstrip(".").casefold()
