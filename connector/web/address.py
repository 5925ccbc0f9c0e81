"""Where the web port listens, and where others reach it."""

import errno
import socket

from connector.errors import ConnectorError, SettingsError
from connector.settings import WebSettings

_ALL_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104  # compared with, not listened on


def advertised_url(web: WebSettings, port: int) -> str:
    """What other workers are told. `port`: the one that is listened on."""
    if web.advertised_url:
        return web.advertised_url
    host = socket.gethostname() if web.host in _ALL_ADDRESSES else web.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_address(host: str, port: int) -> None:
    """Raises ConnectorError where the port is taken now, SettingsError where nobody may ever listen there."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
    except OSError as error:
        raise unusable_address(host, port, error) from None


def unusable_address(host: str, port: int, error: OSError) -> ConnectorError:
    """Why nobody can listen there, naming the setting to look at."""
    reason = error.strerror or type(error).__name__
    if error.errno == errno.EADDRINUSE:
        return ConnectorError(
            f"CONNECTOR_WEB__PORT: {port} of {host} is taken: stop what listens there, or set another"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return SettingsError([f"CONNECTOR_WEB__PORT: {port} may not be listened on ({reason}); set one above 1023"])
    return SettingsError([f"CONNECTOR_WEB__HOST: {host} is no address of this machine ({reason})"])
