"""Prometheus's text format, for hundreds of thousands of samples: in pieces, and faster than
prometheus_client's own writer."""

from collections.abc import Iterable, Iterator
from itertools import islice

from prometheus_client import Metric
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

SAMPLES_AT_ONCE = 1000
_CREATED = "_created"  # of OpenMetrics: a gauge of its own here


def exposition(metrics: Iterable[Metric]) -> Iterator[bytes]:
    """Counters and gauges, as text format 0.0.4 has them."""
    texts = _Texts()
    for metric in metrics:
        kind, text = metric.type, metric.documentation
        created: list[Sample] = []
        yield _head(metric.name + ("_total" if kind == "counter" else ""), kind, text)
        yield from texts.lines(_without_created(metric, created))
        if created:
            yield _head(metric.name + _CREATED, "gauge", text)
            yield from texts.lines(iter(created))


def _head(name: str, kind: str, text: str) -> bytes:
    told = text.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {name} {told}\n# TYPE {name} {kind}\n".encode()


def _without_created(metric: Metric, created: list[Sample]) -> Iterator[Sample]:
    """Those go to `created`."""
    apart = metric.name + _CREATED
    for sample in metric.samples:
        if sample.name == apart:
            created.append(sample)
        else:
            yield sample


class _Texts:
    """A label stands in many samples, and so does a number: each is written once."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str, str], str] = {}
        self._numbers: dict[float, str] = {}

    def lines(self, samples: Iterator[Sample]) -> Iterator[bytes]:
        while part := [self._line(sample) for sample in islice(samples, SAMPLES_AT_ONCE)]:
            yield "".join(part).encode()

    def _line(self, sample: Sample) -> str:
        number = self._numbers.get(sample.value)
        if number is None:
            number = self._numbers[sample.value] = floatToGoString(sample.value)  # type: ignore[no-untyped-call]
        if not sample.labels:
            return f"{sample.name} {number}\n"
        known = self._labels
        labels = ",".join([known.get(pair) or self._label(pair) for pair in sorted(sample.labels.items())])
        return f"{sample.name}{{{labels}}} {number}\n"

    def _label(self, pair: tuple[str, str]) -> str:
        name, value = pair
        escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        written = self._labels[pair] = f'{name}="{escaped}"'
        return written
