"""Records as the consumer gives them, and as no ordinary producer writes them."""

from aiokafka.structs import ConsumerRecord

from tests.kit.kafka.cases import CaseRecord


def consumed(
    value: bytes | None,
    key: bytes | None = b"M1",
    headers: tuple[tuple[str, bytes | None], ...] = (),
    *,
    topic: str = "oms.inventory",
    partition: int = 0,
    offset: int = 0,
) -> ConsumerRecord:
    return ConsumerRecord(topic, partition, offset, 0, 0, key, value, None, 0, 0, headers)


def consumed_case(case: CaseRecord, *, partition: int = 0, offset: int = 0) -> ConsumerRecord:
    """With header names as the worker's consumer reads them."""
    headers = tuple((name.decode(errors="backslashreplace"), content) for name, content in case.headers)
    return consumed(case.value, case.key, headers, topic=case.topic, partition=partition, offset=offset)
