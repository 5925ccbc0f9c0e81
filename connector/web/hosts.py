"""Which names the web port goes by. A page in somebody's browser may have its own name point here (DNS rebinding) and
read what is told; then the request names a host that is none of ours.

Addresses are always taken, for no name is borrowed there: so probes and Prometheus, which go by a pod's address, need
no setting. Names are this machine's, that of CONNECTOR_WEB__HOST, and those of CONNECTOR_WEB__NAMES.
"""

import re
import socket
from collections.abc import Collection, Sequence
from ipaddress import ip_address

NAMES_SETTING = "CONNECTOR_WEB__NAMES"
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")  # RFC 9112, 3.2


class OwnNames:
    """`host`: what is listened on. `listed`: the names that others know it by."""

    def __init__(self, host: str, listed: Collection[str]) -> None:
        ours = ("localhost", socket.gethostname(), host, *listed)
        self._names = frozenset(_plain(name) for name in ours if name)

    def is_meant(self, hosts: Sequence[str], version: tuple[int, int]) -> bool:
        """`hosts`: the Host headers of a request. None is needed before HTTP/1.1: some load balancers' probes."""
        if not hosts:
            return version < (1, 1)
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return found is not None and (_is_address(found["host"]) or _plain(found["host"]) in self._names)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    return name.rstrip(".").casefold()
