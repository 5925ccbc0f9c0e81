"""Why there is no connection, from what librdkafka told its callbacks."""

import pytest
from confluent_kafka import KafkaError

from connector.kafka.connection.faults import ClientFaults, explained
from connector.settings import KafkaSettings

SERVERS, ADVERTISED = "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS", "advertised.listeners"


@pytest.mark.parametrize(
    ("servers", "line", "remedy"),
    [
        ("kafka:9092", "kafka:9092/bootstrap: Failed to resolve 'kafka:9092': not known", SERVERS),
        ("kafka:9092", "inside:9092/1: Failed to resolve 'inside': (after 2ms in state CONNECT)", ADVERTISED),
        ("a:9092,b:9092", "sasl_ssl://b:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: refused", SERVERS),
        ("[::1]:9", "[::1]:9/bootstrap: Connect to ipv6#[::1]:9 failed: refused", SERVERS),
        ("kafka:9092", "kafka:9093/2: Connect to ipv4#10.0.0.1:9093 failed: refused", ADVERTISED),
    ],
)
def test_a_place_that_nobody_wrote_here_is_the_brokers_word(servers: str, line: str, remedy: str) -> None:
    """A busy broker names its own place too late for the first request, and the client goes there by itself."""
    told = ClientFaults(lines=[line])
    text = explained(KafkaSettings(bootstrap_servers=servers), told)
    assert remedy in text
    assert (SERVERS in text) != (ADVERTISED in text)


def test_an_error_of_all_brokers_says_nothing_of_the_place() -> None:
    told = ClientFaults(errors=[KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down")])
    assert "nobody answers" in explained(KafkaSettings(bootstrap_servers="kafka:9092"), told)


@pytest.mark.parametrize(
    "alert", ["tls alert bad certificate", "tlsv13 alert certificate required", "tlsv1 alert unknown ca"]
)
def test_a_brokers_word_on_our_certificate_names_it(alert: str) -> None:
    line = (
        f"kafka:9093/bootstrap: Receive failed: error:0A000412:SSL routines::ssl/tls alert {alert}: SSL alert number 42"
    )
    text = explained(KafkaSettings(bootstrap_servers="kafka:9093", security_protocol="SSL"), ClientFaults(lines=[line]))
    assert "CONNECTOR_KAFKA__CERT_FILE" in text
