"""A worker process for the loss tests: it tallies every key's numbered records in a table, and misbehaves on request.

`python -m tests.kit.kafka.stream_worker JOB`, the job as JSON. It writes what it does to `<name>.journal` (JSON
lines), and how it is to `<name>.status`.
"""

import asyncio
import json
import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from connector.kafka.engine.agent import run_batches
from connector.kafka.engine.app import BatchApp, batch_topic
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.partition_writers import PartitionWriters
from connector.tables.durable import DurableTable
from connector.tables.table import TableSpec

STATUS_EVERY_S = 0.05


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`instance`: of static membership. `hang_on`, `raise_on`: values of records. `pad`: bytes added to each row.
    `pause_s`: per batch.
    """

    name: str
    directory: str
    bootstrap_servers: str
    app_id: str
    topics: tuple[str, ...]
    instance: str = ""
    tables: bool = True
    partitions: int = 4
    session_timeout_s: float = 3
    batch_max_records: int = 50
    buffer_batches: int = 16
    hang_on: str = ""
    raise_on: str = ""
    pad: int = 0
    pause_s: float = 0


@dataclass(frozen=True)
class Tally:
    """`gaps`: numbers that never came before a higher one; `repeats`: those that came again."""

    last: int = 0
    gaps: int = 0
    repeats: int = 0
    pad: str = ""

    def take(self, number: int, pad: int) -> "Tally":
        if number <= self.last:
            return Tally(self.last, self.gaps, self.repeats + 1, "x" * pad)
        return Tally(number, self.gaps + number - self.last - 1, self.repeats, "x" * pad)


def table_name(topic_index: int) -> str:
    return f"tally{topic_index}"


class Worker:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.ready: list[int] | None = None
        directory = Path(job.directory)
        self._journal = (directory / f"{job.name}.journal").open("a", buffering=1)
        self._status = directory / f"{job.name}.status"
        self.app = BatchApp(
            job.app_id,
            instance=job.instance,
            batch_max_records=job.batch_max_records,
            broker=f"kafka://{job.bootstrap_servers}",
            broker_session_timeout=job.session_timeout_s,
            broker_heartbeat_interval=job.session_timeout_s / 10,
            broker_commit_interval=0.1,
            stream_buffer_maxsize=job.buffer_batches,
            topic_partitions=job.partitions,
            datadir=directory / f"{job.name}.data",
            web_enabled=False,
        )
        config = {"bootstrap.servers": job.bootstrap_servers}
        self._writers = PartitionWriters(config, job.app_id, self.app.holds_lease, timeout_s=job.session_timeout_s)
        self.app.on_taking(self._writers.claim)
        self.app.on_ready(self._on_ready)
        self.app.on_revoked(self._on_revoked)
        self._tables = [self._table(index) for index in range(len(job.topics))] if job.tables else []
        for index, topic in enumerate(job.topics):
            self._agent(index, topic)

    async def run(self) -> None:
        await self.app.start()
        watching = asyncio.create_task(self._watch())
        ended = asyncio.create_task(self.app.wait_for_end())
        await asyncio.wait(
            {ended, asyncio.create_task(self.app.wait_until_stopped())}, return_when=asyncio.FIRST_COMPLETED
        )
        watching.cancel()
        await self.app.stop()
        if ended.done():
            ended.result()
        if self.app.crash_reason is not None:
            raise self.app.crash_reason

    def note(self, **event: Any) -> None:
        self._journal.write(json.dumps(event) + "\n")

    def _table(self, index: int) -> DurableTable[Tally]:
        spec = TableSpec(name=table_name(index), row_type=Tally)
        append, partitions = self._writers.append, self.job.partitions
        return DurableTable(self.app, spec, append, partitions=partitions, schema=BatchSchema())

    def _agent(self, index: int, topic: str) -> None:
        async def apply(partition: int, records: Any) -> None:
            await self._apply(index, partition, records)

        async def batches(stream: Any) -> None:
            await run_batches(self.app, stream, apply)

        self.app.agent(batch_topic(self.app, topic), name=topic)(batches)

    async def _apply(self, index: int, partition: int, records: Any) -> None:
        values = [record.value.decode() for record in records]
        if self.job.hang_on in values:
            self.note(hangs=self.job.topics[index], partition=partition)
            await asyncio.Event().wait()
        if self.job.raise_on in values:
            raise RuntimeError("asked to fail")
        if self.job.pause_s:
            await asyncio.sleep(self.job.pause_s)
        if self._tables:
            table = self._tables[index]
            async with table.lock(partition):
                rows: dict[str, Tally | None] = {}
                for record, value in zip(records, values, strict=True):
                    key = record.key.decode()
                    tally = rows.get(key) or table.get(partition, key) or Tally()
                    rows[key] = tally.take(int(value), self.job.pad)
                await table.write(partition, rows)
        end = records[-1].offset + 1
        self.note(applied=self.job.topics[index], partition=partition, end=end, values=values)

    async def _on_ready(self, partitions: frozenset[int]) -> None:
        self.ready = sorted(partitions)

    async def _on_revoked(self) -> None:
        self.ready = None
        self.note(revoked=True)

    async def _watch(self) -> None:
        looked_at = time.monotonic()
        while True:
            asleep_s = time.monotonic() - looked_at
            looked_at = time.monotonic()
            if asleep_s > self.job.session_timeout_s:
                self.note(woke_after_s=asleep_s, holds_lease=self.app.holds_lease(), ready=self.ready)
            self._write_status()
            await asyncio.sleep(STATUS_EVERY_S)

    def _write_status(self) -> None:
        consumer = self.app.consumer
        assigned: dict[str, list[int]] = {}
        for tp in self.app.assignor.assigned_actives():
            assigned.setdefault(tp.topic, []).append(tp.partition)
        status = {
            "ready": self.ready,
            "assigned": {topic: sorted(partitions) for topic, partitions in assigned.items()},
            "in_flight": consumer.in_flight,
            "lease_age_s": self.app.lease_age_s(),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            / (2**20 if sys.platform == "darwin" else 1024),
        }
        draft = self._status.with_suffix(".draft")
        draft.write_text(json.dumps(status))
        os.replace(draft, self._status)


if __name__ == "__main__":
    asyncio.run(Worker(msgspec.json.decode(sys.argv[1].encode(), type=Job)).run())
