"""How clients connect: what the settings say, and nothing more."""

import ssl
from pathlib import Path

import boto3  # its dependency botocore carries a bundle of CAs
import pytest
from confluent_kafka.admin import AdminClient

from connector.kafka.connection.clients import CLIENT_LOG, librdkafka, ssl_context
from connector.settings import KafkaSettings

CA_FILE = Path(boto3.__file__).parents[1] / "botocore" / "cacert.pem"
SASL = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "user", "sasl_password": "s3cret"}


def test_plain() -> None:
    kafka = KafkaSettings.model_validate({"bootstrap_servers": "k1:9092,k2:9092"})
    config = {"bootstrap.servers": "k1:9092,k2:9092", "security.protocol": "PLAINTEXT", "logger": CLIENT_LOG}
    assert librdkafka(kafka) == config
    assert ssl_context(kafka) is None


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_encrypted_connections_check_the_brokers_certificate(protocol: str) -> None:
    kafka = KafkaSettings.model_validate({"security_protocol": protocol, "ca_file": CA_FILE, **SASL})
    assert librdkafka(kafka)["ssl.ca.location"] == str(CA_FILE)
    context = ssl_context(kafka)
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_credentials() -> None:
    kafka = KafkaSettings.model_validate({"security_protocol": "SASL_PLAINTEXT", **SASL})
    config = librdkafka(kafka)
    assert (config["sasl.mechanism"], config["sasl.username"], config["sasl.password"]) == tuple(SASL.values())
    assert ssl_context(kafka) is None
    AdminClient(config)  # librdkafka takes it
