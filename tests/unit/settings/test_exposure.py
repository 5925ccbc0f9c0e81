"""What leaves this host unencrypted is told, once, with the remedy."""

from typing import Any

import pytest

from connector.settings import load_settings
from connector.settings.exposure import exposed


def told(aws: dict[str, str] | None = None, **overrides: Any) -> list[str]:
    return list(exposed(load_settings(dotenv=None, **overrides), aws or {}))


@pytest.mark.parametrize("brokers", ["localhost:9092", "127.0.0.1:1,127.9.9.9:2", "[::1]:9092", "a.localhost:9092"])
def test_kafka_on_this_host(brokers: str) -> None:
    assert told(kafka={"bootstrap_servers": brokers}) == []


@pytest.mark.parametrize("brokers", ["kafka:9092", "localhost:9092,10.0.0.1:9092", "[fe80::1]:9092"])
def test_plaintext_elsewhere_is_one_remark(brokers: str) -> None:
    (remark,) = told(kafka={"bootstrap_servers": brokers})
    assert remark.startswith("CONNECTOR_KAFKA__SECURITY_PROTOCOL: ")
    assert "unencrypted (PLAINTEXT); set SSL or SASL_SSL" in remark


def test_a_password_without_encryption() -> None:
    login = {"sasl_mechanism": "PLAIN", "sasl_username": "u", "sasl_password": "s3cret"}
    kafka = {"bootstrap_servers": "kafka:9092", "security_protocol": "SASL_PLAINTEXT", **login}
    (remark,) = told(kafka=kafka)
    assert "the password" in remark
    assert "set SASL_SSL" in remark
    assert "s3cret" not in remark
    assert told(kafka={**kafka, "security_protocol": "SASL_SSL"}) == []


@pytest.mark.parametrize(
    ("variable", "overrides"),
    [
        ("CONNECTOR_SMARTCONNECT__BASE_URL", {"smartconnect": {"base_url": "http://h:1"}}),
        ("CONNECTOR_SMARTCONNECT__TOKEN_URL", {"smartconnect": {"token_url": "http://h:1/x"}}),
        ("CONNECTOR_SCHEMA_REGISTRY__URL", {"schema_registry": {"url": "http://h", "username": "u", "password": "p"}}),
        ("CONNECTOR_NOTIFICATIONS__QUEUE_URL", {"notifications": {"queue_url": "http://h/1/q"}}),
    ],
)
def test_http_elsewhere(variable: str, overrides: dict[str, Any]) -> None:
    (remark,) = told(**overrides)
    assert remark.startswith(f"{variable}: ")
    assert "https://" in remark
    (group,) = overrides
    here = {name: value.replace("//h", "//127.0.0.1") for name, value in overrides[group].items()}
    assert told(**{group: here}) == []


def test_a_registry_without_a_password_tells_no_secret() -> None:
    assert told(schema_registry={"url": "http://registry:8081"}) == []


def test_documents_by_an_endpoint_without_encryption() -> None:
    aws = {"AWS_ENDPOINT_URL_S3": "http://minio:9000"}
    assert told(aws) == [], "documents are in a directory"
    (remark,) = told(aws, documents={"url": "s3://docs"})
    assert remark.startswith("AWS_ENDPOINT_URL_S3: ")
    assert len(told({"AWS_ENDPOINT_URL": "http://aws:1"})) == 1
    assert told({"AWS_ENDPOINT_URL": "http://localhost:1"}) == []
