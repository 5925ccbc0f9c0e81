"""Input of transactional producers: committed records all, aborted ones never, and their gaps hold up nothing."""

import pytest
from confluent_kafka import Producer

from tests.kit.kafka.broker import eventually, unique
from tests.kit.kafka.streams import Streams

pytestmark = pytest.mark.kafka


def _transact(streams: Streams, producer: Producer, numbers: range, *, commit: bool) -> None:
    producer.begin_transaction()
    for number in numbers:
        for partition in range(streams.partitions):
            producer.produce(streams.topics[0], str(number), f"k{partition}", partition)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


@pytest.fixture
def producer(streams: Streams) -> Producer:
    config = {"bootstrap.servers": streams.broker.bootstrap_servers, "transactional.id": unique("t"), "log_level": 0}
    producer = Producer(config)
    producer.init_transactions(30)
    return producer


def test_committed_records_all_and_aborted_ones_never(streams: Streams, producer: Producer) -> None:
    for first in range(1, 1001, 100):
        _transact(streams, producer, range(first, first + 100), commit=True)
        _transact(streams, producer, range(5001, 5031), commit=False)  # its markers, and 30 gaps more
    per_partition = 10 * (100 + 1 + 30 + 1)
    first_worker = streams.worker(batch_max_records=30, pause_s=0.01)
    eventually("some are committed", lambda: sum(streams.committed().values()) > per_partition)
    first_worker.kill()
    streams.worker(batch_max_records=30)
    wanted = dict.fromkeys(range(4), per_partition)
    eventually("commits get past the aborted end", lambda: streams.committed() == wanted, 60)
    streams.assert_none_lost(4, 1000)


def test_nothing_but_aborted_records(streams: Streams, producer: Producer) -> None:
    _transact(streams, producer, range(1, 301), commit=False)
    worker = streams.worker()
    eventually("commits get past them", lambda: streams.committed() == dict.fromkeys(range(4), 301), 40)
    assert worker.applied() == []
    _transact(streams, producer, range(1, 11), commit=True)
    eventually("what follows is applied", lambda: len(worker.applied()) == 40)
    streams.assert_none_lost(4, 10)


def test_an_open_transaction_is_waited_for(streams: Streams, producer: Producer) -> None:
    producer.begin_transaction()
    producer.produce(streams.topics[0], "1", "k1", 1)
    producer.flush(30)
    streams.broker.produce(streams.topics[0], [("k1", "2"), ("k1", "3")], 1)
    streams.broker.produce(streams.topics[0], [("k0", "1")], 0)
    worker = streams.worker()
    eventually("the other partition goes on", lambda: worker.applied() == ["1"], 40)
    producer.commit_transaction(30)
    eventually("then all comes, in order", lambda: worker.applied() == ["1", "1", "2", "3"])
