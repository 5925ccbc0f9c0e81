"""Settings: from the environment and .env, every fault at once and by name, secrets never shown (G10)."""

import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.errors import SettingsError
from connector.settings import Settings, load_settings, require

pytestmark = pytest.mark.usefixtures("alone")


def faults(**environment: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(f"CONNECTOR_{name}", value)
        with pytest.raises(SettingsError) as caught:
            load_settings()
    return list(caught.value.faults)


def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings.app_id == "connector"
    assert settings.schema_registry.url == ""


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_APP_ID", "shop")
    monkeypatch.setenv("CONNECTOR_KAFKA__BOOTSTRAP_SERVERS", "k1:9092,k2:9092")
    monkeypatch.setenv("CONNECTOR_KAFKA__PARTITIONS", "24")
    monkeypatch.setenv("CONNECTOR_SMARTCONNECT__BASE_URL", "http://localhost:8080/")
    settings = load_settings()
    assert (settings.app_id, settings.kafka.bootstrap_servers) == ("shop", "k1:9092,k2:9092")
    assert (settings.kafka.partitions, settings.smartconnect.base_url) == (24, "http://localhost:8080")


def test_a_dotenv_file_is_read_and_the_environment_wins(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / ".env").write_text("CONNECTOR_APP_ID=file\nCONNECTOR_WEB__PORT=7000\nOTHER=1\n")
    monkeypatch.setenv("CONNECTOR_APP_ID", "environment")
    settings = load_settings()
    assert (settings.app_id, settings.web.port) == ("environment", 7000)


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_WEB__PORT", "")
    assert load_settings().web.port == Settings.model_fields["web"].default.port


def test_all_faults_are_told_at_once_naming_the_variables() -> None:
    told = faults(
        APP_ID="has spaces",
        KAFKA__PARTITIONS="none",
        KAFKA__SECURITY_PROTOCOL="TLS",
        SMARTCONNECT__BASE_URL="amazon.com",
        DOCUMENTS__URL="ftp://x",
        WEB__PORT="99999",
        SCHEMA_REGISTRY__CA_FILE="/no/such/file",
        KAFKA__BOOTSTRAP_SERVER="k:9092",
    )
    assert sorted(fault.split(":")[0] for fault in told) == [
        "CONNECTOR_APP_ID",
        "CONNECTOR_DOCUMENTS__URL",
        "CONNECTOR_KAFKA__BOOTSTRAP_SERVER",
        "CONNECTOR_KAFKA__PARTITIONS",
        "CONNECTOR_KAFKA__SECURITY_PROTOCOL",
        "CONNECTOR_SCHEMA_REGISTRY__CA_FILE",
        "CONNECTOR_SMARTCONNECT__BASE_URL",
        "CONNECTOR_WEB__PORT",
    ]
    assert all(len(fault.split(": ", 1)[1]) > 20 for fault in told), "each says what is wanted"


def test_sasl_without_credentials_names_what_misses() -> None:
    told = faults(KAFKA__SECURITY_PROTOCOL="SASL_SSL")
    assert [fault.split(":")[0] for fault in told] == [
        "CONNECTOR_KAFKA__SASL_MECHANISM",
        "CONNECTOR_KAFKA__SASL_USERNAME",
        "CONNECTOR_KAFKA__SASL_PASSWORD",
    ]


def test_a_group_set_as_a_whole_is_told() -> None:
    assert "CONNECTOR_KAFKA__*" in faults(KAFKA="localhost:9092")[0]


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_KAFKA__SASL_PASSWORD", "s3cret-one")
    monkeypatch.setenv("CONNECTOR_SMARTCONNECT__CLIENT_SECRET", "s3cret-two")
    monkeypatch.setenv("CONNECTOR_SCHEMA_REGISTRY__PASSWORD", "s3cret-three")
    settings = load_settings()
    assert settings.smartconnect.client_secret.get_secret_value() == "s3cret-two"
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_fault_never_shows_what_was_given() -> None:
    told = faults(KAFKA__PARTITIONS="s3cret", SMARTCONNECT__TOKEN_URL="s3cret", KAFKA__SASL_MECHANISM="s3cret")
    assert len(told) == 3
    assert "s3cret" not in " ".join(told)


def test_what_one_command_needs_is_required_by_that_command_alone() -> None:
    settings = load_settings()
    with pytest.raises(SettingsError) as caught:
        require(settings, "smartconnect.client_id", "smartconnect.client_secret", "kafka.bootstrap_servers")
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "CONNECTOR_SMARTCONNECT__CLIENT_ID",
        "CONNECTOR_SMARTCONNECT__CLIENT_SECRET",
    ]
    given = settings.smartconnect.model_copy(update={"client_id": "id", "client_secret": SecretStr("x")})
    require(settings.model_copy(update={"smartconnect": given}), "smartconnect.client_id", "smartconnect.client_secret")


def test_a_dotenv_file_that_cant_be_read_is_told_with_all_else(alone: Path) -> None:
    (alone / ".env").write_text("CONNECTOR_APP_ID=a b\nCONNECTOR_WEB__PORT='1\n")
    told = faults(KAFKA__PARTITIONS="none", LOG_LEVL="DEBUG")
    assert sorted(fault.split(":")[0] for fault in told) == [
        ".env",
        "CONNECTOR_APP_ID",
        "CONNECTOR_KAFKA__PARTITIONS",
        "CONNECTOR_LOG_LEVL",
    ]


def test_white_space_around_a_secret_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_SMARTCONNECT__CLIENT_SECRET", "s3cret\n")
    told = list[str]()
    assert load_settings(told.append).smartconnect.client_secret.get_secret_value() == "s3cret"
    (remark,) = told
    assert remark.startswith("CONNECTOR_SMARTCONNECT__CLIENT_SECRET: ")
    assert "s3cret" not in remark


def test_remarks_go_to_stderr_unless_somebody_else_wants_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONNECTOR_APP_ID", " shop ")
    load_settings()
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n"), "CONNECTOR_APP_ID" in shown.err) == ("", 1, True)


@pytest.mark.parametrize("name", ["SMARTCONNECT__BASE_URL", "SMARTCONNECT__TOKEN_URL", "NOTIFICATIONS__QUEUE_URL"])
def test_a_url_with_a_password_is_refused_by_name(name: str) -> None:
    (told,) = faults(**{name: "https://user:s3cret@h.example.com/x"})
    assert told.startswith(f"CONNECTOR_{name}: ")
    assert "https://h.example.com/x" in told
    assert "s3cret" not in told


def test_the_registrys_url_carries_no_password_and_says_where_it_goes() -> None:
    (told,) = faults(SCHEMA_REGISTRY__URL="https://user:s3%2Fcret@h:8081/apis/")
    assert told.startswith("CONNECTOR_SCHEMA_REGISTRY__URL: ")
    assert "CONNECTOR_SCHEMA_REGISTRY__PASSWORD" in told
    assert "cret" not in told


def test_a_url_of_others_with_a_password_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://user:s3cret@h")
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL_SQS: give the URL without") as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)


def test_kubernetes_own_variables_forbid_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_PORT", "tcp://10.0.0.1:6066")
    monkeypatch.setenv("CONNECTOR_SERVICE_HOST", "10.0.0.1")
    told = list[str]()
    assert load_settings(told.append).web.port == 6066
    assert told == []


def test_overrides_win_over_the_environment_member_by_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_KAFKA__PARTITIONS", "3")
    monkeypatch.setenv("CONNECTOR_KAFKA__REPLICATION_FACTOR", "2")
    kafka = load_settings(kafka={"partitions": 5}).kafka
    assert (kafka.partitions, kafka.replication_factor) == (5, 2)


def test_a_worker_is_named_after_its_host_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "shop-7")
    assert load_settings().instance == "shop-7"
    monkeypatch.setenv("CONNECTOR_INSTANCE", "one")
    assert load_settings().instance == "one"


@pytest.mark.parametrize("name", ["a b", "ä", "x" * 250, ".", "..", "a/b"])
def test_a_worker_s_name_is_one_that_kafka_takes(name: str) -> None:
    (told,) = faults(INSTANCE=name)
    assert told.startswith("CONNECTOR_INSTANCE: ")


def test_a_host_s_name_that_kafka_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "käse")
    (told,) = faults()
    assert told.startswith("CONNECTOR_INSTANCE: ")
