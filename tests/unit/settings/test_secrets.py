"""Secrets from files and from AWS Secrets Manager: all of them in one way, faults by variable, nothing shown."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings import Settings, load_settings, secrets
from connector.settings.renewal import fingerprints, with_current_secrets
from connector.settings.secrets import LONGEST_SECRET
from tests.kit.aws import Aws
from tests.kit.secure_kafka import Authority

PASSWORD = "CONNECTOR_SCHEMA_REGISTRY__PASSWORD"
CLIENT_SECRET = "CONNECTOR_SMARTCONNECT__CLIENT_SECRET"


pytestmark = pytest.mark.usefixtures("alone")


def loaded(**variables: str) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        return load_settings()


def told(**variables: str) -> str:
    """The only fault. Its text never holds a secret."""
    with pytest.raises(SettingsError) as caught:
        loaded(**variables)
    (fault,) = caught.value.faults
    assert "invented" not in fault
    return fault


def values(settings: Settings) -> Mapping[str, str]:
    found = {
        "CONNECTOR_KAFKA__SASL_PASSWORD": settings.kafka.sasl_password,
        "CONNECTOR_KAFKA__OAUTH__CLIENT_SECRET": settings.kafka.oauth.client_secret,
        "CONNECTOR_KAFKA__KEY_PASSWORD": settings.kafka.key_password,
        PASSWORD: settings.schema_registry.password,
        CLIENT_SECRET: settings.smartconnect.client_secret,
        "CONNECTOR_WEB__TOKEN": settings.web.token,
    }
    return {name: value.get_secret_value() for name, value in found.items()}


def key_pair(directory: Path, password: str) -> dict[str, str]:
    """So that a key's password is one."""
    certificate, key = Authority(directory, "known").client("worker", password)
    names = ("SECURITY_PROTOCOL", "CERT_FILE", "KEY_FILE")
    return {f"CONNECTOR_KAFKA__{name}": str(v) for name, v in zip(names, ("SSL", certificate, key), strict=True)}


def test_every_secret_may_be_in_a_file(alone: Path) -> None:
    (alone / "mounted").write_text("invented-for-a-file\n")
    files = {f"{name}_FILE": str(alone / "mounted") for name in secrets(Settings)}
    settings = loaded(**key_pair(alone, "invented-for-a-file"), **files)
    assert values(settings) == dict.fromkeys(secrets(Settings), "invented-for-a-file")
    assert "invented" not in repr(settings)


def test_every_secret_may_be_in_secrets_manager(alone: Path, aws: Aws) -> None:
    arn = aws.client("secretsmanager").create_secret(Name="prod/it", SecretString=" invented-for-a-file")["ARN"]
    for place in ("prod/it", arn):
        places = {f"{name}_AWS_SECRET": place for name in secrets(Settings)}
        assert values(loaded(**key_pair(alone, "invented-for-a-file"), **places)) == dict.fromkeys(
            secrets(Settings), "invented-for-a-file"
        )


@pytest.mark.parametrize(
    "content",
    [
        '{"username": "oms", "password": "invented-one"}',  # as MSK has them
        '{"CONNECTOR_KAFKA__SASL_PASSWORD": "invented-one", "password": "another"}',
        '{"only": "invented-one"}',
        "{invented-one}",
    ],
)
def test_a_secret_may_be_json_there(aws: Aws, content: str) -> None:
    aws.client("secretsmanager").create_secret(Name="prod/it", SecretString=content)
    who = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", "SASL_USERNAME": "oms"}
    kafka = {f"CONNECTOR_KAFKA__{name}": value for name, value in who.items()}
    variables = {**kafka, "CONNECTOR_KAFKA__SASL_PASSWORD_AWS_SECRET": "prod/it"}
    if content.startswith("{invented"):
        assert "name the text sasl_password in it" in told(**variables)
    else:
        assert loaded(**variables).kafka.sasl_password.get_secret_value() == "invented-one"


def test_a_file_that_cant_be_used_is_told_by_its_variable(alone: Path) -> None:
    (alone / "empty").write_text("\n")
    (alone / "binary").write_bytes(b"invented\xff")
    (alone / "lines").write_text("invented\ninvented")
    (alone / "long").write_text("invented" * LONGEST_SECRET)
    for name, why in (
        ("none", "there is no such file"),
        (".", "there is no such file"),
        ("empty", "there is nothing in it"),
        ("binary", "not text in UTF-8"),
        ("lines", "line break"),
        ("long", "too long"),
    ):
        fault = told(**{f"{PASSWORD}_FILE": str(alone / name)})
        assert fault.startswith(f"{PASSWORD}_FILE: ")
        assert why in fault


def test_a_secret_that_aws_does_not_give_is_told_by_its_variable(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {f"{CLIENT_SECRET}_AWS_SECRET": "prod/it"}
    assert told(**named).startswith(
        f"{CLIENT_SECRET}_AWS_SECRET: AWS Secrets Manager, secret prod/it: ResourceNotFound"
    )
    aws.client("secretsmanager").create_secret(Name="prod/it", SecretBinary=b"invented")
    assert "holds no text" in told(**named)
    assert "name or ARN" in told(**{f"{CLIENT_SECRET}_AWS_SECRET": "no name"})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "could not be asked for" in told(**named)


def test_one_place_only(alone: Path) -> None:
    fault = told(**{PASSWORD: "invented", f"{PASSWORD}_FILE": str(alone / "mounted")})
    assert fault == f"{PASSWORD} and {PASSWORD}_FILE: give one of them only"


def test_a_secret_that_is_not_there_is_no_second_fault() -> None:
    """Of the password that misses because its file does."""
    who = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", "SASL_USERNAME": "oms"}
    kafka = {f"CONNECTOR_KAFKA__{name}": value for name, value in who.items()}
    assert "no such file" in told(**kafka, CONNECTOR_KAFKA__SASL_PASSWORD_FILE="none")


def test_only_secrets_may_be_elsewhere() -> None:
    assert "there is no such setting" in told(CONNECTOR_SMARTCONNECT__CLIENT_ID_FILE="mounted")


def test_what_is_replaced_is_seen_and_nothing_else_changes(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "mounted").write_text("invented-one")
    monkeypatch.setenv(f"{PASSWORD}_FILE", "mounted")
    for name, value in key_pair(alone, "").items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    first = fingerprints(settings)
    monkeypatch.setenv("CONNECTOR_APP_ID", "another")
    assert fingerprints(with_current_secrets(settings)) == first
    (alone / "mounted").write_text("invented-two")
    renewed = with_current_secrets(settings)
    assert renewed.schema_registry.password.get_secret_value() == "invented-two"
    assert renewed.app_id == settings.app_id
    key_pair(alone, "")
    changed = {name for name, now in fingerprints(renewed).items() if first[name] != now}
    assert changed == {PASSWORD, "CONNECTOR_KAFKA__CERT_FILE", "CONNECTOR_KAFKA__KEY_FILE"}
    assert b"invented" not in b"".join(first.values())
