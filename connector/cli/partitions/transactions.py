"""What a move writes, in transactions: a kill leaves what was there before, or all of what was to be."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from connector.errors import ConnectorError
from connector.foreign.kafka import kafka_fault

_TIMEOUT_S = 30.0
_LONGEST_S = 600.0  # of one transaction: below the 15 minutes that brokers allow
_FULL_QUEUE_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """`time_ms` 0: now."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    time_ms: int = 0


class Transactions:
    """One at a time, of one process at a time: who opens them anew undoes what another had begun."""

    def __init__(self, config: dict[str, Any], group: str) -> None:
        self._group = Consumer({**config, "group.id": group, "enable.auto.commit": False, "log_level": 0})
        self._producer = Producer(
            {
                **config,
                "compression.type": "lz4",
                "linger.ms": 5,
                "log_level": 0,  # what matters comes as an exception
                "error_cb": lambda _: None,
                "transaction.timeout.ms": round(_LONGEST_S * 1000),
                "transactional.id": f"{group}-partitions-move",  # what workers' users may write to begins like this
            }
        )
        self._producer.init_transactions(_TIMEOUT_S)

    def close(self) -> None:
        self._group.close()

    def commit(self, records: Iterable[WrittenRecord], offsets: Sequence[TopicPartition] = ()) -> int:
        """How many it was. With `offsets` the group has committed them, as of the same moment. Raises ConnectorError,
        and what `records` raises: nothing is there then."""
        count = 0
        self._producer.begin_transaction()
        try:
            for record in records:
                self._produce(record)
                count += 1
            if offsets:
                metadata = self._group.consumer_group_metadata()
                self._producer.send_offsets_to_transaction([*offsets], metadata, _TIMEOUT_S)
            self._producer.commit_transaction(_LONGEST_S)
        except KafkaException as failed:
            self._abort()
            raise ConnectorError(
                f"Kafka did not take what was moved: {kafka_fault(failed.args[0])}; run it again"
            ) from None
        except BaseException:
            self._abort()
            raise
        return count

    def _abort(self) -> None:
        with suppress(KafkaException):  # whoever opens them next does it
            self._producer.abort_transaction(_TIMEOUT_S)

    def _produce(self, record: WrittenRecord) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*record.headers]
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    timestamp=max(0, record.time_ms),
                    headers=headers,
                )
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(_FULL_QUEUE_POLL_S)
