"""The proxy of all HTTP that goes out: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment, as other tools do it.

boto3, httpx and the registry's client obey them by themselves; calls to Amazon and label files do by `Proxies`. What
these would read differently is refused at the start, so that all go one way. Kafka is not HTTP: no proxy is for it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# What urllib's getproxies() and proxy_bypass() are, but for the settings of macOS
from urllib.request import (  # type: ignore[attr-defined]  # typeshed has the second for macOS alone
    getproxies_environment,
    proxy_bypass_environment,
)

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_PASSED_BY = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|[0-9A-Fa-f:]+")


@dataclass(frozen=True, slots=True)
class Proxies:
    """`by_scheme`: URLs, with passwords."""

    by_scheme: Mapping[str, str]

    @classmethod
    def of_environment(cls) -> "Proxies":
        return cls(getproxies_environment())

    def of(self, scheme: str, host: str) -> str | None:
        """None: straight there."""
        if proxy_bypass_environment(host, dict(self.by_scheme)):
            return None
        return self.by_scheme.get(scheme)

    @property
    def hosts(self) -> frozenset[str]:
        urls = [urlsplit(url) for scheme, url in self.by_scheme.items() if scheme != "no"]
        return frozenset(url.hostname for url in urls if url.hostname)


def proxy_faults(environment: Mapping[str, str]) -> Iterator[str]:
    """What not all clients read alike. None of it quotes a value: it may hold a password."""
    given = [(name, environment[name]) for name in sorted(environment) if name.upper() in _NAMES and environment[name]]
    for name, value in given:
        if name.upper() == "ALL_PROXY":
            yield f"{name}: not all clients here obey it; unset it, and set HTTPS_PROXY and HTTP_PROXY"
        elif not _is_proxy(value):
            yield f"{name}: give http://host:port, or http://user:password@host:port"
    for name in ("no_proxy", "NO_PROXY"):
        parts = [part.strip() for part in environment.get(name, "").split(",")] if given else []
        if not all(_PASSED_BY.fullmatch(part) for part in parts if part):
            yield f"{name}: give names of hosts and addresses with commas between; not all clients here read others"


def _is_proxy(value: str) -> bool:
    try:
        url = urlsplit(value)
        return url.scheme == "http" and bool(url.hostname) and url.port is not None and url.path in ("", "/")
    except ValueError:
        return False
