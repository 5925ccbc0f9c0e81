"""What is written about the settings is what the settings are."""

import re
from pathlib import Path

import pytest

from connector.settings import PREFIX
from connector.settings_table import settings_table

ROOT = Path(__file__).parents[2]
NAMES = set(re.findall(r"`(CONNECTOR_[A-Z0-9_]+)`", settings_table()))


def test_the_readme_has_the_table_as_it_is() -> None:
    """To mend it: .venv/bin/python -m connector.settings_table, between the markers."""
    readme = (ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else ""
    shown = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", readme, re.DOTALL)
    assert shown is not None, "README.md has no <!-- settings --> ... <!-- /settings -->"
    assert shown.group(1).strip() == settings_table()


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
    assert PREFIX + name in NAMES


def test_every_row_says_what_it_means() -> None:
    rows = settings_table().splitlines()[2:]
    assert all(len(row.split(" | ")) == 4 and row.split(" | ")[3].strip(" |") for row in rows)


def test_the_example_names_every_setting_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#?(CONNECTOR_[A-Z0-9_]+)=", example, re.MULTILINE)) == NAMES
