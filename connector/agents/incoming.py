"""The one guard around every agent's input: the unusable goes to the dead letters, what lives elsewhere goes home."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from connector.domain.unread import UnreadFact
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import RegistryUnavailable
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import DEAD_LETTERS
from connector.telemetry import Telemetry

if TYPE_CHECKING:  # the engine hands these over; nothing here needs the engine to be there
    from aiokafka.structs import ConsumerRecord

FIRST_PARTITION = "connector-first-partition"
FIRST_OFFSET = "connector-first-offset"
REGISTRY_WAIT_S = 2.0
UNREADABLE_FACT = "UNREADABLE_FACT"
LONGEST_MESSAGE = 2_000

_POSITION = re.compile(r"\[\d+\]")

log = logging.getLogger(__name__)


Record: TypeAlias = "ConsumerRecord"


@dataclass(frozen=True, slots=True)
class Received:
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
    def __init__(self, codec: AvroCodec, *, partitions: int, telemetry: Telemetry, now_ms: Callable[[], int]) -> None:
        self._codec = codec
        self._partitions = partitions
        self._telemetry = telemetry
        self._now_ms = now_ms
        self._advised: set[str] = set()

    async def open(self, topic: str, partition: int, records: Sequence[Record]) -> IncomingBatch:
        """Decoded records that live on this partition. Waits while the registry can't be reached: nothing is lost."""
        batch, here = IncomingBatch(self._now_ms()), []
        for record in records:
            if record.key is None:
                message = "the record has no key: use the merchant_id"
                batch.aside.append(self.dead_letter(record, BadRecord("WRONG_KEY", message)))
            elif (home := home_partition(record.key, self._partitions)) != partition:
                batch.aside.append(self._sent_on(record, record.key, home))
            else:
                here.append(record)
        await self._prepare(topic, [record.value for record in here])
        for record in here:
            try:
                value = self._codec.decode(topic, record.value)
                _check_key(record, value)
            except BadRecord as bad:
                batch.aside.append(self.dead_letter(record, bad))
            else:
                batch.good.append(Received(record, value))
        return batch

    def unread_letter(self, record: Record, unread: Mapping[str, Sequence[UnreadFact]]) -> OutRecord:
        """Keeps what Amazon told and nobody could read. `record`: the call that brought it, and holds it as it came.

        `unread`: by whose it is, such as "shipment S1".
        """
        for fact in chain.from_iterable(unread.values()):
            self._telemetry.unread_facts.labels(_POSITION.sub("[]", fact.path)).inc()
        told = (f"{whose}: {'; '.join(f'{fact.path} {fact.why}' for fact in facts)}" for whose, facts in unread.items())
        return self.dead_letter(record, BadRecord(UNREADABLE_FACT, ". ".join(told)[:LONGEST_MESSAGE]))

    def dead_letter(self, record: Record, bad: BadRecord) -> OutRecord:
        self._telemetry.dead_letters.labels(record.topic, bad.reason).inc()
        log.warning(
            "dead letter",
            extra={"source": f"{record.topic}/{record.partition}/{record.offset}", "reason": bad.reason},
        )
        headers = dict(record.headers)
        value = self._codec.encode(
            DEAD_LETTERS.name,
            {
                "merchant_id": _text(record.key),
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "key": record.key,
                "value": record.value,
                "headers": [{"name": name, "value": content} for name, content in record.headers],
                "reason": bad.reason,
                "message": bad.message,
                "failed_at": self._now_ms(),
                "first_partition": _number(headers, FIRST_PARTITION),
                "first_offset": _number(headers, FIRST_OFFSET),
            },
        )
        return OutRecord(DEAD_LETTERS.name, record.partition, record.key, value)

    def _sent_on(self, record: Record, key: bytes, home: int) -> OutRecord:
        self._telemetry.forwarded.labels(record.topic).inc()
        if record.topic not in self._advised:
            self._advised.add(record.topic)
            log.warning(
                "records arrive outside their merchant's home partition and are sent on; "
                "set the producer's partitioner to murmur2_random (librdkafka) to save the extra hop",
                extra={"topic": record.topic},
            )
        headers = tuple((name, content) for name, content in record.headers)
        if FIRST_PARTITION not in dict(headers):
            headers += ((FIRST_PARTITION, b"%d" % record.partition), (FIRST_OFFSET, b"%d" % record.offset))
        return OutRecord(record.topic, home, key, record.value, headers)

    async def _prepare(self, topic: str, values: Sequence[bytes | None]) -> None:
        told = False
        while True:
            try:
                return await self._codec.prepare(topic, values)
            except RegistryUnavailable as unavailable:
                if not told:
                    log.error("the schema registry can't be reached; input waits", extra={"reason": str(unavailable)})
                told = True
                await asyncio.sleep(REGISTRY_WAIT_S)


def _check_key(record: Record, value: Mapping[str, Any]) -> None:
    if record.key != value["merchant_id"].encode():
        raise BadRecord("WRONG_KEY", "the record's key is not its merchant_id: use the merchant_id as the key")


def _text(key: bytes | None) -> str:
    return "" if key is None else key.decode(errors="replace")


def _number(headers: Mapping[str, bytes], name: str) -> int | None:
    content = headers.get(name)
    return int(content) if content is not None and content.isdigit() else None
