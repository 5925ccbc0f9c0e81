"""The metrics of a worker."""

import platform
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from connector.domain.alerts import Alert
from connector.lanes.lanes import Lanes
from connector.merchants import OPERATIONS
from connector.telemetry.gauge import added_up
from connector.telemetry.lanes import LaneSeries
from connector.telemetry.merchants import MerchantSeries
from connector.telemetry.shown import Urgency

CALL_LATENCIES_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # a call may take ten
KEY_WAITS_S = (
    0.2,
    1,
    5,
    15,
    60,
    300,
    900,
    3600,
)  # a call takes its sixth of a second; a thousand SKUs take three minutes


class Telemetry:
    """The counters of one worker, in registries of its own so that several run in one process (demo, tests).

    What is read when scraped is read in a thread of its own, while the event loop changes it: so each collector goes
    through copies that are made in one step. Whatever is by merchant goes through `merchants`: at most so many have
    series of their own in `bounded`.
    """

    def __init__(self, most_merchants: int = 200) -> None:
        self._general = CollectorRegistry()
        self.merchants = MerchantSeries(most_merchants)
        self.calls = self.merchants.calls
        text = "Orders and returns that only a sweep found: their lists lag, or somebody's clock is wrong"
        self.found_by_sweep = self.merchants.count("connector_found_by_sweep", text, ("merchant", "kind"))
        self._lanes = LaneSeries(self.merchants)
        self._latencies = self._by_operation(
            "connector_call_latency_seconds", "From when a call left to the last byte of its answer", CALL_LATENCIES_S
        )
        self._key_waits = self._by_operation(
            "connector_key_wait_seconds", "For how long a key waited for the limit before a call took it", KEY_WAITS_S
        )
        self.dead_letters = self._count("connector_dead_letters", "Records that could not be used", ("topic", "reason"))
        text = "Facts of Amazon's that could not be read and are left empty, by their path"
        self.unread_facts = self._count("connector_unread_facts", text, ("path",))
        self.forwarded = self._count("connector_forwarded", "Records sent on to their home partition", ("topic",))
        text = "Operators' records that could not be read"
        self.unreadable_state = self._count("connector_unreadable_state", text, ("topic",))
        build = Gauge("connector_build_info", "1, by what is running", ("version", "python"), registry=self._general)
        build.labels(installed_version(), platform.python_version()).set(1)
        ProcessCollector(registry=self._general)
        self.registry = CollectorRegistry()
        for collector in (self._general, self.merchants):
            self.registry.register(collector)

    def bounded(self) -> Iterator[Metric]:
        """As the registry has them, but for merchants that are told of together."""
        return chain(self._general.collect(), self.merchants.bounded())

    def _count(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, text, labels, registry=self._general)

    def _by_operation(self, name: str, text: str, buckets_s: Sequence[float]) -> Callable[[str], Histogram]:
        """Not by merchant: thousands of them would each have a series for every bucket. Each operation's is kept: to
        find it by its label takes longer than to count in it."""
        histogram = Histogram(name, text, ("operation",), buckets=buckets_s, registry=self._general)
        of_operation = cache(histogram.labels)
        for operation in OPERATIONS:
            of_operation(operation)
        return of_operation

    def count_call(self, merchant_id: str, operation: str, outcome: str, latency_s: float | None) -> None:
        """`latency_s`: None of a call that never left."""
        self.calls.add(merchant_id, operation, outcome)
        if latency_s is not None:
            self._latencies(operation).observe(latency_s)

    def take_keys(self, merchant_id: str, operation: str, waits_s: Sequence[float]) -> None:
        """A call takes them."""
        self._lanes.take(merchant_id, operation, waits_s)
        observe = self._key_waits(operation).observe
        for waited_s in waits_s:
            observe(waited_s)

    def count_unreadable(self, topic: str) -> None:
        self.unreadable_state.labels(topic).inc()

    def watch_lanes(self, lanes: Lanes) -> None:
        self._lanes.watch(lanes)

    def watch_alerts(self, alerts: Iterable[Alert]) -> None:
        """`alerts` that stand, read when scraped."""

        def count() -> Iterator[tuple[str, str, int]]:
            return ((alert.merchant_id, str(alert.kind), 1) for alert in alerts)

        self._watch("connector_alerts", "Alerts that stand", ("kind",), count, Urgency.TROUBLE)

    def watch_contested(self, keys: Iterable[str]) -> None:
        """`keys` of the ledger, read when scraped."""
        text = "SKUs that another integrator also posts"
        self._watch("connector_contested_skus", text, (), lambda: _merchants_of(keys), Urgency.TROUBLE)

    def watch_not_enabled(self, keys: Iterable[str]) -> None:
        """`keys`: merchant|operation, read when scraped."""
        text = "APIs that Amazon does not open to the merchant"
        self._watch("connector_not_enabled", text, (), lambda: _merchants_of(keys), Urgency.HELD_UP)

    def watch_held_back(self, count: Callable[[], Iterable[tuple[str, str, str, int]]]) -> None:
        """`count`: (merchant, inventory or orders, why, how many), read when scraped."""
        text = "SKUs and shipments that wait though nothing calls for them"
        self._watch("connector_held_back", text, ("flow", "because"), count, Urgency.HELD_UP)

    def watch_poll_intervals(self, read: Callable[[], Iterable[tuple[str, float]]]) -> None:
        """`read`: (merchant, seconds), read when scraped."""
        name = "connector_poll_interval_seconds"
        text = "Seconds between polls of the merchant's new orders: more than configured while notifications are proven"
        self.merchants.watch(name, text, ("merchant",), lambda _: added_up(read()), together=max)

    def watch_late(self, count: Callable[[], Iterable[tuple[str, str, str, int]]]) -> None:
        """`count`: (merchant, location, kind, how many), read when scraped."""
        text = "Shipments that are late, by the kind of their alert"
        self._watch("connector_late_shipments", text, ("location", "kind"), count, Urgency.TROUBLE)

    def watch_at_risk(self, count: Callable[[], Iterable[tuple[str, str, int]]]) -> None:
        """`count`: (merchant, location, how many), read when scraped."""
        text = "Shipments that will miss their ship-by or pickup slot at the pace that the limits allow"
        self._watch("connector_shipments_at_risk", text, ("location",), count, Urgency.TROUBLE)

    def watch_lag(self, lag: Callable[[], Mapping[tuple[str, int], int]]) -> None:
        """`lag`: records by topic and partition, read when scraped."""
        self._general.register(LagCollector(lag))

    def watch_loop(self, longest_s: Callable[[], float]) -> None:
        text = "Longest stop of the event loop in the last minute"
        Gauge("connector_loop_blocked_seconds", text, registry=self._general).set_function(longest_s)

    def watch_partitions(self, owned: Callable[[], Collection[int]], partitions: int) -> None:
        """`owned`: those held here, read when scraped. `partitions`: how many there are, here and elsewhere."""
        held = Gauge("connector_partitions_held", "Partitions of each topic that are held here", registry=self._general)
        held.set_function(lambda: float(len(owned())))
        Gauge("connector_partitions", "Partitions of each topic", registry=self._general).set(partitions)

    def watch_store(self, is_away: Callable[[], bool]) -> None:
        text = "1: the document store could not be written when that was tried at the start"
        Gauge("connector_store_not_writable", text, registry=self._general).set_function(lambda: float(is_away()))

    def watch_queue(self, is_troubled: Callable[[], bool]) -> None:
        gauge = Gauge("connector_queue_troubled", "1: the queue can't be emptied", registry=self._general)
        gauge.set_function(lambda: float(is_troubled()))

    def _watch(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...],
        count: Callable[[], Iterable[tuple[*tuple[str, ...], float]]],
        urgency: Urgency,
    ) -> None:
        """`count`: label values, the merchant's first, then how many; those of the same labels are added up."""
        self.merchants.watch(name, text, ("merchant", *labels), lambda _: added_up(count()), urgency=urgency)


@cache  # it reads files
def installed_version() -> str:
    try:
        return version("smartconnect-connector")
    except PackageNotFoundError:  # it runs from its source
        return "not installed"


class LagCollector(Collector):
    def __init__(self, lag: Callable[[], Mapping[tuple[str, int], int]]) -> None:
        self._lag = lag

    def collect(self) -> Iterable[Metric]:
        text = "Records of the partitions held here that are not dealt with yet"
        gauge = GaugeMetricFamily("connector_lag_records", text, labels=("topic", "partition"))
        for (topic, partition), count in self._lag().items():
            gauge.add_metric((topic, str(partition)), count)
        return (gauge,)


def _merchants_of(keys: Iterable[str]) -> Iterator[tuple[str, int]]:
    return ((key.partition("|")[0], 1) for key in tuple(keys))
