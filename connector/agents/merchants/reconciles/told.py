"""What the metrics say of nightly reconciles: the drifts of each last run, when that was, and how many failed."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from connector.domain.reconcile.nights import Compared, Night

_Of = tuple[str, str]
"""(merchant, stock, orders or returns)."""


class NightsTold(Collector):
    """Of the merchants whose home is here, since they are. Read when scraped, by another thread: what is gone through
    is copied in one step."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs: dict[_Of, tuple[Compared, int]] = {}
        self._failed: Counter[_Of] = Counter()
        registry.register(self)

    def expect(self, merchant_id: str, subjects: Iterable[str]) -> None:
        """Counted from 0, so that a rule sees the first that fails."""
        for what in subjects:
            self._failed.setdefault((merchant_id, what), 0)

    def note(self, merchant_id: str, what: str, came_to: Night, now_ms: int) -> None:
        """One that had no answer for some has failed, too, and yet it has found what it has found."""
        if not isinstance(came_to, Compared) or came_to.unanswered:
            self._failed[merchant_id, what] += 1
        if isinstance(came_to, Compared):
            self._runs[merchant_id, what] = (came_to, now_ms)

    def forget(self) -> None:
        """They are others' now."""
        self._runs, self._failed = {}, Counter()

    def collect(self) -> Iterable[Metric]:
        text = "Drifts that the last nightly reconcile found"
        drifts = GaugeMetricFamily("connector_reconcile_drifts", text, labels=("merchant", "what", "kind"))
        text = "When the last nightly reconcile ended, in seconds since 1970"
        last = GaugeMetricFamily("connector_reconcile_last_run_seconds", text, labels=("merchant", "what"))
        for of, (compared, at_ms) in dict(self._runs).items():
            last.add_metric(of, at_ms / 1000)
            for kind, count in compared.kinds.items():
                drifts.add_metric((*of, kind), count)
        text = "Nightly reconciles that failed, or had no answer for some"
        failed = CounterMetricFamily("connector_reconcile_failed", text, labels=("merchant", "what"))
        for of, count in dict(self._failed).items():
            failed.add_metric(of, count)
        return (drifts, last, failed)
