"""Faust's form of how to connect."""

import asyncio
from collections.abc import Mapping

import faust
from aiokafka.abc import AbstractTokenProvider

from connector.kafka.connection.clients import ssl_context
from connector.kafka.tokens.choice import token_source
from connector.kafka.tokens.source import TokenSource, TokenUnavailable
from connector.settings import KafkaSettings


def broker_credentials(kafka: KafkaSettings) -> faust.types.auth.CredentialsT | None:
    """None for PLAINTEXT."""
    context = ssl_context(kafka)
    if tokens := token_source(kafka):
        return faust.OAuthCredentials(oauth_cb=_Tokens(tokens), ssl_context=context)
    if kafka.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.sasl_password.get_secret_value(),
            mechanism=kafka.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None


class _Tokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Asked at each new connection."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        try:
            return (await asyncio.to_thread(self._tokens.current)).text
        except TokenUnavailable as fault:
            raise ConnectionError(str(fault)) from None  # of this kind aiokafka tries again

    def extensions(self) -> Mapping[str, str]:
        return self._tokens.extensions
