"""Records as the OMS writes them, as the consumer gives them, and as no ordinary producer writes them."""

from aiokafka.structs import ConsumerRecord

from tests.kit.kafka.cases import CaseRecord

UPDATE = {
    "update_id": "u1",
    "merchant_id": "A1",
    "location_id": "WH1",
    "sku": "SKU 1",
    "quantity": 7,
    "occurred_at": 1_764_000_000_123,
}
"""Of the OMS, to write, break and read back."""


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
