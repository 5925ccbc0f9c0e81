"""All metrics that are by merchant: of each merchant, or of the bounded number that has series of its own, and of the
others together."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from operator import add

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from connector.domain.alerts import NO_MERCHANT
from connector.telemetry.counter import MerchantCounter, Present, Row
from connector.telemetry.gauge import MerchantGauge, ReadRows, Together
from connector.telemetry.shown import OTHERS, Claim, ShownMerchants, Urgency

_NOBODY: frozenset[str] = frozenset()


class MerchantSeries(Collector):
    """`collect`: of every merchant; `bounded`: of `most` of them, and of the others together. What is read when scraped
    is read in a thread of its own.

    `here`: merchants that have lanes. `backlog` is read to see who has most.
    """

    def __init__(self, most: int) -> None:
        self.here: Callable[[], Iterable[str]] = tuple
        self.backlog: ReadRows = lambda _shown: ()
        self._shown = ShownMerchants(most)
        self._gauges: list[MerchantGauge] = []
        self._counters: list[MerchantCounter] = []
        self.calls = self.count("connector_calls", "Finished calls to Amazon", ("merchant", "operation", "outcome"))

    def count(self, name: str, text: str, labels: tuple[str, ...], present: Present | None = None) -> MerchantCounter:
        """`labels`: their names, the merchant's first; those of the others keep all but that. `present`: as there."""
        counter = MerchantCounter(name, text, labels, shown=self._shown, present=present)
        self._counters.append(counter)
        return counter

    def watch(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...],
        rows: ReadRows,
        *,
        together: Together | None = add,
        urgency: Urgency = Urgency.NONE,
        urgent_above: float = 0.0,
    ) -> None:
        """As MerchantGauge has it."""
        self._gauges.append(MerchantGauge(name, text, labels, rows, together, urgency, urgent_above))

    def collect(self) -> Iterator[Metric]:
        return self._metrics(None)

    def bounded(self) -> Iterator[Metric]:
        return self._metrics(self._shown.choose(self._claims))

    def _metrics(self, shown: Collection[str] | None) -> Iterator[Metric]:
        for counter in self._counters:
            counted = CounterMetricFamily(counter.name, counter.text, labels=counter.labels)
            yield _filled(counted, f"{counter.name}_total", counter.labels, counter.told(shown))
        for gauge in self._gauges:
            family = GaugeMetricFamily(gauge.name, gauge.text, labels=gauge.labels)
            yield _filled(family, gauge.name, gauge.labels, gauge.told(shown))

    def _claims(self) -> Mapping[str, Claim]:
        here, calls = frozenset(self.here()), self.calls.by_merchant()
        backlog: dict[str, float] = {}
        for (merchant_id, *_), value in self.backlog(_NOBODY):
            backlog[merchant_id] = backlog.get(merchant_id, 0.0) + value
        urgency: dict[str, Urgency] = {}
        for gauge in self._gauges:
            for (merchant_id, *_), value in gauge.rows(_NOBODY) if gauge.urgency else ():
                if value > gauge.urgent_above:
                    urgency[merchant_id] = max(gauge.urgency, urgency.get(merchant_id, Urgency.NONE))
        return {
            merchant_id: Claim(
                urgency.get(merchant_id, Urgency.NONE),
                backlog.get(merchant_id, 0.0),
                merchant_id in here,
                calls.get(merchant_id, 0.0),
            )
            for merchant_id in here.union(calls, backlog, urgency) - {OTHERS, NO_MERCHANT}
        }


def _filled(family: Metric, name: str, labels: tuple[str, ...], rows: Iterator[Row]) -> Metric:
    """Samples are made one by one as they are written: thousands of merchants have hundreds of thousands, and all of
    them together would have the garbage collector stop the loop."""
    samples = (Sample(name, dict(zip(labels, values, strict=True)), value) for values, value in rows)
    family.samples = samples  # type: ignore[assignment]  # it is only gone through
    return family
