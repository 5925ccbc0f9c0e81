"""The one way out to Kafka: batches that are acknowledged whole, or known not to be."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as _Producer

from connector.errors import ConnectorError, PartitionLost
from connector.foreign.kafka import kafka_fault

PRODUCER_POLL_S = 0.25
RETRY_FULL_QUEUE_S = 0.01


@dataclass(frozen=True, slots=True)
class OutRecord:
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class ProduceFailed(Exception):
    """At least one record of a batch was not acknowledged. Some of them may be in the log nevertheless.

    `refused`: those, and why.
    """

    def __init__(self, text: str, refused: Sequence[tuple[OutRecord, KafkaError]] = ()) -> None:
        super().__init__(text)
        self.refused = tuple(refused)


def produce_fault(
    what: str, topic: str, error: KafkaError, refused: Sequence[tuple[OutRecord, KafkaError]] = ()
) -> ProduceFailed | ConnectorError:
    if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        return ConnectorError(f"Kafka refuses the topic {topic}: allow the worker's user the operation WRITE on it")
    return ProduceFailed(f"{what} not acknowledged, first reason {kafka_fault(error)}", refused)


class _Decided:
    """Batches of which all is known, told to their loop. Reports come in bursts, and to wake the loop costs as much as
    some reports: it is woken once for all that are decided before it looks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._receipts: deque[_Receipt] = deque()
        self._is_woken = False

    def add(self, receipt: "_Receipt") -> None:
        """In any thread."""
        self._receipts.append(receipt)
        if not self._is_woken:
            self._is_woken = True
            self.loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        self._is_woken = False  # first: what is added from here on wakes the loop again
        while self._receipts:
            self._receipts.popleft().finish()


class _Receipt:
    """Counts one batch's delivery reports, which come on the poll thread, into one future of the event loop."""

    def __init__(self, decided: _Decided, count: int) -> None:
        self.acknowledged: asyncio.Future[None] = decided.loop.create_future()
        self._decided = decided
        self._count = self._missing = count
        self._refused: list[tuple[OutRecord, KafkaError]] = []
        self._counting = threading.Lock()  # reports come on the poll thread, refusals on the loop's

    def report(self, record: OutRecord, error: KafkaError | None, _: Message) -> None:
        self.settle(record, error)

    def settle(self, record: OutRecord, error: KafkaError | None) -> None:
        with self._counting:
            if error is not None:
                self._refused.append((record, error))
            self._missing -= 1
            if self._missing == 0:
                self._decided.add(self)

    def finish(self) -> None:
        if self.acknowledged.done():  # whoever waited was cancelled
            return
        if self._refused:
            record, first = self._refused[0]
            what = f"{len(self._refused)} of {self._count} records"
            self.acknowledged.set_exception(produce_fault(what, record.topic, first, self._refused))
        else:
            self.acknowledged.set_result(None)


class Producer:
    """Idempotent, acks=all. `config`: librdkafka's settings. `holds_lease`: asked before each record of a `send`.

    Keep `delivery.timeout.ms` below the group's session timeout: a worker frozen for longer then drops what it
    still had to send when it wakes, instead of writing into partitions that another worker owns by now.
    """

    def __init__(
        self, config: Mapping[str, str | int | float | bool], holds_lease: Callable[[], bool] = lambda: True
    ) -> None:
        self._holds_lease = holds_lease
        defaults: dict[str, Any] = {
            "log_level": 4,
            "linger.ms": 2,
            "delivery.timeout.ms": 30_000,
            "compression.type": "lz4",
        }
        self._producer = _Producer({**defaults, **config, "acks": "all", "enable.idempotence": True})
        self._decided: _Decided | None = None
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer-poll", daemon=True)
        self._poller.start()

    async def send(self, records: Sequence[OutRecord]) -> None:
        """What this worker says of partitions it owns. Returns when the broker has acknowledged all; keeps the order
        within a partition. Raises ProduceFailed, ConnectorError where Kafka refuses the topic, or PartitionLost: some
        of the records may have gone out.
        """
        await self._send(records, self._holds_lease)

    async def send_unleased(self, records: Sequence[OutRecord]) -> None:
        """`send` for what is true whoever owns the partition by now: what a call came to, a notification."""
        await self._send(records, lambda: True)

    async def _send(self, records: Sequence[OutRecord], may_send: Callable[[], bool]) -> None:
        if not records:
            return
        loop = asyncio.get_running_loop()
        if self._decided is None or self._decided.loop is not loop:
            self._decided = _Decided(loop)
        receipt = _Receipt(self._decided, len(records))
        taken = 0
        while taken < len(records):
            if not may_send():
                raise PartitionLost("no heartbeat was confirmed within the session timeout")
            try:
                self._produce(records[taken], receipt)
            except BufferError:
                await asyncio.sleep(RETRY_FULL_QUEUE_S)  # the poll thread makes room meanwhile
                continue
            except KafkaException as refused:
                receipt.settle(records[taken], refused.args[0])
            taken += 1
        await receipt.acknowledged

    def _produce(self, record: OutRecord, receipt: _Receipt) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*record.headers]
        self._producer.produce(
            record.topic,
            record.value,
            record.key,
            record.partition,
            on_delivery=partial(receipt.report, record),
            headers=headers,
        )

    def close(self, timeout_s: float) -> None:
        """Blocks until all is acknowledged, `timeout_s` at most; what is left then fails its `send`."""
        if self._producer.flush(timeout_s):
            self._producer.purge()
            self._producer.flush(1)
        self._closed.set()
        self._poller.join()
        del self._producer  # librdkafka has no other way to be told to let go of its connections

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(PRODUCER_POLL_S)
