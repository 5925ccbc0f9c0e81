"""Connections to public addresses alone, but for hosts that are trusted."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET, AddressFamily

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver


class PrivateAddressError(Exception):
    """A host that is not the base URL's has an address that is not public: nothing was sent."""


class PublicAddresses(AbstractResolver):
    """Of the hosts that are not trusted. Connections go to the addresses that were looked at: no name can change
    between the look and the connection."""

    def __init__(self, is_trusted: Callable[[str], bool], names: AbstractResolver | None = None) -> None:
        self._is_trusted = is_trusted
        self._names = names or DefaultResolver()

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        """Raises PrivateAddressError."""
        found = await self._names.resolve(host, port, family)
        if not self._is_trusted(host) and not all(is_public(ip_address(each["host"])) for each in found):
            raise PrivateAddressError
        return found

    async def close(self) -> None:
        await self._names.close()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
    return address.is_global and not address.is_multicast


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """None: it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
