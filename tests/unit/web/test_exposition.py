"""What is exposed is what prometheus_client would."""

import random

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from connector.web.exposition import SAMPLES_AT_ONCE, exposition


def test_it_writes_what_prometheus_client_writes() -> None:
    registry, chance = CollectorRegistry(), random.Random(7)
    odd = ['"', "\\", "\n", "é", "\u2028", "", "a|b"]
    counter = Counter("calls", 'Calls, "so\\to say"\nof all', ("merchant", "operation"), registry=registry)
    gauge = Gauge("backlog", "Keys", ("merchant",), registry=registry)
    plain = Gauge("plain", "One", registry=registry)
    for number in range(SAMPLES_AT_ONCE + 10):
        counter.labels(f"{number}{chance.choice(odd)}", chance.choice(odd)).inc(
            chance.random() * 10**number if number < 300 else 1
        )
        gauge.labels(f"{chance.choice(odd)}{number}").set(chance.choice([0, 1, -1.5, 1e-9, 1e21, float("inf")]))
    plain.set(float("nan"))
    latency = Histogram("latency_seconds", "Of calls", ("operation",), buckets=(0.1, 1), registry=registry)
    for took_s in (0.05, 0.5, 5):
        latency.labels("inventory").observe(took_s)
    ours = b"".join(exposition(registry.collect())).decode()
    assert ours.splitlines() == generate_latest(registry).decode().splitlines()
