"""A topic read whole by every worker, whichever partitions it owns, and kept current.

Where it holds what operators said it fails closed: a worker does not start by halves of it, and one that runs keeps
what it knows. What the connector tells itself (alerts) is read as far as it can be.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from connector.errors import SHOWN, ConnectorError
from connector.foreign.kafka import kafka_fault
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.connection.clients import READ_POLL_S, groupless
from connector.kafka.topics import Topic

FOLLOWER_POLL_S = 0.25  # a close, and so the end of a worker, waits for it
FETCH_WAIT_MS = 500  # a start hears so late of an end, while the group takes longer; then nobody waits for one any more
ROUND_S = 2.0  # at most, with nothing to read: the event loop is not to be woken for it
MAX_RECORDS = 2000
LOAD_TIMEOUT_S = 60.0
LEADER_TIMEOUT_S = 5.0
REMEDY = (
    "what an operator said there may not be in force, so the worker does not start: restore the registry's schemas as "
    "they were, or say it anew (`connector merchants pause`, then `resume`; `connector listings import`)"
)

FollowedEntry = tuple[str, dict[str, Any] | None]
Entries = Sequence[FollowedEntry]
"""(key, record), in the order of each partition; None: the key was deleted."""

_At = tuple[int, bytes | None]
"""(partition, key)."""

ApplyEntries = Callable[[Entries], Awaitable[None]]

log = logging.getLogger(__name__)


class UnreadableState(ConnectorError):
    """A topic of operators' words holds records that can't be read."""


class Follower:
    """`apply` runs on the event loop. No group: nothing is committed, every start reads from the beginning.
    `on_unreadable(topic)` hears of each record that can't be read, of an operator's while it runs."""

    def __init__(
        self,
        config: Mapping[str, Any],
        codec: AvroCodec,
        *,
        topic: Topic,
        partitions: int,
        apply: ApplyEntries,
        on_unreadable: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._config = {**groupless(config), "fetch.wait.max.ms": FETCH_WAIT_MS}
        self._codec = codec
        self._topic = topic.name
        self._fails_closed = topic.written_by == "operator"
        self._behind = set(range(partitions))
        self._apply = apply
        self._on_unreadable = on_unreadable
        self._is_loaded = False
        self._is_closing = False
        self._unreadable: dict[_At, str] = {}  # those that no later record has made good
        self._found = _Found(is_compacted=topic.compacted)
        self._consumer: Consumer | None = None
        # One thread: librdkafka's consumer must not be closed while another thread waits in it
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"follow-{topic.name}")

    async def load(self) -> None:
        """Returns when all that the topic held at this moment is applied. Raises ConnectorError: UnreadableState where
        an operator's last word on a key can't be read."""
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                while self._behind:
                    await self._round()
        except TimeoutError:
            raise ConnectorError(f"{self._topic}: could not be read to its end within {LOAD_TIMEOUT_S:.0f} s") from None
        entries = self._found.in_order()
        for begin in range(0, len(entries), MAX_RECORDS):
            await self._apply(entries[begin : begin + MAX_RECORDS])
        self._is_loaded = True
        self._found = _Found(is_compacted=False)
        if self._unreadable and self._fails_closed:
            told = "\n  - ".join([*self._unreadable.values()][:SHOWN])
            raise UnreadableState(f"{self._topic}: {len(self._unreadable)} can't be read; {REMEDY}:\n  - {told}")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._round()

    async def close(self) -> None:
        self._is_closing = True
        if self._consumer is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._consumer.close)
        self._thread.shutdown(wait=False)

    async def _round(self) -> None:
        messages = await asyncio.get_running_loop().run_in_executor(self._thread, self._poll)
        records = [message for message in messages if message.error() is None]
        await self._codec.learn(self._topic, [message.value() for message in records])
        entries = [(message, entry) for message in records if (entry := self._entry(message)) is not None]
        if not self._is_loaded:
            for message, entry in entries:
                self._found.add(message.partition() or 0, message.timestamp()[1], entry)
        elif entries:
            await self._apply([entry for _, entry in entries])
        for message in messages:
            error = message.error()
            if error is None:
                continue
            if error.code() == KafkaError._PARTITION_EOF:
                self._behind.discard(message.partition() or 0)
            else:
                log.warning("%s can't be read now: %s", self._topic, kafka_fault(error))

    def _poll(self) -> list[Message]:
        if self._consumer is None:
            self._consumer = Consumer(self._config)
            # librdkafka asks for a first offset before it knows the leader, and again only 0.5 s later
            with suppress(KafkaException):
                self._consumer.list_topics(self._topic, timeout=LEADER_TIMEOUT_S)
            self._consumer.assign([TopicPartition(self._topic, p, OFFSET_BEGINNING) for p in sorted(self._behind)])
        if self._behind:
            return self._consumer.consume(MAX_RECORDS, READ_POLL_S)
        messages: list[Message] = []
        ends_at = time.monotonic() + ROUND_S
        while not messages and not self._is_closing and time.monotonic() < ends_at:
            messages = self._consumer.consume(MAX_RECORDS, FOLLOWER_POLL_S)
        return messages

    def _entry(self, message: Message) -> FollowedEntry | None:
        key, value, at = message.key(), message.value(), (message.partition() or 0, message.key())
        name = (key or b"").decode(errors="backslashreplace")
        try:
            record = None if value is None else self._codec.decode(self._topic, value)
        except BadRecord as bad:
            told = f"{self._topic}/{message.partition()}/{message.offset()}, key {name[:SHOWN]!r}: {bad}"
            self._unreadable[at] = told
            if self._is_loaded or not self._fails_closed:
                self._on_unreadable(self._topic)
                log.error("a record can't be read, what was in force before stays: %s", told)
            return None
        for mended in [at] if record is None else [other for other in self._unreadable if other[1] == key]:
            self._unreadable.pop(mended, None)
        return name, record


class _Found:
    """What a topic held at the start: of several partitions in the order of time, that of each partition kept.

    Partitions are read side by side. A move to more partitions writes a key to its new one and deletes it in its old
    one, and an alert may have been raised in the old one and ended in the new one: told as they come, a pause could
    end, and an alert stand for ever.
    """

    def __init__(self, *, is_compacted: bool) -> None:
        self._is_compacted = is_compacted
        self._entries: dict[tuple[int, str], tuple[int, FollowedEntry]] = {}
        self._times: dict[int, int] = {}

    def add(self, partition: int, time_ms: int, entry: FollowedEntry) -> None:
        at = self._times[partition] = max(time_ms, self._times.get(partition, 0))
        name, record = entry
        place = (partition, name) if self._is_compacted else (partition, f"{len(self._entries)}")
        self._entries.pop(place, None)
        if record is not None or not self._is_compacted:
            self._entries[place] = (at, entry)

    def in_order(self) -> Entries:
        return [entry for _, entry in sorted(self._entries.values(), key=lambda found: found[0])]
