"""Dashboard, alerts and the operators' page name metrics that exist."""

import re
from pathlib import Path

import pytest

from docs.tables.metrics import metric_names
from tests.kit.examples import ROOT

NAMING = (
    ROOT / "ops/grafana/dashboards/connector.json",
    ROOT / "ops/prometheus/alerts.yml",
    ROOT / "docs/operations.md",
    ROOT / "docs/migrating.md",
)


@pytest.mark.parametrize("file", NAMING, ids=lambda file: file.name)
def test_every_metric_named_exists(file: Path) -> None:
    named = set(re.findall(r"\bconnector_\w+", file.read_text()))
    assert named
    assert named <= metric_names()


def test_every_metric_says_what_it_means() -> None:
    assert len(metric_names()) >= 10
