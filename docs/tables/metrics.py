"""The metrics, a row each, from the registry of a worker that is wired as in production and never run."""

import asyncio
from collections.abc import Iterator

from prometheus_client import CollectorRegistry

from docs.tables.markdown import markdown_table
from docs.tables.worker import wired_worker


def metrics_table() -> str:
    rows = ((f"`{name}`", kind, labels, meaning) for name, kind, labels, meaning in _metrics())
    return markdown_table(("metric", "type", "labels", "meaning"), rows)


def metric_names() -> frozenset[str]:
    """As Prometheus has them: a counter's ends in _total."""
    return frozenset(name for name, *_ in _metrics())


def _metrics() -> list[tuple[str, str, str, str]]:
    return asyncio.run(_of_a_worker())


async def _of_a_worker() -> list[tuple[str, str, str, str]]:
    async with wired_worker() as worker:
        return sorted(_described(worker.web.registry))


def _described(registry: CollectorRegistry) -> Iterator[tuple[str, str, str, str]]:
    """Label names of what has no sample yet are public nowhere in prometheus_client, so they are read from inside."""
    for collector in registry._collector_to_names:
        if isinstance(collector, CollectorRegistry):
            yield from _described(collector)
            continue
        for metric in collector.collect():
            labels = getattr(metric, "_labelnames", ()) or getattr(collector, "_labelnames", ())
            name = metric.name + ("_total" if metric.type == "counter" else "")
            yield name, metric.type, ", ".join(labels), metric.documentation
