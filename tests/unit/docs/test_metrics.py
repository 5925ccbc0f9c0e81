"""Dashboard, alerts and the operators' page name metrics that exist."""

import re
from pathlib import Path
from typing import get_args

import pytest

from connector.kafka.avro.topic_codec import Reason
from docs.tables.metrics import metric_names
from docs.tables.worker import wired_worker
from tests.kit.examples import ROOT

NAMING = (
    ROOT / "ops/grafana/dashboards/connector.json",
    ROOT / "ops/prometheus/alerts.yml",
    ROOT / "docs/operations.md",
    ROOT / "docs/migrating.md",
)


@pytest.mark.parametrize("file", NAMING, ids=lambda file: file.name)
def test_every_metric_named_exists(file: Path) -> None:
    named = {name.removesuffix("_bucket") for name in re.findall(r"\bconnector_\w+", file.read_text())}
    assert named
    assert named <= metric_names()


def test_every_metric_says_what_it_means() -> None:
    assert len(metric_names()) >= 10


async def test_dead_letters_are_counted_from_nought_so_that_the_first_of_a_kind_is_a_rise() -> None:
    topics = ("oms.inventory", "oms.order-commands", "connector.notifications", "connector.api-calls")
    async with wired_worker() as worker:
        read = worker.web.registry.get_sample_value
        for topic in (*topics, "connector.internal-commands"):
            assert read("connector_forwarded_total", {"topic": topic}) == 0
            for reason in get_args(Reason):
                assert read("connector_dead_letters_total", {"topic": topic, "reason": reason}) == 0, (topic, reason)
