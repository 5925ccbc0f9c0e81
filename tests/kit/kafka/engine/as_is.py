"""Records on a broker as no ordinary producer writes them; it rests on aiokafka's private details."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.kit.kafka.cases import CaseRecord


class _BytesName(str):
    """A header's name that is written as the bytes it was made of."""

    def __new__(cls, name: bytes) -> "_BytesName":
        made = super().__new__(cls, name.decode(errors="backslashreplace"))
        made._name = name
        return made

    _name: bytes

    def encode(self, *_: Any) -> bytes:
        return self._name


async def produce_as_is(
    bootstrap_servers: str, partition: int, cases: Sequence[CaseRecord], *, compression: int = 0
) -> None:
    """In one batch, with whatever bytes for header names: only aiokafka's slow builder lets them pass.
    `compression`: Kafka's number of it (1: gzip)."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, max_request_size=2_000_000)
    await producer.start()
    try:
        batch = producer.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 2_000_000)
        for case in cases:
            headers = [(_BytesName(name), content) for name, content in case.headers]
            assert batch.append(key=case.key, value=case.value, timestamp=None, headers=headers) is not None
        batch.close()
        await (await producer.send_batch(batch, cases[0].topic, partition=partition))
    finally:
        await producer.stop()
