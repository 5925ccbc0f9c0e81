"""A compacted topic read whole by every worker, whichever partitions it owns, and kept current."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition

from connector.errors import ConnectorError
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import RegistryUnavailable

FOLLOWER_POLL_S = 0.5
MAX_RECORDS = 2000
LOAD_TIMEOUT_S = 60.0
REGISTRY_RETRY_S = 2.0

Entries = Sequence[tuple[str, dict[str, Any] | None]]
"""(key, record), in the order of each partition; None: the key was deleted."""

log = logging.getLogger(__name__)


class Follower:
    """`apply` runs on the event loop. No group: nothing is committed, every start reads from the beginning."""

    def __init__(
        self,
        config: Mapping[str, Any],
        codec: AvroCodec,
        *,
        topic: str,
        partitions: int,
        apply: Callable[[Entries], Awaitable[None]],
    ) -> None:
        self._config = {
            **config,
            "group.id": "connector-reads-whole-topics",  # librdkafka wants one; it is never joined
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
        self._codec = codec
        self._topic = topic
        self._behind = set(range(partitions))
        self._apply = apply
        self._consumer: Consumer | None = None
        # One thread: librdkafka's consumer must not be closed while another thread waits in it
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"follow-{topic}")

    async def load(self) -> None:
        """Returns when all that the topic held at this moment is applied. Raises ConnectorError."""
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                while self._behind:
                    await self._round()
        except TimeoutError:
            raise ConnectorError(f"{self._topic}: could not be read to its end within {LOAD_TIMEOUT_S:.0f} s") from None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._round()

    async def close(self) -> None:
        if self._consumer is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._consumer.close)
        self._thread.shutdown(wait=False)

    async def _round(self) -> None:
        messages = await asyncio.get_running_loop().run_in_executor(self._thread, self._poll)
        records = [message for message in messages if message.error() is None]
        await self._prepare([message.value() for message in records])
        entries = [entry for message in records if (entry := self._entry(message)) is not None]
        if entries:
            await self._apply(entries)
        for message in messages:
            error = message.error()
            if error is None:
                continue
            if error.code() == KafkaError._PARTITION_EOF:
                self._behind.discard(message.partition() or 0)
            else:
                log.warning("%s can't be read now: %s", self._topic, error.str())

    def _poll(self) -> list[Message]:
        if self._consumer is None:
            self._consumer = Consumer(self._config)
            self._consumer.assign([TopicPartition(self._topic, p, OFFSET_BEGINNING) for p in sorted(self._behind)])
        return self._consumer.consume(MAX_RECORDS, FOLLOWER_POLL_S)

    def _entry(self, message: Message) -> tuple[str, dict[str, Any] | None] | None:
        value = message.value()
        key = (message.key() or b"").decode(errors="replace")  # the broker refuses records without one
        try:
            return key, None if value is None else self._codec.decode(self._topic, value)
        except BadRecord as bad:
            where = f"{self._topic}/{message.partition()}/{message.offset()}"
            log.warning("an unreadable record is ignored: %s", bad, extra={"source": where})
            return None

    async def _prepare(self, values: Sequence[bytes | None]) -> None:
        while True:
            try:
                return await self._codec.prepare(self._topic, values)
            except RegistryUnavailable as unavailable:
                log.warning("%s waits: %s", self._topic, unavailable)
                await asyncio.sleep(REGISTRY_RETRY_S)
