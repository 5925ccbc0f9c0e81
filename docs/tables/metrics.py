"""The metrics, a row each, from the registry of a worker that is wired as in production and never run."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from prometheus_client import CollectorRegistry

from connector.app import build_worker
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, load_settings
from docs.tables.markdown import markdown_table

MERCHANTS = Path(__file__).parents[2] / "merchants.example.toml"


def metrics_table() -> str:
    rows = ((f"`{name}`", kind, labels, meaning) for name, kind, labels, meaning in _metrics())
    return markdown_table(("metric", "type", "labels", "meaning"), rows)


def metric_names() -> frozenset[str]:
    """As Prometheus has them: a counter's ends in _total."""
    return frozenset(name for name, *_ in _metrics())


def _metrics() -> list[tuple[str, str, str, str]]:
    return asyncio.run(_of_a_worker())


async def _of_a_worker() -> list[tuple[str, str, str, str]]:
    aws = {"AWS_DEFAULT_REGION": "eu-west-1"}  # a client of SQS can't be made without one
    with tempfile.TemporaryDirectory() as directory, patch.dict(os.environ, aws):
        worker = build_worker(_settings(Path(directory)), MerchantsFile(MERCHANTS))
        worker.clients.producer.close(0)
        await worker.clients.api.aclose()
        return sorted(_described(worker.web.registry))


def _described(registry: CollectorRegistry) -> Iterator[tuple[str, str, str, str]]:
    """Label names of what has no sample yet are public nowhere in prometheus_client, so they are read from inside."""
    for collector in registry._collector_to_names:
        for metric in collector.collect():
            labels = getattr(metric, "_labelnames", ()) or getattr(collector, "_labelnames", ())
            name = metric.name + ("_total" if metric.type == "counter" else "")
            yield name, metric.type, ", ".join(labels), metric.documentation


def _settings(directory: Path) -> Settings:
    """With everything switched on that has metrics of its own."""
    return load_settings(
        dotenv=None,
        data_dir=directory / "data",
        smartconnect={"client_id": "docs", "client_secret": "docs"},
        notifications={"queue_url": "http://localhost/queue"},
        documents={"url": f"file://{directory}/documents"},
    )
