"""Rows into changelogs: one transaction at a time for each partition, and from the partition's owner alone.

A worker that was frozen while it wrote may wake up when its partition is another's. Kafka itself keeps such a zombie
out: each partition has a transactional id, whoever takes the partition over initialises it, and from then on nothing
that the owner before wrote is taken; what it had begun is aborted, and no reader of committed records ever sees it.

Why not the cheaper way, a number of the owner in each row, which a replay compares: the log is compacted. The zombie's
row can make Kafka drop the good, older one of its key, and then ignoring it loses the row. The price, measured on one
broker: 5 to 8 ms for a batch of 1 to 1,000 rows in place of 2 ms, and 0.1 to 0.2 s when partitions are taken over.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connector.errors import ConnectorError, PartitionLost
from connector.foreign.kafka import kafka_fault
from connector.kafka.producer import produce_fault
from connector.kafka.topics import API_CALLS

MAX_COMMITS_AT_ONCE = 64
ROWS_PER_LEASE = 100  # are handed to librdkafka, in a tenth of a millisecond, until the lease is asked for again
FULL_QUEUE_POLL_S = 0.01
ABORT_S = 5.0
MIN_CALL_S = 1.0
CONNECT_S = 2.0
_FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)

Rows = Sequence[tuple[bytes, bytes | None]]


class PartitionWriters:
    """`holds_lease`: asked before some rows each and before the commit, in any thread. `timeout_s`: what a claim or a
    commit may take at most, and after what time Kafka gives up a transaction by itself; not above the group's session
    timeout.
    """

    def __init__(
        self, config: Mapping[str, Any], app_id: str, holds_lease: Callable[[], bool], *, timeout_s: float
    ) -> None:
        self._config = {
            "compression.type": "lz4",
            "log_level": 0,  # what matters comes as an exception
            **config,
            "delivery.timeout.ms": round(timeout_s * 800),  # librdkafka: not above the transaction's
            "transaction.timeout.ms": round(timeout_s * 1000),
            "error_cb": lambda _: None,  # without one, confluent-kafka raises fatal errors out of flush()
        }
        self._app_id = app_id
        self._holds_lease = holds_lease
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(MAX_COMMITS_AT_ONCE, thread_name_prefix="partition-writer")
        self._writers: dict[int, _Writer] = {}

    async def claim(self, partitions: frozenset[int]) -> None:
        """Returns when nobody else can write rows of these partitions any more, and all that was written to them is
        either there or undone: recover only now. Other partitions are given up. Raises ConnectorError.

        Those that were held before are claimed anew: the end of their changelogs would else be told as before a last
        transaction whose marker is still on its way.
        """
        loop = asyncio.get_running_loop()
        given_up, self._writers = self._writers, {}
        loop.run_in_executor(self._threads, given_up.clear)  # to let go of librdkafka takes a while
        claims = [loop.run_in_executor(self._threads, self._claim, partition) for partition in sorted(partitions)]
        for partition, producer in zip(sorted(partitions), await asyncio.gather(*claims), strict=True):
            self._writers[partition] = _Writer(
                producer,
                partition,
                holds_lease=self._holds_lease,
                timeout_s=self._timeout_s,
                threads=self._threads,
            )

    async def append(self, topic: str, partition: int, rows: Rows) -> int:
        """The offset of the last row, when the broker has all. What is appended at the same time shares a transaction.

        Raises PartitionLost, ProduceFailed, or ConnectorError where Kafka refuses the topic. Then none of the rows is
        there, or all where Kafka committed them and its answer was lost: never some.
        """
        writer = self._writers.get(partition)
        if writer is None:
            raise PartitionLost(f"{topic}/{partition}: not claimed")
        return await writer.append(topic, rows)

    def close(self) -> None:
        """Blocks until what is being committed is decided."""
        self._threads.shutdown(cancel_futures=True)
        self._writers.clear()

    def _claim(self, partition: int) -> Producer:
        """In a thread."""
        deadline = time.monotonic() + self._timeout_s / 2  # in time for the first heartbeat after the join, which waits
        try:
            producer = Producer({**self._config, "transactional.id": f"{self._app_id}-{partition}"})
            with suppress(KafkaException):  # that Kafka is away is told by the next step
                # Else librdkafka asks for the coordinator before a connection stands, and again only 0.5 s later. The
                # first answer comes by the bootstrap's connection, which it then gives up for the broker's own
                for _ in range(2):
                    producer.list_topics(API_CALLS.name, timeout=CONNECT_S)
            _until_decided(producer.init_transactions, deadline - time.monotonic())
        except KafkaException as refused:
            error: KafkaError = refused.args[0]
            remedy = ""
            if error.code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
                remedy = (
                    ": allow the worker's user the operations WRITE and DESCRIBE on the transactional ids that "
                    f"begin with {self._app_id}-"
                )
            text = f"Kafka does not let this worker write partition {partition}: {kafka_fault(error)}{remedy}"
            raise ConnectorError(text) from None
        return producer


@dataclass(frozen=True, slots=True)
class _Append:
    topic: str
    rows: Rows
    last_offset: asyncio.Future[int]


class _Writer:
    """The rows of one partition, of all its changelogs."""

    def __init__(
        self,
        producer: Producer,
        partition: int,
        *,
        holds_lease: Callable[[], bool],
        timeout_s: float,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._producer = producer
        self._partition = partition
        self._holds_lease = holds_lease
        self._timeout_s = timeout_s
        self._threads = threads
        self._waiting: list[_Append] = []
        self._committing: asyncio.Task[None] | None = None
        self._fenced = False
        self._unended: Callable[[float], None] | None = None  # what it must be ended by before another is begun

    async def append(self, topic: str, rows: Rows) -> int:
        append = _Append(topic, rows, asyncio.get_running_loop().create_future())
        self._waiting.append(append)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all())
        return await append.last_offset

    async def _commit_all(self) -> None:
        while self._waiting:
            appends, self._waiting = self._waiting, []
            loop = asyncio.get_running_loop()
            try:
                offsets = await loop.run_in_executor(self._threads, self._commit, appends)
            except Exception as fault:  # noqa: BLE001  # whatever it is, those who wait are told
                for append in appends:
                    if not append.last_offset.done():  # whoever waited was cancelled
                        append.last_offset.set_exception(fault)
            else:
                for append, offset in zip(appends, offsets, strict=True):
                    if not append.last_offset.done():
                        append.last_offset.set_result(offset)
        self._committing = None

    def _commit(self, appends: Sequence[_Append]) -> list[int]:
        """In a thread. The last offset of each."""
        if self._fenced:
            raise self._lost()
        self._check_lease(appends[0].topic)
        reports = [_Report() for _ in appends]
        try:
            self._end_the_last_one()
            self._producer.begin_transaction()
            for append, report in zip(appends, reports, strict=True):
                self._produce(append, report)
            self._check_lease(appends[0].topic)
            self._end(self._producer.commit_transaction, self._timeout_s)
        except PartitionLost:
            self._abort()
            raise
        except KafkaException as failed:
            error: KafkaError = failed.args[0]
            if error.code() in _FENCED:
                self._fenced = True
                raise self._lost() from None
            topic, reason = next((report.failure for report in reports if report.failure), (appends[0].topic, error))
            self._abort()
            raise produce_fault(f"{sum(len(append.rows) for append in appends)} rows", topic, reason) from None
        return [report.last_offset for report in reports]

    def _lost(self) -> PartitionLost:
        return PartitionLost(f"partition {self._partition} was taken over by another worker")

    def _end(self, step: Callable[[float], None], timeout_s: float) -> None:
        """`step`: the producer's commit_transaction or abort_transaction. Raises KafkaException.

        One that Kafka does not decide in time goes on in librdkafka, which refuses every other call until the same one
        is made again. To abort in a commit's place is refused too, and where librdkafka holds the commit for given up,
        its late answer ends the process ("BUG: Invalid transaction state transition", 2.16).
        """
        self._unended = step
        try:
            _until_decided(step, timeout_s)
        except KafkaException as failed:
            if not failed.args[0].retriable():
                self._unended = None
            raise
        self._unended = None

    def _end_the_last_one(self) -> None:
        """What was told as failed may become durable here: all of it, and before what comes next."""
        if self._unended is None:
            return
        try:
            self._end(self._unended, self._timeout_s)
        except KafkaException as failed:
            if not failed.args[0].txn_requires_abort():
                raise
            self._end(self._producer.abort_transaction, self._timeout_s)

    def _abort(self) -> None:
        """Never without the lease: librdkafka may ask for a new epoch then, and Kafka, where the partition's heir has a
        transaction open, does not look at the old one: it fences the heir."""
        if self._unended is not None:
            return
        if not self._holds_lease():
            self._unended = self._producer.abort_transaction
            return
        with suppress(KafkaException):  # fenced meanwhile, or Kafka is away: whoever claims the partition undoes it
            self._end(self._producer.abort_transaction, min(ABORT_S, self._timeout_s))

    def _check_lease(self, topic: str) -> None:
        if not self._holds_lease():
            raise PartitionLost(f"{topic}/{self._partition}: no heartbeat was confirmed within the session timeout")

    def _produce(self, append: _Append, report: "_Report") -> None:
        """Of the last row alone is reported: the others lie before it, and one that fails fails the commit."""
        topic, last, produce = append.topic, len(append.rows) - 1, self._producer.produce
        for number, (key, value) in enumerate(append.rows):
            if number % ROWS_PER_LEASE == 0:
                self._check_lease(topic)
            while True:
                try:
                    if number == last:
                        produce(topic, value, key, self._partition, on_delivery=report)
                    else:
                        produce(topic, value, key, self._partition)
                    break
                except BufferError:
                    self._producer.poll(FULL_QUEUE_POLL_S)
                    self._check_lease(topic)


class _Report:
    """Of the last row of one append."""

    def __init__(self) -> None:
        self.last_offset = -1
        self.failure: tuple[str, KafkaError] | None = None

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.failure = (message.topic() or "", error)
        else:
            self.last_offset = message.offset() or 0


def _until_decided(step: Callable[[float], None], timeout_s: float) -> None:
    """Steps of transactions may be repeated as they are when they time out. Raises KafkaException.

    None is called for less than MIN_CALL_S: a repeated commit that times out before librdkafka's own thread has looked
    at it counts as given up, though it is on its way.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return step(max(deadline - time.monotonic(), MIN_CALL_S))
        except KafkaException as failed:
            if not failed.args[0].retriable() or time.monotonic() >= deadline:
                raise
