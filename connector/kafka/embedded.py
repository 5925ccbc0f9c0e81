"""Kafka inside this process, for `connector demo` and quick tests: librdkafka's mock cluster, nothing to install.

It keeps nothing after exit and compacts nothing, so it proves no guarantee. It answers a fetch only when the fetch's
wait ends, found records or not, and its transaction markers lack their checksum: give apps on it `APP_OPTIONS`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Producer

PARTITIONS = 4  # of every topic: fixed in librdkafka
APP_OPTIONS: Mapping[str, Any] = {"fetch_max_wait_ms": 20, "broker_check_crcs": False}


@contextmanager
def embedded_kafka(topics: Iterable[str]) -> Iterator[str]:
    """Gives the bootstrap servers; the topics are there, `PARTITIONS` each. Blocks for some milliseconds a topic.

    It has no CreateTopics. Other topics come to be when a client asks for them.
    """
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    for topic in topics:
        cluster.list_topics(topic, timeout=10)  # a lookup makes it
    try:
        yield f"{broker.host}:{broker.port}"
    finally:
        del cluster  # the cluster ends with the client that started it
