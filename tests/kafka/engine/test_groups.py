"""Several workers: one home for each partition of all topics and tables, takeovers, and the lease of a frozen one."""

import signal
import time
from collections.abc import Callable

import pytest

from tests.kit.kafka.broker import eventually
from tests.kit.kafka.streams import Streams

pytestmark = pytest.mark.kafka


def test_topics_and_tables_are_assigned_together(new_streams: Callable[..., Streams]) -> None:
    streams = new_streams(topics=3, partitions=6)
    for topic in range(3):
        streams.produce(12, range(1, 21), topic)
    workers = [streams.worker(), streams.worker()]
    owned = [set(worker.wait_ready(3)) for worker in workers]
    assert owned[0] | owned[1] == set(range(6))
    everything = {*streams.topics, *(streams.changelog(n) for n in range(3))}
    for worker, partitions in zip(workers, owned, strict=True):
        assert worker.status()["assigned"] == {topic: sorted(partitions) for topic in everything}
    for topic in range(3):
        streams.produce(12, range(21, 41), topic)
    for topic in range(3):
        streams.wait_committed(12 * 40, topic)
        streams.assert_none_lost(12, 40, topic)
    late = {
        worker.name: {e["partition"] for e in worker.journal() if "applied" in e and set(e["values"]) & {"40"}}
        for worker in workers
    }
    assert late == {worker.name: partitions for worker, partitions in zip(workers, owned, strict=True)}


@pytest.mark.parametrize("instance", ["", "one"])
def test_a_frozen_worker_sees_that_its_lease_ended(streams: Streams, instance: str) -> None:
    """It must know before it does anything: the lanes ask `holds_lease` before each call."""
    frozen = streams.worker(session_timeout_s=2, instance=instance)
    frozen.wait_ready(4)
    streams.produce(4, range(1, 51))
    streams.wait_committed(200)
    assert frozen.status()["lease_age_s"] < 2
    frozen.signal(signal.SIGSTOP)
    stopped_at = time.monotonic()
    heir = streams.worker(session_timeout_s=2)
    heir.wait_ready(4)
    streams.produce(4, range(51, 101))
    streams.wait_committed(400)
    eventually("the session is over for sure", lambda: time.monotonic() - stopped_at > 3)
    frozen.signal(signal.SIGCONT)
    eventually("it wakes", lambda: [e for e in frozen.journal() if "woke_after_s" in e])
    woke = next(e for e in frozen.journal() if "woke_after_s" in e)
    # Or it has joined anew before it looked: with nothing that it could act on
    assert not woke["holds_lease"] or woke["ready"] is None
    eventually("it is a member again", lambda: frozen.status()["lease_age_s"] < 2 and frozen.status()["ready"])
    streams.produce(4, range(101, 151))
    streams.wait_committed(600)
    streams.assert_none_lost(4, 150)


def test_a_stuck_agent_bounds_what_is_in_memory(streams: Streams) -> None:
    """120 MB wait on the broker; the worker holds a few batches of each partition and a few fetches."""
    body = "x" * 10_000
    idle_mb = 0.0
    for partition in range(4):
        streams.broker.produce(streams.topics[0], [("k", "stop"), *[("k", body)] * 3000], partition)
    worker = streams.worker(hang_on="stop", tables=False, batch_max_records=20, buffer_batches=4)
    eventually("it hangs", worker.hanging, 40)
    idle_mb = worker.status()["peak_mb"]
    held: list[int] = []

    def steady() -> bool:
        held.append(worker.status()["in_flight"])
        return len(held) > 40 and len(set(held[-40:])) == 1

    eventually("it fetches no more", steady)
    assert worker.status()["peak_mb"] - idle_mb < 60
    assert sum(streams.committed().values()) == 0
