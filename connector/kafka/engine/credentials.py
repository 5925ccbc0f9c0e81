"""Faust's form of how to connect."""

import ssl

import faust


def broker_credentials(
    security_protocol: str, mechanism: str, username: str, password: str, context: ssl.SSLContext | None
) -> faust.types.auth.CredentialsT | None:
    """None for PLAINTEXT."""
    if security_protocol.startswith("SASL"):
        return faust.SASLCredentials(username=username, password=password, mechanism=mechanism, ssl_context=context)
    return faust.SSLCredentials(context=context) if context else None
