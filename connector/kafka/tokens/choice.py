"""Where a process's tokens for Kafka come from, by the settings."""

from functools import lru_cache

from connector.kafka.tokens.source import TokenSource
from connector.settings import KafkaSettings
from connector.settings.oauth import extensions_of


@lru_cache(4)  # a worker has one, and another after a renewed secret
def token_source(kafka: KafkaSettings) -> TokenSource | None:
    """The same for the same settings, so that all clients share a token. None where a mechanism has none. Connects to
    nothing yet."""
    if not kafka.security_protocol.startswith("SASL"):
        return None
    if kafka.sasl_mechanism == "OAUTHBEARER":
        from connector.kafka.tokens.oidc import TokenEndpoint  # slow to import: not where nobody uses it

        return TokenSource(TokenEndpoint(kafka.oauth).token, extensions_of(kafka.oauth.extensions))
    if kafka.sasl_mechanism == "AWS_MSK_IAM":
        from connector.kafka.tokens.msk import MskTokens  # as above

        return TokenSource(MskTokens(kafka.aws_region).token, {})
    return None
