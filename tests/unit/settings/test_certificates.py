"""Our own certificate, for mutual TLS: what can't be used is told before anything connects."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connector.kafka.connection.clients import librdkafka, ssl_context
from connector.settings import KafkaSettings
from connector.settings.certificates import checked_certificates
from tests.kit.secure_kafka import DAY, NOW, Authority


def settings(**kafka: Any) -> KafkaSettings:
    return KafkaSettings.model_validate({"security_protocol": "SSL", **kafka})


def told(**kafka: Any) -> str:
    with pytest.raises(ValidationError) as invalid:
        settings(**kafka)
    (fault,) = invalid.value.errors()
    return f"{fault['loc'][0]}: {fault['msg']}"


@pytest.mark.parametrize("password", ["", "invented"])
def test_both_clients_get_certificate_and_key(tmp_path: Path, password: str) -> None:
    certificate, key = Authority(tmp_path, "known").client("worker", password)
    kafka = settings(cert_file=certificate, key_file=key, key_password=password)
    config = librdkafka(kafka)
    assert (config["ssl.certificate.location"], config["ssl.key.location"]) == (str(certificate), str(key))
    assert config.get("ssl.key.password", "") == password
    assert ssl_context(kafka) is not None
    assert "invented" not in repr(kafka)


def test_one_file_may_hold_both(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path, "known").client("worker")
    certificate.write_bytes(key.read_bytes() + certificate.read_bytes())
    kafka = settings(cert_file=certificate)
    assert librdkafka(kafka)["ssl.key.location"] == str(certificate)
    assert ssl_context(kafka) is not None


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "known")
    certificate, key = authority.client("worker", "invented")
    _, another = authority.client("another")
    assert told(cert_file=certificate).startswith("key_password: Value error, ")
    assert "another password" in told(cert_file=certificate, key_file=key, key_password="invented-wrong")
    assert "another password" in told(cert_file=certificate, key_file=key)
    assert "with its key" in told(cert_file=certificate, key_file=another)
    assert "with its key" in told(cert_file=key, key_file=key)
    assert "without CONNECTOR_KAFKA__CERT_FILE" in told(key_file=another)
    assert told(cert_file=tmp_path / "none").startswith("cert_file: ")
    assert told(cert_file=certificate, key_file=tmp_path).startswith("key_file: ")
    plain = told(security_protocol="PLAINTEXT", cert_file=certificate, key_file=key, key_password="invented")
    assert plain.startswith("cert_file: ")
    assert "SASL_SSL" in plain


def test_a_certificate_that_has_ended_is_told(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path, "known").client("worker", until=NOW - DAY)
    assert "ended on 20" in told(cert_file=certificate, key_file=key)


def test_certificates_that_cant_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    (tmp_path / "text.pem").write_text("no certificate")
    for wrong in ("none.pem", "empty.pem", "text.pem", "."):
        with pytest.raises(ValueError, match=wrong):
            checked_certificates(tmp_path / wrong)
    assert checked_certificates(None) is None
