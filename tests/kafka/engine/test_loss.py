"""No record and no row is lost: kills, crashes, rebalances, a broker that goes away. At the worst a record repeats."""

import itertools
import random
import threading
from collections.abc import Callable

import pytest

from tests.kit.kafka.broker import eventually
from tests.kit.kafka.streams import Streams, StreamWorker
from tests.kit.processes import any_moment

pytestmark = pytest.mark.kafka


def test_an_unfinished_batch_comes_again_after_a_kill(streams: Streams) -> None:
    streams.produce(4, range(1, 201))
    first = streams.worker(hang_on="101", batch_max_records=10)
    eventually("the batch with record 101 hangs", lambda: first.hanging())
    eventually("all before it is committed", lambda: streams.committed() == first.applied_to())
    assert min(first.applied_to().values()) <= 100
    first.kill()
    assert streams.committed() == first.applied_to()
    streams.worker()
    streams.wait_committed(800)
    streams.assert_none_lost(4, 200)


def test_what_the_body_raises_ends_the_worker_and_the_batch_comes_again(streams: Streams) -> None:
    streams.produce(4, range(1, 101))
    first = streams.worker(raise_on="50", batch_max_records=20)
    assert "asked to fail" in first.crashed()
    assert all(offset <= 40 for offset in streams.committed().values())
    streams.worker()
    streams.wait_committed(400)
    streams.assert_none_lost(4, 100)


def test_workers_come_and_go_by_kill_while_tables_recover(streams: Streams) -> None:
    _produce_while(streams, lambda: _replace_workers(streams, random.Random(7), rounds=4, pause_s=(0.3, 1.5)))


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_soak(streams: Streams) -> None:
    _produce_while(streams, lambda: _replace_workers(streams, random.Random(), rounds=100, pause_s=(0.1, 5.0)))


def test_the_broker_goes_away_and_comes_back(streams: Streams) -> None:
    if not streams.broker.restartable:
        pytest.skip("the broker named by CONNECTOR_TEST_KAFKA is not ours to restart")
    streams.produce(40, range(1, 101))
    worker = streams.worker(pause_s=0.05, batch_max_records=20)
    eventually("work has begun", lambda: sum(streams.committed().values()) > 200)
    streams.broker.stop()
    streams.broker.start()
    if not worker.running:  # it may give up: then whoever supervises it starts it again
        streams.worker()
    streams.produce(40, range(101, 121))
    streams.wait_committed(40 * 120)
    streams.assert_none_lost(40, 120)


def test_a_commit_is_never_ahead_of_the_changelog(streams: Streams) -> None:
    keys, last = 20, 400
    streams.produce(keys, range(1, last + 1))
    for kill_at in (1_500, 4_000):
        worker = streams.worker(pause_s=0.01)
        streams.wait_committed(kill_at)
        worker.kill()
        _assert_changelog_covers(streams, keys)
    streams.worker()
    streams.wait_committed(keys * last)
    streams.assert_none_lost(keys, last)


def test_what_the_changelog_refuses_is_never_committed(streams: Streams) -> None:
    streams.produce(4, range(1, 51))
    first = streams.worker(pad=2_000_000)  # more than the broker takes
    assert "MSG_SIZE_TOO_LARGE" in first.crashed()
    assert streams.committed() == {0: 0, 1: 0, 2: 0, 3: 0}
    assert streams.tallies() == {}
    streams.worker()
    streams.wait_committed(200)
    streams.assert_none_lost(4, 50)


def _assert_changelog_covers(streams: Streams, keys: int) -> None:
    committed, rows = streams.committed(), streams.tallies()
    per_partition = keys // streams.partitions
    for partition, offset in committed.items():
        names = [f"k{n}" for n in range(keys) if n % streams.partitions == partition]
        for place, name in enumerate(names):  # record o of a partition is number o // per_partition + 1 of one key
            sure = (offset - place + per_partition - 1) // per_partition
            assert rows[name].last >= sure > 0


def _produce_while(streams: Streams, disturb: Callable[[], StreamWorker]) -> None:
    """All the while records come, and at the end none of them is missing, nor any row."""
    keys, chunk = 100, 4
    stop = threading.Event()
    last = 0

    def produce() -> None:
        nonlocal last
        for first in itertools.count(1, chunk):
            streams.produce(keys, range(first, first + chunk))
            last = first + chunk - 1
            if stop.wait(0.2):
                return

    producing = threading.Thread(target=produce)
    producing.start()
    try:
        disturb()
    finally:
        stop.set()
        producing.join()
    streams.wait_committed(keys * last)
    streams.assert_none_lost(keys, last)


def _replace_workers(
    streams: Streams, chance: random.Random, *, rounds: int, pause_s: tuple[float, float]
) -> StreamWorker:
    how = {"session_timeout_s": 3, "pause_s": 0.005, "batch_max_records": 25}
    veteran = streams.worker(**how)
    veteran.wait_ready()
    for _ in range(rounds):
        newcomer = streams.worker(**how)
        newcomer.wait_ready()
        any_moment(chance, *pause_s)
        victim, veteran = (veteran, newcomer) if chance.random() < 0.7 else (newcomer, veteran)
        victim.kill()
    return veteran
