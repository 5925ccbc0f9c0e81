"""What keeps a client from Kafka, as one line for an operator that names the setting to look at.

librdkafka raises "Broker transport failure" whatever the cause is; what it was, it tells its callbacks alone. Of a
certificate not even those hear the reason, so that the handshake is made once more, by Python.
"""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from connector.errors import ConnectorError
from connector.foreign.kafka import kafka_fault
from connector.foreign.masking import masked
from connector.kafka.connection.handshake import PROBE_S, VERIFY_FAILED, certificate_fault, handshake, speaks_tls
from connector.settings import KafkaSettings

_PLACE = re.compile(r"^(?:\w+://)?(?P<host>\[[^]]+\]|[^/:\s]+):(?P<port>\d+)/(?:bootstrap|\d+): ")
_STATE = re.compile(r" \(after \d+ms in state \w")  # up to the end, which is a bracket
_ENDS = ("Disconnected", "reset by peer", "Broken pipe")
_MSK_REGION = re.compile(r"\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?:")
_ALERT = re.compile(r"alert [\w ]*(?:certificate|unknown ca)")  # the broker's word on our certificate
_DEFINITE = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._RESOLVE})
_OTHER_PROTOCOL = ("security.protocol", "PLAINTEXT broker", "Receive failed", "Disconnected")


@dataclass(slots=True)
class ClientFaults:
    """What a client says beside what it raises: put `config` into its own, and poll it."""

    errors: list[KafkaError] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def config(self) -> dict[str, Any]:
        return {"error_cb": self.errors.append, "logger": self, "log_level": 6}

    def log(self, _: int, form: str, facility: str, client: str, line: str) -> None:
        """As of a logger: librdkafka's lines come with a thread's name in front."""
        del form, facility, client
        self.lines.append(line.partition("]: ")[2] or line)

    @property
    def definite(self) -> bool:
        """Waiting helps no more."""
        return any(error.code() in _DEFINITE or _ALERT.search(error.str()) for error in self.errors)

    @property
    def said(self) -> list[str]:
        return [*(error.str() for error in self.errors if error.code() != KafkaError._ALL_BROKERS_DOWN), *self.lines]


@contextmanager
def kafka_faults_told(bootstrap_servers: str) -> Iterator[None]:
    """Raises ConnectorError naming the settings to look at."""
    try:
        yield
    except KafkaException as error:
        raise ConnectorError(
            f"Kafka at {bootstrap_servers}: {kafka_fault(error.args[0])}; see CONNECTOR_KAFKA__*"
        ) from None


def explained(kafka: KafkaSettings, told: ClientFaults) -> str:
    """Why no connection came to be."""
    for error in told.errors:
        if error.code() == KafkaError._AUTHENTICATION:
            return _refused_login(kafka, told_reason(error.str()))
    said = told.said
    for text in said:
        place = _PLACE.match(text)
        if place is not None and VERIFY_FAILED in text:
            host, port = place["host"].strip("[]"), int(place["port"])
            return _refused_certificate(kafka, host, port)
    for text in said:
        if _ALERT.search(text):
            return _refused_as(kafka, text)
    ended = next((text for text in said if any(end in text for end in _ENDS)), None)
    if ended is not None and _alerts(kafka, ended):
        return _refused_as(kafka, ended)
    if other := other_protocol(kafka, told):
        return other
    for text in said:
        if any(words in text for words in _OTHER_PROTOCOL):
            return (
                f"{told_reason(text)}; see CONNECTOR_KAFKA__SECURITY_PROTOCOL and CONNECTOR_KAFKA__BOOTSTRAP_SERVERS: "
                "the port may listen for another protocol"
            )
    reason = told_reason(said[0]) if said else "nobody answers"
    if any(_elsewhere(kafka, text) for text in said):
        return f"{reason}; see the brokers' advertised.listeners"
    return f"{reason}; see CONNECTOR_KAFKA__BOOTSTRAP_SERVERS, and whether Kafka runs there"


def other_protocol(kafka: KafkaSettings, told: ClientFaults) -> str | None:
    """What the port speaks, where that is sure not to be what the settings say; blocks."""
    place = next((_PLACE.match(text) for text in told.said if any(words in text for words in _OTHER_PROTOCOL)), None)
    if place is None:
        return None
    protocol, where = kafka.security_protocol, f"{place['host']}:{place['port']}"
    tls = speaks_tls(place["host"].strip("[]"), int(place["port"]))
    servers = "and CONNECTOR_KAFKA__BOOTSTRAP_SERVERS"
    if tls is True and not protocol.endswith("SSL"):
        other = "SASL_SSL" if "SASL" in protocol else "SSL"
        return f"{where} speaks TLS, and {protocol} does not: set CONNECTOR_KAFKA__SECURITY_PROTOCOL={other}"
    if tls is False and protocol.endswith("SSL"):
        other = "SASL_PLAINTEXT" if "SASL" in protocol else "PLAINTEXT"
        return (
            f"{where} hangs up on {protocol}, as a port without TLS does: see CONNECTOR_KAFKA__SECURITY_PROTOCOL "
            f"({other}?) {servers}"
        )
    if tls is False and protocol == "PLAINTEXT":
        return (
            f"{where} hangs up on {protocol}, as a port does that asks for a user: see "
            f"CONNECTOR_KAFKA__SECURITY_PROTOCOL (SASL_PLAINTEXT?) {servers}"
        )
    return None


def _elsewhere(kafka: KafkaSettings, text: str) -> bool:
    """Is it said of a place that only a broker can have named? A slow one may, after the first request has given up."""
    place = _PLACE.match(text)
    return place is not None and f"{place['host']}:{place['port']}" not in kafka.bootstrap_servers.split(",")


def unreachable(brokers: Sequence[tuple[str, int]]) -> str | None:
    """Why none of the brokers can be reached where they say that they are; None where one can."""
    fault = None
    for host, port in brokers:
        try:
            with socket.create_connection((host, port), PROBE_S):
                return None
        except OSError as error:
            fault = (
                fault or f"it says that a broker is at {host}:{port}, where there is none: {error.strerror or error}"
            )
    return fault and f"{fault}; see the brokers' advertised.listeners"


def _refused_login(kafka: KafkaSettings, said: str) -> str:
    if "current SASL state" in said:
        return f"{said}; this port asks for no user: see CONNECTOR_KAFKA__SECURITY_PROTOCOL"
    if "mechanism handshake" in said and kafka.sasl_mechanism == "AWS_MSK_IAM":
        return f"{said}; see CONNECTOR_KAFKA__BOOTSTRAP_SERVERS: Amazon MSK takes IAM logins at port 9098, or 9198"
    if "mechanism handshake" in said:
        return f"{said}; see CONNECTOR_KAFKA__SASL_MECHANISM"
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return (
            f"the broker does not accept the token of {kafka.oauth.token_url} ({said}); see CONNECTOR_KAFKA__OAUTH__*, "
            "and what the broker wants of a token: its issuer, audience, scope and extensions"
        )
    if kafka.sasl_mechanism == "AWS_MSK_IAM":
        return f"the broker does not accept what AWS IAM signed ({said}); {_refused_signature(kafka)}"
    return (
        f"authentication failed for user {kafka.sasl_username} ({said}); see CONNECTOR_KAFKA__SASL_USERNAME and "
        "CONNECTOR_KAFKA__SASL_PASSWORD"
    )


def _refused_signature(kafka: KafkaSettings) -> str:
    from connector.kafka.tokens.msk import refusal_told, signing_region  # slow to import: not where nobody uses it

    signed_for, there = signing_region(kafka.aws_region), _MSK_REGION.search(kafka.bootstrap_servers)
    if there is not None and there[1] != signed_for:
        return f"it is for {signed_for}, and the broker is in {there[1]}: see CONNECTOR_KAFKA__AWS_REGION"
    return refusal_told(kafka.aws_region)


def _refused_certificate(kafka: KafkaSettings, host: str, port: int) -> str:
    reason = certificate_fault(kafka, host, port)
    where = f"the certificate of {host}:{port} is not accepted: {reason}"
    if "certificate is not valid for" in reason:
        return f"{where}; see CONNECTOR_KAFKA__BOOTSTRAP_SERVERS: it must give a name that the certificate has"
    if "expired" in reason or "not yet valid" in reason:
        return f"{where}; the broker needs a new one (CONNECTOR_KAFKA__CA_FILE is not the cause), or see this clock"
    return f"{where}; see CONNECTOR_KAFKA__CA_FILE: it must hold the CA that signed it"


def _refused_as(kafka: KafkaSettings, said: str) -> str:
    certificate = "the certificate that it holds" if kafka.cert_file else "it is empty, and one is asked for"
    return f"{told_reason(said)}; the broker does not take us: see CONNECTOR_KAFKA__CERT_FILE ({certificate})"


def _alerts(kafka: KafkaSettings, text: str) -> bool:
    """In TLS 1.3 the broker's word on our certificate comes after the handshake, and a client that has written
    something by then may see no more of it than the connection's end. Ours only reads."""
    place = _PLACE.match(text)
    if place is None or not kafka.security_protocol.endswith("SSL"):
        return False
    try:
        with handshake(kafka, place["host"].strip("[]"), int(place["port"])) as connection:
            connection.recv(1)
    except OSError as error:
        return _ALERT.search(str(error).replace("_", " ").casefold()) is not None
    return False


def told_reason(text: str) -> str:
    """Of librdkafka's line the place, and of what is said of it the words that errors are made of: they may be the
    broker's."""
    place = _PLACE.match(text)
    said = text[place.end() :] if place else text
    state = _STATE.search(said) if said.endswith(")") else None
    told = masked(said if state is None else said[: state.start()])
    return f"{place['host']}:{place['port']}: {told}" if place else told
