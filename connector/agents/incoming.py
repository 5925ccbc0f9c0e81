"""The one guard around every agent's input: the unusable goes to the dead letters, what lives elsewhere goes home."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, get_args

from connector.agents.dead_letters import FIRST_OFFSET, FIRST_PARTITION, first_place, letter_of, size_of
from connector.domain.unread import UnreadFact
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.topic_codec import Reason
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import DEAD_LETTERS, MAX_RECORD_BYTES, TOPICS
from connector.surprises import place_of
from connector.telemetry import Telemetry

if TYPE_CHECKING:  # the engine hands these over; nothing here needs the engine to be there
    from connector.kafka.engine.fetch.records import KafkaRecord

INTERNAL = frozenset(topic.name for topic in TOPICS if topic.internal)
LONGEST_MESSAGE = 2_000

_POSITION = re.compile(r"\[\d+\]")

log = logging.getLogger(__name__)

Record: TypeAlias = "KafkaRecord"


class Received(NamedTuple):
    record: Record
    value: dict[str, Any]


@dataclass(slots=True)
class IncomingBatch:
    """`aside`: what must be on Kafka before the batch is acked, because nothing else keeps it. `opened_at_ms`: the time
    at which the agent decides, the same for all of it."""

    opened_at_ms: int
    good: list[Received] = field(default_factory=list)
    aside: list[OutRecord] = field(default_factory=list)


class Incoming:
    """`on_dead_letter` hears of each record that could not be used, and of none that only has facts which nobody could
    read: events and lists warn of those themselves. `on_received` hears of each record that an agent gets, with its
    topic; None: nobody listens."""

    def __init__(
        self,
        codec: AvroCodec,
        *,
        partitions: int,
        telemetry: Telemetry,
        now_ms: Callable[[], int],
        on_dead_letter: Callable[[Record, BadRecord], None] = lambda _record, _bad: None,
        on_received: Callable[[str, Received], None] | None = None,
    ) -> None:
        self._codec = codec
        self._partitions = partitions
        self._telemetry = telemetry
        self.now_ms = now_ms
        self._on_dead_letter = on_dead_letter
        self._on_received = on_received
        self._advised: set[str] = set()

    def expect(self, topic: str) -> None:
        """Its counters are there from the start, at 0: no rule sees a series rise that begins with the first."""
        for reason in get_args(Reason):
            self._telemetry.dead_letters.labels(topic, reason)
        self._telemetry.forwarded.labels(topic)

    def waits_for(self, topic: str, partition: int, record: Record) -> "asyncio.Future[None] | None":
        """What ends when the schema of the record is known, or given up; None: it can be opened now."""
        if self._codec.is_known(topic, record.value) or record.key is None:
            return None
        if home_partition(record.key, self._partitions) != partition:
            return None  # sent on as it is
        return self._codec.waits_for(topic, record.value)

    def open(self, topic: str, partition: int, records: Sequence[Record]) -> IncomingBatch:
        """Decoded records that live on this partition; none that `waits_for` names something for."""
        batch = IncomingBatch(self.now_ms())
        # home_partition remembers, too; but two calls for each record were a twentieth of what an update costs
        homes = dict[bytes, int]()
        is_foreign = topic not in INTERNAL
        for record in records:
            key = record.key
            try:
                if key is None:
                    raise BadRecord("WRONG_KEY", "the record has no key: use the merchant_id")
                home = homes.get(key)
                if home is None:
                    home = homes[key] = home_partition(key, self._partitions)
                if home != partition:
                    batch.aside.append(self._sent_on(record, key, home))
                    continue
                value = self._codec.decode(topic, record.value)
                if key != value["merchant_id"].encode():
                    raise BadRecord(
                        "WRONG_KEY", "the record's key is not its merchant_id: use the merchant_id as the key"
                    )
                if is_foreign:  # what we wrote ourselves was bounded then
                    _check_size(record)
                batch.good.append(Received(record, value))
            except BadRecord as bad:
                batch.aside.append(self.dead_letter(record, bad))
        if self._on_received is not None:
            for received in batch.good:
                self._on_received(topic, received)
        return batch

    def unread_letter(self, record: Record, unread: Mapping[str, Sequence[UnreadFact]]) -> OutRecord:
        """Keeps what Amazon told and nobody could read. `record`: the call that brought it, and holds it as it came.

        `unread`: by whose it is, such as "shipment S1".
        """
        for fact in chain.from_iterable(unread.values()):
            self._telemetry.unread_facts.labels(_POSITION.sub("[]", fact.path)).inc()
        told = (f"{whose}: {'; '.join(f'{fact.path} {fact.why}' for fact in facts)}" for whose, facts in unread.items())
        return self._letter(record, BadRecord("UNREADABLE_FACT", ". ".join(told)[:LONGEST_MESSAGE]))

    def unexpected(self, record: Record, fault: Exception) -> OutRecord:
        """A fault of ours ended the worker at it again and again."""
        return self.dead_letter(
            record, BadRecord("UNEXPECTED", f"a fault of this connector's, please report it: {place_of(fault)}")
        )

    def dead_letter(self, record: Record, bad: BadRecord) -> OutRecord:
        self._on_dead_letter(record, bad)
        return self._letter(record, bad)

    def _letter(self, record: Record, bad: BadRecord) -> OutRecord:
        self._telemetry.dead_letters.labels(record.topic, bad.reason).inc()
        log.warning(
            "dead letter",
            extra={"source": f"{record.topic}/{record.partition}/{record.offset}", "reason": bad.reason},
        )
        letter = letter_of(record, bad, self._partitions, self.now_ms())
        return OutRecord(
            DEAD_LETTERS.name, record.partition, letter["key"], self._codec.encode(DEAD_LETTERS.name, letter)
        )

    def _sent_on(self, record: Record, key: bytes, home: int) -> OutRecord:
        _check_size(record)
        self._telemetry.forwarded.labels(record.topic).inc()
        if record.topic not in self._advised:
            self._advised.add(record.topic)
            log.warning(
                "records arrive outside their merchant's home partition and are sent on; "
                "set the producer's partitioner to murmur2_random (librdkafka) to save the extra hop",
                extra={"topic": record.topic},
            )
        headers = tuple(record.headers)
        if first_place(headers, self._partitions) is None:
            headers += ((FIRST_PARTITION, b"%d" % record.partition), (FIRST_OFFSET, b"%d" % record.offset))
        return OutRecord(record.topic, home, key, record.value, headers)


def _check_size(record: Record) -> None:
    """What is larger might not be written again: not to its home, not to a table's changelog."""
    if (size := size_of(record)) > MAX_RECORD_BYTES:
        raise BadRecord("INVALID", f"the record has {size} bytes, more than {MAX_RECORD_BYTES}: send less in each")
