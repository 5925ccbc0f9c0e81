"""What of the settings lets others on the network read along: buyers' data, tokens and passwords go unencrypted."""

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from connector.settings import Settings


def exposed(settings: Settings, variables: Mapping[str, str]) -> Iterator[str]:
    """A remark for each connection that leaves this host unencrypted, with the remedy. `variables`: the environment's,
    for what AWS's clients take from there."""
    kafka = settings.kafka
    far = [broker for broker in kafka.bootstrap_servers.split(",") if not _is_here(_host(f"//{broker}"))]
    if far and not kafka.security_protocol.endswith("SSL"):
        what = "buyers' data" + (" and the password" if kafka.security_protocol.startswith("SASL") else "")
        remedy = "SASL_SSL" if kafka.security_protocol.startswith("SASL") else "SSL or SASL_SSL"
        yield (
            f"CONNECTOR_KAFKA__SECURITY_PROTOCOL: {what} and all else go to {far[0]} unencrypted "
            f"({kafka.security_protocol}); set {remedy}, with a listener of the brokers for it"
        )
    for name, url, what in _urls(settings, variables):
        if url.lower().startswith("http://") and not _is_here(_host(url)):
            yield f"{name}: {what} to {_host(url)} unencrypted; give a URL that begins with https://"


def _urls(settings: Settings, variables: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(variable, URL, what goes there)."""
    amazon, registry = settings.smartconnect, settings.schema_registry
    yield "CONNECTOR_SMARTCONNECT__BASE_URL", amazon.base_url, "access tokens and buyers' data go"
    yield "CONNECTOR_SMARTCONNECT__TOKEN_URL", amazon.token_url, "refresh tokens and the client secret go"
    if registry.username:
        yield "CONNECTOR_SCHEMA_REGISTRY__URL", registry.url, "the registry's password goes"
    yield "CONNECTOR_NOTIFICATIONS__QUEUE_URL", settings.notifications.queue_url, "notifications come and requests go"
    services = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_SECRETS_MANAGER"}
    if settings.documents.url.startswith("s3:"):
        services.add("AWS_ENDPOINT_URL_S3")
    for name in sorted(services):
        yield name, variables.get(name, ""), "what AWS is asked and answers, documents and secrets too, goes"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_here(host: str) -> bool:
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
