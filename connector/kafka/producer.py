"""The one way out to Kafka: batches that are acknowledged whole, or known not to be."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as _Producer

PRODUCER_POLL_S = 0.1
RETRY_FULL_QUEUE_S = 0.01


@dataclass(frozen=True, slots=True)
class OutRecord:
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class ProduceFailed(Exception):
    """At least one record of a batch was not acknowledged. Some of them may be in the log nevertheless."""


class _Receipt:
    """Counts one batch's delivery reports, which come on the poll thread, into one future of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self.acknowledged: asyncio.Future[None] = loop.create_future()
        self.last_offset = -1
        self._loop = loop
        self._count = self._missing = count
        self._failed = 0
        self._reason = ""
        self._counting = threading.Lock()  # reports come on the poll thread, refusals on the loop's

    def report(self, error: KafkaError | None, message: Message) -> None:
        offset = message.offset()
        if error is None and offset is not None:
            self.last_offset = max(self.last_offset, offset)
        self._settle(1, error)

    def refuse(self, count: int, error: KafkaError) -> None:
        """The rest of the batch was never taken by the producer."""
        self._settle(count, error)

    def _settle(self, count: int, error: KafkaError | None) -> None:
        with self._counting:
            if error is not None:
                self._failed += count
                self._reason = self._reason or f"{error.name()}: {error.str()}"
            self._missing -= count
            if self._missing == 0:
                self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if self.acknowledged.done():  # whoever waited was cancelled
            return
        if self._failed:
            text = f"{self._failed} of {self._count} records not acknowledged, first reason {self._reason}"
            self.acknowledged.set_exception(ProduceFailed(text))
        else:
            self.acknowledged.set_result(None)


class Producer:
    """Idempotent, acks=all. `config`: librdkafka's settings.

    Keep `delivery.timeout.ms` below the group's session timeout: a worker frozen for longer then drops what it
    still had to send when it wakes, instead of writing into partitions that another worker owns by now.
    """

    def __init__(self, config: Mapping[str, str | int | float | bool]) -> None:
        defaults: dict[str, Any] = {
            "log_level": 4,
            "linger.ms": 2,
            "delivery.timeout.ms": 30_000,
            "compression.type": "lz4",
        }
        self._producer = _Producer({**defaults, **config, "acks": "all", "enable.idempotence": True})
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer-poll", daemon=True)
        self._poller.start()

    async def send(self, records: Sequence[OutRecord]) -> None:
        """Returns when the broker has acknowledged all. Raises ProduceFailed. Keeps the order within a partition."""
        await self._send(records)

    async def append(self, topic: str, partition: int, rows: Sequence[tuple[bytes, bytes | None]]) -> int:
        """`send` for the rows of one partition; the offset of the last, -1 where the broker did not tell."""
        return await self._send([OutRecord(topic, partition, key, value) for key, value in rows])

    async def _send(self, records: Sequence[OutRecord]) -> int:
        if not records:
            return -1
        receipt = _Receipt(asyncio.get_running_loop(), len(records))
        taken = 0
        while taken < len(records):
            try:
                self._produce(records[taken], receipt)
                taken += 1
            except BufferError:
                await asyncio.sleep(RETRY_FULL_QUEUE_S)  # the poll thread makes room meanwhile
            except KafkaException as refused:
                receipt.refuse(len(records) - taken, refused.args[0])
                break
        await receipt.acknowledged
        return receipt.last_offset

    def _produce(self, record: OutRecord, receipt: _Receipt) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*record.headers]
        self._producer.produce(
            record.topic, record.value, record.key, record.partition, on_delivery=receipt.report, headers=headers
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
