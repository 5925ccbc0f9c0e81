"""TLS with a broker, begun by Python to hear what librdkafka keeps to itself. Blocks."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from connector.kafka.connection.clients import ssl_context
from connector.settings import KafkaSettings

PROBE_S = 1.5
VERIFY_FAILED = "certificate verify failed"

# What OpenSSL says of bytes that are no TLS, and of a peer that hangs up on its first ones
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


@contextmanager
def handshake(kafka: KafkaSettings, host: str, port: int) -> Iterator[ssl.SSLSocket]:
    """As the settings say. Raises OSError."""
    context = ssl_context(kafka) or ssl.create_default_context()
    with (
        socket.create_connection((host, port), PROBE_S) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        yield secured


def certificate_fault(kafka: KafkaSettings, host: str, port: int) -> str:
    """What OpenSSL has against the broker's."""
    try:
        with handshake(kafka, host, port):
            return VERIFY_FAILED
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return f"{VERIFY_FAILED} ({error.strerror or error})"


def speaks_tls(host: str, port: int) -> bool | None:
    """None where nobody can tell: no answer, say."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is said there but hello
    try:
        with (
            socket.create_connection((host, port), PROBE_S) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except ssl.SSLError as error:
        return False if error.reason in _NO_TLS else None
    except ConnectionResetError:
        return False
    except OSError:
        return None
