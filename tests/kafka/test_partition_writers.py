"""Rows are written by the partition's owner alone: who had it before is fenced by the broker, whenever he wakes up."""

import asyncio
import random
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from statistics import median
from typing import Any, ClassVar

import pytest
from confluent_kafka import Producer

from connector.errors import ConnectorError, PartitionLost
from connector.kafka import partition_writers
from connector.kafka.partition_writers import ROWS_PER_LEASE, PartitionWriters
from connector.kafka.producer import ProduceFailed
from tests.kit.kafka.broker import Broker, eventually, unique

pytestmark = pytest.mark.kafka

P = 1
TIMEOUT_S = 10.0


@asynccontextmanager
async def writers(
    broker: Broker,
    app_id: str,
    holds_lease: Callable[[], bool] = lambda: True,
    timeout_s: float = TIMEOUT_S,
    **config: int,
) -> AsyncIterator[PartitionWriters]:
    settings = {**broker.config, **{name.replace("_", "."): value for name, value in config.items()}}
    one = PartitionWriters(settings, app_id, holds_lease, timeout_s=timeout_s)
    try:
        yield one
    finally:
        await asyncio.to_thread(one.close)


def seen(broker: Broker, topic: str) -> list[tuple[bytes | str | None, bytes | None]]:
    """By whoever reads committed records: everybody here."""
    return [(message.key(), message.value()) for message in broker.consume(topic)]


def wait_seen(broker: Broker, topic: str, rows: list[tuple[bytes, bytes | None]]) -> None:
    """Just these. Kafka answers a commit before the marker is there that shows its rows to readers."""
    eventually(f"{len(rows)} rows are seen", lambda: seen(broker, topic) == rows)


@pytest.fixture
def app_id() -> str:
    return unique("app")


async def test_rows_are_there_when_told_and_the_last_offset_with_them(broker: Broker, topic: str, app_id: str) -> None:
    async with writers(broker, app_id) as one:
        await one.claim(frozenset({P}))
        assert await one.append(topic, P, [(b"a", b"1"), (b"b", None)]) == 1
        wait_seen(broker, topic, [(b"a", b"1"), (b"b", None)])
        assert await one.append(topic, P, [(b"a", b"2")]) == 3  # after the transaction's marker


CLAIM = """
import asyncio, sys, time
from dataclasses import replace
from connector.kafka import partition_writers

async def claim(servers, topic, app_id):
    writers = partition_writers.PartitionWriters({"bootstrap.servers": servers}, app_id, lambda: True, timeout_s=10)
    began = time.monotonic()
    await writers.claim(frozenset(range(4)))
    print(time.monotonic() - began)
    await asyncio.to_thread(writers.close)

partition_writers.API_CALLS = replace(partition_writers.API_CALLS, name=sys.argv[2])
asyncio.run(claim(*sys.argv[1:]))
"""


def test_a_claim_does_not_wait_until_librdkafka_asks_again(broker: Broker, topic: str, app_id: str) -> None:
    """It asks for the coordinator again half a second after it found no connection: in most workers that start."""
    command = [sys.executable, "-c", CLAIM, broker.bootstrap_servers, topic, app_id]
    took = [float(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout) for _ in range(9)]
    assert median(took) < 0.4, took


async def test_what_is_written_at_the_same_time_shares_a_transaction(broker: Broker, topic: str, app_id: str) -> None:
    async with writers(broker, app_id) as one:
        await one.claim(frozenset({P}))
        offsets = await asyncio.gather(*(one.append(topic, P, [(b"%d" % n, b"x")]) for n in range(50)))
        assert sorted(offsets) == list(offsets)
        markers = offsets[-1] + 1 - 50
        assert markers <= 3


async def test_a_small_queue_neither_loses_nor_blocks(broker: Broker, topic: str, app_id: str) -> None:
    async with writers(broker, app_id, queue_buffering_max_messages=50) as one:
        await one.claim(frozenset({P}))
        await one.append(topic, P, [(b"%d" % n, b"x") for n in range(2000)])
    wait_seen(broker, topic, [(b"%d" % n, b"x") for n in range(2000)])


async def test_who_had_the_partition_before_is_fenced(broker: Broker, topic: str, app_id: str) -> None:
    async with writers(broker, app_id) as zombie, writers(broker, app_id) as heir:
        await zombie.claim(frozenset({P, 2}))
        await zombie.append(topic, P, [(b"k", b"old")])
        await heir.claim(frozenset({P}))
        with pytest.raises(PartitionLost, match="taken over"):
            await zombie.append(topic, P, [(b"k", b"late")])
        with pytest.raises(PartitionLost):
            await zombie.append(topic, P, [(b"k", b"later")])
        await heir.append(topic, P, [(b"other", b"new")])
        await zombie.append(topic, 2, [(b"k", b"mine")])
    wait_seen(broker, topic, [(b"k", b"old"), (b"other", b"new"), (b"k", b"mine")])


async def test_rows_that_a_frozen_worker_had_begun_are_undone_before_the_heir_recovers(
    broker: Broker, topic: str, app_id: str
) -> None:
    """As in a SIGSTOP between two rows: of a transaction that was begun, nothing is ever seen, then or later."""
    asked, wake = threading.Semaphore(0), threading.Event()
    rows = 0

    def freeze_after_the_first() -> bool:
        nonlocal rows
        rows += 1
        if rows == 2:
            asked.release()
            wake.wait(60)
        return True

    async with writers(broker, app_id, freeze_after_the_first) as zombie, writers(broker, app_id) as heir:
        await zombie.claim(frozenset({P}))
        writing = asyncio.create_task(zombie.append(topic, P, [(b"k%d" % n, b"zombie") for n in range(5)]))
        await asyncio.to_thread(asked.acquire)
        await heir.claim(frozenset({P}))
        assert seen(broker, topic) == []
        await heir.append(topic, P, [(b"k0", b"heir")])
        wake.set()
        with pytest.raises(PartitionLost):
            await writing
    wait_seen(broker, topic, [(b"k0", b"heir")])


class Aborting(Producer):
    """Tells its aborts."""

    aborts: ClassVar[list[float]]

    def abort_transaction(self, timeout: float = -1) -> None:
        self.aborts.append(timeout)
        super().abort_transaction(timeout)


async def test_without_the_lease_nothing_is_written_or_aborted_and_with_it_again_all_is(
    broker: Broker, topic: str, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Aborting, "aborts", [], raising=False)
    monkeypatch.setattr(partition_writers, "Producer", Aborting)
    answers: list[bool] = []

    def holds_lease() -> bool:
        return answers.pop(0) if answers else True

    async with writers(broker, app_id, holds_lease) as one:
        await one.claim(frozenset({P}))
        answers.extend([True, True, False, False])  # it is lost before the commit, when both rows are on their way
        with pytest.raises(PartitionLost, match="no heartbeat"):
            await one.append(topic, P, [(b"a", b"1"), (b"b", b"1")])
        answers.append(False)
        with pytest.raises(PartitionLost, match="no heartbeat"):
            await one.append(topic, P, [(b"a", b"1"), (b"b", b"1")])
        assert Aborting.aborts == []
        assert seen(broker, topic) == []
        await one.append(topic, P, [(b"a", b"2"), (b"b", b"2")])
        assert len(Aborting.aborts) == 1
    wait_seen(broker, topic, [(b"a", b"2"), (b"b", b"2")])


async def test_the_lease_is_asked_for_again_amid_many_rows(broker: Broker, topic: str, app_id: str) -> None:
    asked: list[bool] = []

    def holds_lease() -> bool:
        asked.append(len(asked) != 2)  # of the transaction, of its first rows; no more before the others
        return asked[-1]

    rows: list[tuple[bytes, bytes | None]] = [(b"%d" % number, b"1") for number in range(2 * ROWS_PER_LEASE)]
    async with writers(broker, app_id, holds_lease) as one:
        await one.claim(frozenset({P}))
        with pytest.raises(PartitionLost, match="no heartbeat"):
            await one.append(topic, P, rows)
        assert seen(broker, topic) == []
        asked.extend([True] * 3)
        begun = len(asked)
        await one.append(topic, P, rows)
        assert len(asked) - begun == 4, "and before the commit"
    wait_seen(broker, topic, rows)


async def test_rows_that_kafka_does_not_take_leave_nothing_behind(broker: Broker, topic: str, app_id: str) -> None:
    async with writers(broker, app_id) as one:
        await one.claim(frozenset({P}))
        with pytest.raises(ProduceFailed, match="MSG_SIZE_TOO_LARGE"):
            await one.append(topic, P, [(b"a", b"1"), (b"b", b"x" * 2_000_000)])
        await one.append(topic, P, [(b"a", b"2")])
    wait_seen(broker, topic, [(b"a", b"2")])


async def test_a_row_amid_others_that_the_broker_alone_refuses_fails_them_all(
    broker: Broker, topic: str, app_id: str
) -> None:
    """Of the last row alone is reported, and that one, in a batch of its own, is taken."""
    too_large = random.Random(0).randbytes(2_000_000)  # not to be packed; librdkafka lets it through
    async with writers(broker, app_id, message_max_bytes=5_000_000, batch_num_messages=1) as one:
        await one.claim(frozenset({P}))
        with pytest.raises(ProduceFailed):
            await one.append(topic, P, [(b"a", b"1"), (b"b", too_large), (b"c", b"1")])
        await one.append(topic, P, [(b"a", b"2")])
    wait_seen(broker, topic, [(b"a", b"2")])


class FrozenAtTheCommit(Producer):
    """The broker falls silent when all rows of a transaction are there, and the first commit is on its way."""

    broker: ClassVar[Broker]
    armed: ClassVar[bool] = False

    def __init__(self, config: dict[str, Any]) -> None:
        # Else Kafka, awake again, may give the transaction up for its age before it reads the commit that waits
        super().__init__({**config, "transaction.timeout.ms": 60_000})

    def commit_transaction(self, timeout: float = -1) -> None:
        if type(self).armed:
            type(self).armed = False
            self.flush(10)
            self.broker.freeze()
        super().commit_transaction(timeout)


async def test_a_commit_that_kafka_did_not_decide_in_time_is_decided_before_the_next(
    broker: Broker, topic: str, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not broker.restartable:
        pytest.skip("the broker named by CONNECTOR_TEST_KAFKA is not ours to freeze")
    monkeypatch.setattr(FrozenAtTheCommit, "broker", broker, raising=False)
    monkeypatch.setattr(partition_writers, "Producer", FrozenAtTheCommit)
    async with writers(broker, app_id, timeout_s=3.0) as one:
        await one.claim(frozenset({P}))
        await one.append(topic, P, [(b"a", b"1")])
        FrozenAtTheCommit.armed = True
        try:
            with pytest.raises(ProduceFailed, match="_TIMED_OUT"):
                await one.append(topic, P, [(b"a", b"2"), (b"b", b"2")])
        finally:
            broker.wake()
        await one.append(topic, P, [(b"a", b"3")])
    wait_seen(broker, topic, [(b"a", b"1"), (b"a", b"2"), (b"b", b"2"), (b"a", b"3")])


async def test_a_partition_not_claimed_is_not_written(broker: Broker, topic: str, app_id: str) -> None:
    async with writers(broker, app_id) as one:
        await one.claim(frozenset({P, 2}))
        await one.claim(frozenset({2}))
        with pytest.raises(PartitionLost):
            await one.append(topic, P, [(b"a", b"1")])
        await one.append(topic, 2, [(b"a", b"1")])


async def test_a_broker_that_does_not_answer_is_told() -> None:
    one = PartitionWriters({"bootstrap.servers": "127.0.0.1:1"}, "app", lambda: True, timeout_s=1)
    with pytest.raises(ConnectorError, match="partition 1"):
        await one.claim(frozenset({P}))
    await asyncio.to_thread(one.close)
