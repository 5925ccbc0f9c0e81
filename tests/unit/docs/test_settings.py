"""What is written about the settings is what the settings are."""

import re

import pytest

from connector.settings import PREFIX, load_settings
from docs.tables.settings import setting_names, settings_table
from tests.kit.examples import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "KAFKA__BOOTSTRAP_SERVERS",
        "KAFKA__SECURITY_PROTOCOL",
        "KAFKA__SASL_MECHANISM",
        "KAFKA__SASL_USERNAME",
        "KAFKA__SASL_PASSWORD",
        "KAFKA__CA_FILE",
        "KAFKA__PARTITIONS",
        "KAFKA__REPLICATION_FACTOR",
        "SCHEMA_REGISTRY__URL",
        "SMARTCONNECT__BASE_URL",
        "SMARTCONNECT__TOKEN_URL",
        "SMARTCONNECT__CLIENT_ID",
        "SMARTCONNECT__CLIENT_SECRET",
        "MERCHANTS_FILE",
        "NOTIFICATIONS__QUEUE_URL",
        "DOCUMENTS__URL",
        "APP_ID",
        "DATA_DIR",
        "WEB__PORT",
    ],
)
def test_names_that_others_rely_on(name: str) -> None:
    assert PREFIX + name in setting_names()


def test_every_row_says_what_it_means() -> None:
    rows = settings_table().splitlines()[2:]
    assert all(len(row.split(" | ")) == 4 and row.split(" | ")[3].strip(" |") for row in rows)


def test_the_example_names_every_setting_and_no_other() -> None:
    assert sorted(re.findall(r"^#?(CONNECTOR_[A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)) == sorted(setting_names())


def test_what_the_example_leaves_out_is_at_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = load_settings(dotenv=None)
    for name, value in re.findall(r"^#(CONNECTOR_[A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE):
        monkeypatch.setenv(name, value)
    assert load_settings(dotenv=None) == defaults
