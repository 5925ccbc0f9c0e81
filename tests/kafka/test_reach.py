"""The first connection on a real broker that asks who is there: the cause is told, by the setting to look at."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConnectorError
from connector.kafka.connection.clients import ssl_context
from connector.kafka.connection.faults import ClientFaults, explained
from connector.kafka.connection.reach import reach_kafka
from connector.settings import KafkaSettings
from tests.kit.cases import case_file, read_case
from tests.kit.kafka.broker import BrokerUnavailable
from tests.kit.missing import skip_unless_ci
from tests.kit.processes import Process
from tests.kit.secure_kafka import PASSWORD, USER, Authority, Listener, SecureServer, start_secure_server

pytestmark = pytest.mark.kafka

WITHIN_S = 5.0
SASL = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": USER}
SERVERS, PROTOCOL = "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS", "CONNECTOR_KAFKA__SECURITY_PROTOCOL"
CA_FILE, MECHANISM = "CONNECTOR_KAFKA__CA_FILE", "CONNECTOR_KAFKA__SASL_MECHANISM"
CERT_FILE = "CONNECTOR_KAFKA__CERT_FILE"
WRONG = "files/sasl-wrong-password"
WHO = ("CONNECTOR_KAFKA__SASL_USERNAME", "CONNECTOR_KAFKA__SASL_PASSWORD", "authentication failed")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(directory: Path) -> Authority:
    return Authority(directory, "known")


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[SecureServer]:
    try:
        server = start_secure_server(authority)
    except BrokerUnavailable as reason:
        skip_unless_ci(reason)
    yield server
    server.close()


def told(servers: str, **kafka: Any) -> str:
    """Why there is no connection. Within seconds, and without the password."""
    settings = KafkaSettings.model_validate({"bootstrap_servers": servers, **kafka})
    began_at = time.monotonic()
    with pytest.raises(ConnectorError) as caught:
        reach_kafka(settings)
    assert time.monotonic() - began_at < WITHIN_S
    assert caught.value.exit_code == 1
    text = str(caught.value)
    assert "invented" not in text
    assert "\n" not in text
    assert "transport failure" not in text
    return text


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_with_the_right_password(server: SecureServer, mechanism: str) -> None:
    servers = f"127.0.0.1:{server.ports[Listener.SASL]}"
    sasl = SASL | {"sasl_mechanism": mechanism, "sasl_password": PASSWORD}
    assert reach_kafka(KafkaSettings.model_validate({"bootstrap_servers": servers, **sasl})).list_topics(timeout=5)


@pytest.mark.parametrize("listener", [Listener.SSL, Listener.SASL_SSL])
def test_with_the_right_certificate(server: SecureServer, authority: Authority, listener: Listener) -> None:
    sasl = SASL | {"sasl_password": PASSWORD}
    kafka = {"ca_file": authority.pem, **sasl, "security_protocol": str(listener).upper()}
    servers = f"127.0.0.1:{server.ports[listener]}"
    assert reach_kafka(KafkaSettings.model_validate({"bootstrap_servers": servers, **kafka})).list_topics(timeout=5)


@pytest.mark.parametrize("password", ["", "invented"])
def test_with_a_certificate_of_ours(server: SecureServer, authority: Authority, password: str) -> None:
    """By librdkafka, and with the context that aiokafka gets."""
    certificate, key = authority.client("worker", password)
    servers = f"127.0.0.1:{server.ports[Listener.MUTUAL]}"
    mutual = {"ca_file": authority.pem, "cert_file": certificate, "key_file": key, "key_password": password}
    kafka = KafkaSettings.model_validate({"bootstrap_servers": servers, "security_protocol": "SSL", **mutual})
    assert reach_kafka(kafka).list_topics(timeout=5)
    context = ssl_context(kafka)
    assert context is not None
    with (
        socket.create_connection(("127.0.0.1", server.ports[Listener.MUTUAL]), 1) as connection,
        context.wrap_socket(connection, server_hostname="127.0.0.1") as secured,
        pytest.raises(TimeoutError),  # it waits for a request; a refusal would be an alert
    ):
        secured.recv(1)


def test_without_the_certificate_that_is_asked_for(server: SecureServer, authority: Authority, directory: Path) -> None:
    servers = f"127.0.0.1:{server.ports[Listener.MUTUAL]}"
    certificate, key = Authority(directory, "stranger").client("stranger")
    for ours in ({}, {"cert_file": certificate, "key_file": key}):
        text = told(servers, security_protocol="SSL", ca_file=authority.pem, **ours)
        assert CERT_FILE in text, text


@pytest.mark.parametrize(("listener", "is_asked"), [(Listener.MUTUAL, True), (Listener.SSL, False)])
def test_a_connection_that_ends_before_its_reason_is_read(
    server: SecureServer, authority: Authority, listener: Listener, is_asked: bool
) -> None:
    servers = f"127.0.0.1:{server.ports[listener]}"
    kafka = KafkaSettings(bootstrap_servers=servers, security_protocol="SSL", ca_file=authority.pem)
    heard = ClientFaults(lines=[f"{servers}/bootstrap: Disconnected while requesting ApiVersion"])
    assert (CERT_FILE in explained(kafka, heard)) is is_asked


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, WHO),
        ({"sasl_mechanism": "PLAIN"}, WHO),
        ({"sasl_username": "nobody"}, WHO),
        ({"sasl_mechanism": "SCRAM-SHA-256"}, (MECHANISM, "PLAIN,SCRAM-SHA-512")),
    ],
)
def test_who_is_refused(server: SecureServer, change: dict[str, str], named: tuple[str, ...]) -> None:
    text = told(f"127.0.0.1:{server.ports[Listener.SASL]}", **SASL | {"sasl_password": "invented-wrong"} | change)
    assert all(name in text for name in named), text


def test_a_wrong_password_behind_tls(server: SecureServer, authority: Authority) -> None:
    sasl = SASL | {"security_protocol": "SASL_SSL", "sasl_password": "invented-wrong", "ca_file": authority.pem}
    text = told(f"127.0.0.1:{server.ports[Listener.SASL_SSL]}", **sasl)
    assert all(name in text for name in WHO), text


def test_an_unknown_ca(server: SecureServer, directory: Path) -> None:
    other = Authority(directory, "another")
    text = told(f"127.0.0.1:{server.ports[Listener.SSL]}", security_protocol="SSL", ca_file=other.pem)
    assert CA_FILE in text
    assert "self-signed certificate in certificate chain" in text
    assert CA_FILE in told(f"127.0.0.1:{server.ports[Listener.SSL]}", security_protocol="SSL")


def test_a_certificate_that_has_expired(server: SecureServer, authority: Authority) -> None:
    text = told(f"127.0.0.1:{server.ports[Listener.EXPIRED]}", security_protocol="SSL", ca_file=authority.pem)
    assert "certificate has expired" in text


@pytest.mark.parametrize(("listener", "host"), [(Listener.ELSEWHERE, "127.0.0.1"), (Listener.SSL, "localhost")])
def test_a_certificate_of_another_host(
    server: SecureServer, authority: Authority, listener: Listener, host: str
) -> None:
    text = told(f"{host}:{server.ports[listener]}", security_protocol="SSL", ca_file=authority.pem)
    assert f"certificate is not valid for '{host}'" in text
    assert SERVERS in text


def test_another_protocol_than_the_ports(server: SecureServer, authority: Authority) -> None:
    plain, sasl = (f"127.0.0.1:{port}" for port in (server.port, server.ports[Listener.SASL]))
    tls, tls_sasl = (f"127.0.0.1:{server.ports[one]}" for one in (Listener.SSL, Listener.SASL_SSL))
    ca = {"security_protocol": "SSL", "ca_file": authority.pem}
    user = SASL | {"sasl_password": PASSWORD}
    for text, why in (
        (told(plain, **ca), "as a port without TLS does"),
        (told(sasl, **ca), "as a port without TLS does"),
        (told(sasl, **user | ca | {"security_protocol": "SASL_SSL"}), "SASL_PLAINTEXT?"),
        (told(tls), "speaks TLS, and PLAINTEXT does not"),
        (told(tls_sasl, **user), "speaks TLS, and SASL_PLAINTEXT does not"),
        (told(sasl), "as a port does that asks for a user"),
        (told(plain, **user), "asks for no user"),
    ):
        assert PROTOCOL in text
        assert why in text


@pytest.mark.parametrize(
    ("servers", "reason"),
    [
        ("no-such-host.invalid:9092", "Name or service not known"),
        ("127.0.0.1:9", "Connection refused"),
        ("[::1]:9", "Connection refused"),
    ],
)
def test_nobody_there(servers: str, reason: str) -> None:
    text = told(servers)
    assert SERVERS in text
    assert reason in text


def test_somebody_who_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert SERVERS in told(f"127.0.0.1:{silent.getsockname()[1]}")


def test_one_of_several_is_enough(server: SecureServer) -> None:
    kafka = KafkaSettings(bootstrap_servers=f"127.0.0.1:9,127.0.0.1:{server.port}")
    assert reach_kafka(kafka).list_topics(timeout=5)


def test_brokers_that_say_they_are_elsewhere(server: SecureServer) -> None:
    """A listener that is advertised under a name which means nothing here, as in a container's own network."""
    text = told(f"127.0.0.1:{server.ports[Listener.LOST]}")
    assert "kafka.invalid" in text
    assert "advertised.listeners" in text


@pytest.mark.parametrize("command", [read_case(WRONG)["command"], "connector topics check", "connector status"])
def test_a_wrong_password_is_the_same_to_all(server: SecureServer, tmp_path: Path, command: str) -> None:
    (tmp_path / "merchants.toml").write_bytes(case_file("merchants.toml").read_bytes())
    environment = {
        **read_case(WRONG)["environment"],
        "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{server.ports[Listener.SASL]}",
        "CONNECTOR_SMARTCONNECT__CLIENT_ID": "client",
        "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "invented",
        "CONNECTOR_WEB__PORT": "0",
    }
    process = Process(command.split()[1:], environment, tmp_path / "log")
    assert process.ended() == 1
    said = process.log.read_text()
    assert all(name in said for name in WHO), said
    assert "invented" not in said
    assert "Traceback" not in said
