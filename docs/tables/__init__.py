"""What the docs say of settings, limits, topics, records and metrics, made from the code: it can't fall behind."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from connector.web.api.openapi.document import openapi
from docs.tables.limits import limits_table, thresholds_table
from docs.tables.metrics import metrics_table
from docs.tables.records import record_tables
from docs.tables.settings import kafka_security_table, settings_table
from docs.tables.topics import topics_table

_REFERENCE = Path(__file__).parents[1] / "reference"


@dataclass(frozen=True, slots=True)
class Table:
    """A generated table and the page that shows it, between <!-- NAME --> and <!-- /NAME -->."""

    name: str
    page: Path
    make: Callable[[], str]


TABLES = (
    Table("settings", _REFERENCE / "configuration.md", settings_table),
    Table("kafka security", _REFERENCE / "kafka-security.md", kafka_security_table),
    Table("limits", _REFERENCE / "configuration.md", limits_table),
    Table("thresholds", _REFERENCE / "configuration.md", thresholds_table),
    Table("topics", _REFERENCE / "topics.md", topics_table),
    Table("records", _REFERENCE / "records.md", record_tables),
    Table("metrics", _REFERENCE / "metrics.md", metrics_table),
)
ASYNCAPI = _REFERENCE / "asyncapi.yaml"
"""All topics for programs, generated too."""
OPENAPI = _REFERENCE / "openapi.yaml"
"""The control API for programs, likewise."""


def openapi_text() -> str:
    return yaml.safe_dump(openapi(), sort_keys=False, allow_unicode=True, width=120)
