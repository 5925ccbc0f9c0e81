"""The kit itself: a real broker that keeps its data over a restart."""

import pytest

from tests.kit.kafka.broker import Broker, unique

pytestmark = pytest.mark.kafka


def test_records_survive_a_restart(broker: Broker) -> None:
    if not broker.restartable:
        pytest.skip("the broker named by CONNECTOR_TEST_KAFKA is not ours to restart")
    topic = unique("kit")
    broker.create_topics(topic, partitions=2)
    broker.produce(topic, [("k", "before")], partition=1)
    broker.stop()
    broker.start()
    broker.produce(topic, [("k", "after")], partition=1)
    assert [m.value() for m in broker.consume(topic)] == [b"before", b"after"]
    broker.delete_topics(topic)
