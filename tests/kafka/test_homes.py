"""The home partition is what Java's default partitioner picks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.kafka.homes import _murmur2, home_partition
from tests.kit.kafka.broker import Broker, unique

# org.apache.kafka.common.utils.UtilsTest.testMurmur2
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "expected"), JAVA.items())
def test_murmur2_is_javas(key: bytes, expected: int) -> None:
    assert _murmur2(key) == expected & 0xFFFFFFFF


@given(st.binary(max_size=64), st.integers(1, 100))
def test_home_is_a_partition(key: bytes, partitions: int) -> None:
    assert 0 <= home_partition(key, partitions) < partitions


@pytest.mark.kafka
def test_librdkafkas_murmur2_partitioner_agrees(broker: Broker) -> None:
    topic = unique("homes")
    broker.create_topics(topic, partitions=12)
    broker.produce(topic, [(f"A{n}MERCHANT", b"") for n in range(500)], partitioner="murmur2_random")
    for message in broker.consume(topic):
        key = message.key()
        assert isinstance(key, bytes)
        assert home_partition(key, 12) == message.partition()
