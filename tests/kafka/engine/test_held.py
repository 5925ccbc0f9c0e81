"""A record that waits, on a real broker: others go on, nothing is committed past it, and a restart brings it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connector.kafka.engine.agent import run_batches
from connector.kafka.engine.app import BatchApp, batch_topic
from tests.kit.kafka.batch_apps import until_committed
from tests.kit.kafka.broker import Broker, eventually

pytestmark = pytest.mark.kafka


class Waiting:
    """Records whose value is in `odd` wait for `known`."""

    def __init__(self, *odd: str) -> None:
        self.odd = odd
        self.known = asyncio.get_running_loop().create_future()
        self.applied: list[tuple[int, str]] = []

    def waits_for(self, _: int, record: Any) -> "asyncio.Future[None] | None":
        return self.known if record.value.decode() in self.odd and not self.known.done() else None

    async def apply(self, partition: int, records: Any) -> None:
        self.applied.extend((partition, record.value.decode()) for record in records)

    def values(self, partition: int) -> list[str]:
        return [value for each, value in self.applied if each == partition]

    async def applies(self, partition: int, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.values(partition)) < count:  # noqa: ASYNC110  # Faust's loop calls apply
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    broker: Broker, app_id: str, topic: str, directory: Path, waiting: Waiting
) -> AsyncIterator[BatchApp]:
    app = BatchApp(
        app_id,
        broker=[f"kafka://{broker.bootstrap_servers}"],
        datadir=directory,
        web_enabled=False,
        topic_partitions=4,
        broker_commit_interval=0.2,
        batch_max_records=2,
        revoke_grace_s=20,
    )

    async def batches(stream: Any) -> None:
        await run_batches(app, stream, waiting.apply, waiting.waits_for)

    app.agent(batch_topic(app, topic), name="probe")(batches)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def produce(broker: Broker, topic: str, partition: int, *records: tuple[str, str]) -> None:
    await asyncio.to_thread(broker.produce, topic, records, partition)


async def test_others_go_on_and_nothing_is_committed_past_it(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    waiting = Waiting("odd")
    await produce(broker, topic, 0, ("a", "1"), ("b", "2"), ("a", "odd"), ("a", "3"), ("b", "4"), ("b", "5"))
    await produce(broker, topic, 1, ("c", "6"))
    async with running(broker, app_id, topic, tmp_path, waiting):
        await waiting.applies(0, 4)
        await waiting.applies(1, 1)
        assert waiting.values(0) == ["1", "2", "4", "5"]
        await until_committed(broker, app_id, topic, {0: 2})
        await until_committed(broker, app_id, topic, {1: 1})
        await produce(broker, topic, 0, ("a", "7"), ("b", "8"))
        await waiting.applies(0, 5)
        assert waiting.values(0)[4:] == ["8"]
        assert broker.committed(app_id)[topic, 0] == 2
        waiting.known.set_result(None)
        await waiting.applies(0, 8)
        assert waiting.values(0)[5:] == ["odd", "3", "7"], "in their order"
        await until_committed(broker, app_id, topic, {0: 8})


async def test_a_restart_brings_it_again_and_all_since(broker: Broker, topic: str, app_id: str, tmp_path: Path) -> None:
    waiting = Waiting("odd")
    await produce(broker, topic, 0, ("a", "1"), ("a", "2"), ("a", "odd"), ("b", "3"), ("a", "4"))
    async with running(broker, app_id, topic, tmp_path, waiting):
        await waiting.applies(0, 3)
        await until_committed(broker, app_id, topic, {0: 2})
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 15, "a stop waits for no record that waits"
    again = Waiting()
    async with running(broker, app_id, topic, tmp_path, again):
        await again.applies(0, 3)
        await until_committed(broker, app_id, topic, {0: 5})
    assert again.values(0) == ["odd", "3", "4"]


async def test_a_rebalance_waits_for_no_record_that_waits(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    """And whoever has the partition then has the record."""
    first, second = Waiting("odd"), Waiting("odd")
    for partition in range(4):
        await produce(broker, topic, partition, ("a", "odd"), ("b", "1"))
    async with running(broker, app_id, topic, tmp_path / "1", first):
        for partition in range(4):
            await first.applies(partition, 1)
        began = asyncio.get_running_loop().time()
        async with running(broker, app_id, topic, tmp_path / "2", second):
            async with asyncio.timeout(60):
                while not second.applied:  # noqa: ASYNC110  # as above
                    await asyncio.sleep(0.02)
            assert asyncio.get_running_loop().time() - began < 15
            first.known.set_result(None)
            second.known.set_result(None)

            def everything() -> bool:
                return {(p, "odd") for p in range(4)} <= {*first.applied, *second.applied}

            await asyncio.to_thread(eventually, "every record is applied by somebody", everything, 30)
