"""The metrics of a worker."""

import platform
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client import Counter as PrometheusCounter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from connector.domain.alerts import Alert
from connector.lanes.lanes import Lanes, ToldLane
from connector.merchants import OPERATIONS

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
    """The counters of one worker, in a registry of its own so that several run in one process (demo, tests).

    What is read when scraped is read in a thread of its own, while the event loop changes it: so each collector goes
    through copies that are made in one step.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = PrometheusCounter(
            "connector_calls", "Finished calls to Amazon", ("merchant", "operation", "outcome"), registry=self.registry
        )
        self._latencies = self._by_operation(
            "connector_call_latency_seconds", "From when a call left to the last byte of its answer", CALL_LATENCIES_S
        )
        self._key_waits = self._by_operation(
            "connector_key_wait_seconds", "For how long a key waited for the limit before a call took it", KEY_WAITS_S
        )
        self.dead_letters = PrometheusCounter(
            "connector_dead_letters", "Records that could not be used", ("topic", "reason"), registry=self.registry
        )
        self.unread_facts = PrometheusCounter(
            "connector_unread_facts",
            "Facts of Amazon's that could not be read and are left empty, by their path",
            ("path",),
            registry=self.registry,
        )
        self.forwarded = PrometheusCounter(
            "connector_forwarded", "Records sent on to their home partition", ("topic",), registry=self.registry
        )
        self.unreadable_state = PrometheusCounter(
            "connector_unreadable_state",
            "Operators' records that could not be read",
            ("topic",),
            registry=self.registry,
        )

        self.found_by_sweep = PrometheusCounter(
            "connector_found_by_sweep",
            "Orders and returns that only a sweep found: their lists lag, or somebody's clock is wrong",
            ("merchant", "kind"),
            registry=self.registry,
        )

        build = Gauge("connector_build_info", "1, by what is running", ("version", "python"), registry=self.registry)
        build.labels(installed_version(), platform.python_version()).set(1)
        ProcessCollector(registry=self.registry)

    def _by_operation(self, name: str, text: str, buckets_s: Sequence[float]) -> Callable[[str], Histogram]:
        """Not by merchant: thousands of them would each have a series for every bucket. Each operation's is kept: to
        find it by its label takes longer than to count in it."""
        histogram = Histogram(name, text, ("operation",), buckets=buckets_s, registry=self.registry)
        of_operation = cache(histogram.labels)
        for operation in OPERATIONS:
            of_operation(operation)
        return of_operation

    def count_call(self, merchant_id: str, operation: str, outcome: str, latency_s: float | None) -> None:
        """`latency_s`: None of a call that never left."""
        self.calls.labels(merchant_id, operation, outcome).inc()
        if latency_s is not None:
            self._latencies(operation).observe(latency_s)

    def take_key(self, operation: str, waited_s: float) -> None:
        self._key_waits(operation).observe(waited_s)

    def count_unreadable(self, topic: str) -> None:
        self.unreadable_state.labels(topic).inc()

    def watch_lanes(self, lanes: Lanes) -> None:
        self.registry.register(LaneCollector(lanes))

    def watch_alerts(self, alerts: Iterable[Alert]) -> None:
        """`alerts` that stand, read when scraped."""
        self.registry.register(AlertCollector(alerts))

    def watch_contested(self, keys: Iterable[str]) -> None:
        """`keys` of the ledger, read when scraped."""
        text = "SKUs that another integrator also posts"
        self.registry.register(KeyCollector("connector_contested_skus", text, keys))

    def watch_not_enabled(self, keys: Iterable[str]) -> None:
        """`keys`: merchant|operation, read when scraped."""
        text = "APIs that Amazon does not open to the merchant"
        self.registry.register(KeyCollector("connector_not_enabled", text, keys))

    def watch_held_back(self, count: Callable[[], Iterable[tuple[str, str, str, int]]]) -> None:
        """`count`: (merchant, inventory or orders, why, how many), read when scraped."""
        text = "SKUs and shipments that wait though nothing calls for them"
        labels = ("merchant", "flow", "because")
        self.registry.register(CountCollector("connector_held_back", text, labels=labels, count=count))

    def watch_poll_intervals(self, read: Callable[[], Iterable[tuple[str, float]]]) -> None:
        """`read`: (merchant, seconds), read when scraped."""
        text = "Seconds between polls of the merchant's new orders: more than configured while notifications are proven"
        self.registry.register(
            CountCollector("connector_poll_interval_seconds", text, labels=("merchant",), count=read)
        )

    def watch_late(self, count: Callable[[], Iterable[tuple[str, str, str, int]]]) -> None:
        """`count`: (merchant, location, kind, how many), read when scraped."""
        text = "Shipments that are late, by the kind of their alert"
        labels = ("merchant", "location", "kind")
        self.registry.register(CountCollector("connector_late_shipments", text, labels=labels, count=count))

    def watch_at_risk(self, count: Callable[[], Iterable[tuple[str, str, int]]]) -> None:
        """`count`: (merchant, location, how many), read when scraped."""
        text = "Shipments that will miss their ship-by or pickup slot at the pace that the limits allow"
        labels = ("merchant", "location")
        self.registry.register(CountCollector("connector_shipments_at_risk", text, labels=labels, count=count))

    def watch_lag(self, lag: Callable[[], Mapping[tuple[str, int], int]]) -> None:
        """`lag`: records by topic and partition, read when scraped."""
        self.registry.register(LagCollector(lag))

    def watch_loop(self, longest_s: Callable[[], float]) -> None:
        text = "Longest stop of the event loop in the last minute"
        Gauge("connector_loop_blocked_seconds", text, registry=self.registry).set_function(longest_s)

    def watch_partitions(self, owned: Callable[[], Collection[int]], partitions: int) -> None:
        """`owned`: those held here, read when scraped. `partitions`: how many there are, here and elsewhere."""
        held = Gauge("connector_partitions_held", "Partitions of each topic that are held here", registry=self.registry)
        held.set_function(lambda: float(len(owned())))
        Gauge("connector_partitions", "Partitions of each topic", registry=self.registry).set(partitions)

    def watch_store(self, is_away: Callable[[], bool]) -> None:
        text = "1: the document store could not be written when that was tried at the start"
        Gauge("connector_store_not_writable", text, registry=self.registry).set_function(lambda: float(is_away()))

    def watch_queue(self, is_troubled: Callable[[], bool]) -> None:
        gauge = Gauge("connector_queue_troubled", "1: the queue can't be emptied", registry=self.registry)
        gauge.set_function(lambda: float(is_troubled()))


@cache  # it reads files
def installed_version() -> str:
    try:
        return version("smartconnect-connector")
    except PackageNotFoundError:  # it runs from its source
        return "not installed"


class LaneCollector(Collector):
    """Read when scraped, so that lanes count nothing twice. Samples are made one by one as they are written: thousands
    of merchants have hundreds of thousands, and all of them together would have the garbage collector stop the loop.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def collect(self) -> Iterable[Metric]:
        now_ms, now = time.time() * 1000, time.monotonic()

        def age_s(lane: ToldLane) -> float:
            since_ms = lane.oldest_since_ms
            return 0.0 if since_ms is None else max(0.0, now_ms - since_ms) / 1000

        gauge, counter, of = GaugeMetricFamily, CounterMetricFamily, ("merchant", "operation")
        backlog = gauge("connector_backlog", "Keys that wait for a call or its outcome", labels=of)
        yield self._each(backlog, lambda lane: lane.backlog)
        yield self._each(gauge("connector_oldest_waiting_seconds", "Age of the oldest", labels=of), age_s)
        used = gauge("connector_limit_used_ratio", "Share of the limit used", labels=of)
        yield self._each(used, lambda lane: lane.used_share(now))
        limit = gauge("connector_limit_per_second", "Calls per second allowed now", labels=of)
        yield self._each(limit, lambda lane: lane.limit_per_s)
        waited = counter("connector_lane_wait_seconds", "Waited for the limit", labels=of)
        yield self._each(waited, lambda lane: lane.waited_s_total)
        taken = counter("connector_lane_taken", "Keys taken into calls", labels=of)
        yield self._each(taken, lambda lane: lane.taken_total)
        suspended = GaugeMetricFamily("connector_merchant_suspended", "1: Amazon refuses us", labels=("merchant",))
        for merchant_id in self._lanes.merchants():
            access = self._lanes.access(merchant_id)
            suspended.add_metric((merchant_id,), float(access is not None and access.suspended))
        yield suspended

    def _each(self, family: Metric, read: Callable[[ToldLane], float]) -> Metric:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        family.samples = _Samples(self._lanes, name, read)  # type: ignore[assignment]  # it is only gone through
        return family


class _Samples:
    def __init__(self, lanes: Lanes, name: str, read: Callable[[ToldLane], float]) -> None:
        self._lanes = lanes
        self._name = name
        self._read = read

    def __iter__(self) -> Iterator[Sample]:
        for lane in self._lanes:
            labels = {"merchant": lane.merchant_id, "operation": lane.operation}
            yield Sample(self._name, labels, self._read(lane))


class CountCollector(Collector):
    """`count`: label values, then how many; those of the same labels are added up."""

    def __init__(
        self,
        name: str,
        text: str,
        *,
        labels: tuple[str, ...],
        count: Callable[[], Iterable[tuple[*tuple[str, ...], float]]],
    ) -> None:
        self._name, self._text, self._labels, self._count = name, text, labels, count

    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        counts: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for *labels, count in self._count():
            counts[tuple(labels)] += count
        for each, total in counts.items():
            gauge.add_metric(each, total)
        return (gauge,)


class LagCollector(Collector):
    def __init__(self, lag: Callable[[], Mapping[tuple[str, int], int]]) -> None:
        self._lag = lag

    def collect(self) -> Iterable[Metric]:
        text = "Records of the partitions held here that are not dealt with yet"
        gauge = GaugeMetricFamily("connector_lag_records", text, labels=("topic", "partition"))
        for (topic, partition), count in self._lag().items():
            gauge.add_metric((topic, str(partition)), count)
        return (gauge,)


class AlertCollector(Collector):
    """How many alerts of each kind stand."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._alerts = alerts

    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily("connector_alerts", "Alerts that stand", labels=("merchant", "kind"))
        for labels, count in Counter((alert.merchant_id, str(alert.kind)) for alert in self._alerts).items():
            gauge.add_metric(labels, count)
        return (gauge,)


class KeyCollector(Collector):
    """How many keys of each merchant are in a set, such as the contested SKUs."""

    def __init__(self, name: str, text: str, keys: Iterable[str]) -> None:
        self._name, self._text, self._keys = name, text, keys

    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily(self._name, self._text, labels=("merchant",))
        for merchant_id, count in Counter(key.partition("|")[0] for key in tuple(self._keys)).items():
            gauge.add_metric((merchant_id,), count)
        return (gauge,)
