"""Nothing of a rehearsal reaches the real Amazon, the real topics or the merchant's store."""

import os
from pathlib import Path

import pytest

from connector.cli.rehearse.sandbox import (
    TOKEN,
    TOKEN_VARIABLE,
    Sandbox,
    check_prefix,
    merchants_toml,
    simulator_arguments,
    worker_environment,
)
from connector.errors import InputError
from connector.kafka.topics import TOPICS
from connector.merchants import parse_merchants
from connector.settings import load_settings
from tests.kit.inventory.agents import merchant

URL = "http://127.0.0.1:4711"
REAL = {
    "CONNECTOR_APP_ID": "production",
    "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": "kafka.example.com:9093",
    "CONNECTOR_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
    "CONNECTOR_KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
    "CONNECTOR_KAFKA__SASL_USERNAME": "connector",
    "CONNECTOR_KAFKA__CLOUDEVENTS": "true",
    "CONNECTOR_SCHEMA_REGISTRY__URL": "https://registry.example.com",
    "CONNECTOR_SMARTCONNECT__BASE_URL": "https://sellingpartnerapi-eu.amazon.com",
    "CONNECTOR_SMARTCONNECT__CLIENT_ID": "real-client",
    "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "real-secret",
    "CONNECTOR_SMARTCONNECT__LABEL_HOSTS": "labels.example.com",
    "CONNECTOR_NOTIFICATIONS__QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/1/real",
    "CONNECTOR_DOCUMENTS__URL": "s3://real-bucket/documents",
    "CONNECTOR_MERCHANTS_FILE": "/etc/connector/merchants.toml",
    "CONNECTOR_INSTANCE": "connector-0",
    "AWS_SECRET_ACCESS_KEY": "real-aws",
    "LWA_TOKEN_A2": "Atzr|real-token",
    "HTTPS_PROXY": "http://proxy.example.com:3128",
    "NO_PROXY": "registry.example.com",
}


@pytest.fixture
def sandbox(alone: Path) -> Sandbox:
    return Sandbox("rehearsal.", "R1", alone)


@pytest.fixture
def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the worker gets where all of REAL is set."""
    password = sandbox.directory / "password"
    password.write_text("kafka-password")
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CONNECTOR_KAFKA__SASL_PASSWORD_FILE", "password")
    return worker_environment(load_settings(dotenv=None), sandbox, URL)


def test_the_worker_hears_of_the_simulator_and_of_no_other_amazon(environment: dict[str, str]) -> None:
    allowed = {"kafka.example.com:9093", "SASL_SSL", "SCRAM-SHA-512", "connector", "true"}
    allowed |= {"https://registry.example.com", "http://proxy.example.com:3128"}
    leaked = {name: value for name, value in environment.items() if value in set(REAL.values()) - allowed}
    assert leaked == {}
    assert "real" not in " ".join(environment.values())
    hosts = {name: value for name, value in environment.items() if "://" in value and "REGISTRY" not in name}
    assert set(hosts) == {
        "CONNECTOR_SMARTCONNECT__BASE_URL",
        "CONNECTOR_SMARTCONNECT__TOKEN_URL",
        "CONNECTOR_DOCUMENTS__URL",
        "HTTPS_PROXY",
    }
    assert environment["CONNECTOR_SMARTCONNECT__BASE_URL"] == URL
    assert environment["CONNECTOR_SMARTCONNECT__TOKEN_URL"] == f"{URL}/auth/o2/token"
    assert environment["NO_PROXY"] == "registry.example.com,127.0.0.1"


def test_its_settings_are_those_of_the_sandbox(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("CONNECTOR_", "LWA_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(tell=pytest.fail, dotenv=None)
    assert settings.kafka.topic_prefix == "rehearsal."
    assert settings.app_id == settings.instance == "rehearsal-R1"
    assert settings.kafka.bootstrap_servers == REAL["CONNECTOR_KAFKA__BOOTSTRAP_SERVERS"]
    assert settings.kafka.sasl_password.get_secret_value() == "kafka-password", "whatever it came from"
    assert settings.kafka.cloudevents
    assert settings.notifications.queue_url == ""
    assert settings.documents.url == f"file://{sandbox.directory}/documents"
    assert settings.merchants_file.parent == sandbox.directory


def test_the_way_to_a_kafka_of_aws_is_kept(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "msk")
    settings = load_settings(
        dotenv=None, kafka={"security_protocol": "SASL_SSL", "sasl_mechanism": "AWS_MSK_IAM", "aws_region": "eu-west-1"}
    )
    assert worker_environment(settings, sandbox, URL)["AWS_PROFILE"] == "msk"


def test_the_merchant_is_as_in_the_file_but_for_its_secrets_and_its_mode() -> None:
    real = merchant(
        "M 1€",
        mode="observe",
        auto_confirm=True,
        kms_key_arn="arn:aws:kms:eu-west-1:1:key/k",
        poll_interval_s=7,
        limits={"inventory": {"rate": 20.5, "burst": 2}},
        thresholds={"not_confirmed_s": 60},
    )
    (known,) = parse_merchants(merchants_toml(real).encode(), "merchants.toml")
    changed = {"mode": "active", "refresh_token_env": TOKEN_VARIABLE, "kms_key_arn": ""}
    assert known == real.model_copy(update=changed)


def test_the_simulator_allows_what_the_file_says_that_amazon_allows() -> None:
    arguments = simulator_arguments(merchant(limits={"inventory": {"rate": 20.5, "burst": 2}}), seed=3, manners="odd")
    assert "inventory=20.5/2" in arguments
    assert f"M1={TOKEN}" in arguments
    assert arguments[-2:] == ["--manners", "odd"]
    assert "--manners" not in simulator_arguments(merchant(), seed=3, manners="")


@pytest.mark.parametrize("prefix", ["", "a b.", "rehearsal/", "ü."])
def test_a_prefix_that_keeps_nothing_apart_is_refused(prefix: str) -> None:
    with pytest.raises(InputError, match="--prefix"):
        check_prefix(prefix)


def test_no_topic_of_the_sandbox_is_a_real_one(sandbox: Sandbox) -> None:
    names = {sandbox.name(topic) for topic in TOPICS}
    assert len(names) == len(TOPICS)
    assert not names & {topic.name for topic in TOPICS}
    assert "rehearsal.oms.inventory" in names
