"""An app of the batch consumer within the test, to look into and to disturb. A process to kill: streams.py."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from connector.kafka.engine.agent import run_batches
from connector.kafka.engine.app import BatchApp, batch_topic
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.partition_writers import PartitionWriters
from connector.tables.durable import DurableTable
from connector.tables.table import TableSpec
from tests.kit.kafka.broker import Broker, eventually, unique

SESSION_TIMEOUT_S = 6


@dataclass(frozen=True)
class Value:
    text: str


VALUES = TableSpec(name="values", row_type=Value)


@dataclass
class Probe:
    """A running app: what it applied (partition, offset), its table `rows`. A set `gate` lets batches through.

    `faults`: what is raised at a record of this value."""

    app: BatchApp
    table: DurableTable[Value]
    applied: list[tuple[int, int]] = field(default_factory=list)
    begun: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    owned: frozenset[int] = frozenset()
    resets: list[tuple[str, int, int, int]] = field(default_factory=list)
    faults: Mapping[bytes, Exception] = field(default_factory=dict)
    parked: list[tuple[int, int, Exception]] = field(default_factory=list)
    park_fault: Exception | None = None

    async def apply(self, partition: int, records: Sequence[Any]) -> None:
        self.begun += 1
        await self.gate.wait()
        for record in records:
            if record.value in self.faults:
                raise self.faults[record.value]
        async with self.table.lock(partition):
            await self.table.write(partition, {r.key.decode(): Value(r.value.decode()) for r in records})
        self.applied.extend((partition, r.offset) for r in records)

    async def park(self, record: KafkaRecord, fault: Exception) -> None:
        if self.park_fault is not None:
            raise self.park_fault
        self.parked.append((record.partition, record.offset, fault))

    async def on_ready(self, partitions: frozenset[int]) -> None:
        self.owned = partitions

    async def on_reset(self, topic: str, partition: int, old_offset: int, new_offset: int) -> None:
        self.resets.append((topic, partition, old_offset, new_offset))

    async def on_revoked(self) -> None:
        self.owned = frozenset()


def changelog_of(app_id: str) -> str:
    return f"{app_id}-values-changelog"


@asynccontextmanager
async def running_probe(
    bootstrap_servers: str,
    app_id: str,
    topic: str,
    directory: Path,
    *,
    partitions: int = 4,
    gate_open: bool = True,
    prepared: bool = True,
    faults: Mapping[bytes, Exception] = MappingProxyType({}),
    park_fault: Exception | None = None,
    **options: Any,
) -> AsyncIterator[Probe]:
    app = BatchApp(
        app_id,
        broker=f"kafka://{bootstrap_servers}",
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=0.5,
        broker_commit_interval=0.1,
        topic_partitions=partitions,
        datadir=directory / unique("data"),
        web_enabled=False,
        **options,
    )
    config = {"bootstrap.servers": bootstrap_servers}
    writers = PartitionWriters(config, app_id, app.holds_lease, timeout_s=SESSION_TIMEOUT_S)
    app.on_taking(writers.claim)
    table = DurableTable(app, VALUES, writers.append, partitions=partitions, schema=BatchSchema())
    probe = Probe(app, table, faults=faults, park_fault=park_fault)
    if not prepared:
        app.prepared.clear()
    if gate_open:
        probe.gate.set()
    app.on_ready(probe.on_ready)
    app.on_revoked(probe.on_revoked)
    app.on_reset(probe.on_reset)

    async def batches(stream: Any) -> None:
        await run_batches(app, stream, probe.apply, park=probe.park)

    app.agent(batch_topic(app, topic), name=topic)(batches)
    await app.start()
    try:
        yield probe
    finally:
        await app.stop()
        await asyncio.to_thread(writers.close)


async def becomes(what: str, is_true: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(0.01)


def committed(broker: Broker, app_id: str, topic: str) -> dict[int, int]:
    """By partition what the group has committed; nothing of those that have no commit."""
    return {partition: offset for (name, partition), offset in broker.committed(app_id).items() if name == topic}


async def until_committed(broker: Broker, app_id: str, topic: str, wanted: Mapping[int, int]) -> None:
    """`wanted`: of these partitions, whatever others have."""

    def there() -> bool:
        return wanted.items() <= committed(broker, app_id, topic).items()

    await asyncio.to_thread(eventually, f"{wanted} is committed", there)
