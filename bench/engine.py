"""The consumer and the durable table alone, no worker: ours against stock Faust. `python -m bench.engine [RECORDS]`.

The same broker, input and rows for both, one process each, every record another SKU (nothing to coalesce). Ours acks
when the changelog record is acknowledged; stock Faust does not wait for it at all. Time runs from the first record
taken to the last one acked.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import faust
import msgspec

from connector.kafka.engine.agent import run_batches
from connector.kafka.engine.app import BatchApp, batch_topic
from connector.kafka.engine.batch import BatchSchema
from connector.kafka.partition_writers import PartitionWriters
from connector.tables.durable import DurableTable
from connector.tables.table import TableSpec
from tests.kit.kafka.broker import Broker, start_broker, unique

PARTITIONS = 4
GOAL = 10


@dataclass(frozen=True)
class Row:
    quantity: int
    sequence: int
    occurred_at_ms: int


LEDGER = TableSpec(name="ledger", row_type=Row)


class Update(msgspec.Struct):
    quantity: int
    occurred_at_ms: int


@dataclass(frozen=True)
class Run:
    bootstrap_servers: str
    app_id: str
    topic: str
    records: int
    directory: str


def take(row: Row | None, value: bytes) -> Row:
    update = msgspec.json.decode(value, type=Update)
    return Row(update.quantity, row.sequence + 1 if row else 1, update.occurred_at_ms)


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    broker = start_broker()
    try:
        ours = measure(broker, "ours", records)
        stock = measure(broker, "stock", records // 5)
    finally:
        broker.close()
    print(f"ours  (durable before the ack): {ours:>9,.0f} records/s")
    print(f"stock (never waited for):       {stock:>9,.0f} records/s")
    print(f"ratio: {ours / stock:.1f} (goal: at least {GOAL})")


def measure(broker: Broker, side: str, records: int) -> float:
    app_id, topic = unique(side), unique("intake")
    broker.create_topics(topic, f"{app_id}-ledger-changelog", partitions=PARTITIONS)
    for partition in range(PARTITIONS):
        numbers = range(partition, records, PARTITIONS)
        value = '{"quantity":%d,"occurred_at_ms":1700000000000}'
        broker.produce(topic, [(f"A2EXAMPLE|EXSB|SKU-{n:08}", value % n) for n in numbers], partition)
    with tempfile.TemporaryDirectory() as directory:
        run = Run(broker.bootstrap_servers, app_id, topic, records, directory)
        command = [sys.executable, "-m", "bench.engine", side, msgspec.json.encode(run).decode()]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600)
    written = len(broker.consume(f"{app_id}-ledger-changelog"))
    if written != records:
        print(f"{side}: {written} rows in the changelog instead of {records}")
    return records / float(json.loads(done.stdout.splitlines()[-1]))


async def ours(run: Run) -> float:
    app = BatchApp(run.app_id, batch_max_records=2000, **options(run))
    writers = PartitionWriters({"bootstrap.servers": run.bootstrap_servers}, run.app_id, app.holds_lease, timeout_s=30)
    app.on_taking(writers.claim)
    ledger = DurableTable(app, LEDGER, writers.append, partitions=PARTITIONS, schema=BatchSchema())
    stopwatch = Stopwatch(run.records)

    async def apply(partition: int, records: Any) -> None:
        stopwatch.start()
        rows: dict[str, Row | None] = {}
        for record in records:
            key = record.key.decode()
            rows[key] = take(rows.get(key) or ledger.get(partition, key), record.value)
        await ledger.write(partition, rows)
        stopwatch.count(len(records))

    async def batches(stream: Any) -> None:
        await run_batches(app, stream, apply)

    app.agent(batch_topic(app, run.topic), name=run.topic)(batches)
    elapsed_s = await stopwatch.time(app)
    writers.close()
    return elapsed_s


async def stock(run: Run) -> float:
    app = faust.App(
        run.app_id,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        value_serializer="raw",
        **options(run),
    )
    ledger = app.Table("ledger", partitions=PARTITIONS, key_type=str, value_type=bytes)
    stopwatch = Stopwatch(run.records)

    async def updates(stream: Any) -> None:
        async for event in stream.events():
            stopwatch.start()
            key = event.key.decode()
            held = ledger.get(key)
            row = take(msgspec.json.decode(held, type=Row) if held else None, event.value)
            ledger[key] = msgspec.json.encode(row)
            stopwatch.count(1)

    app.agent(app.topic(run.topic, key_serializer="raw", value_serializer="raw"))(updates)
    return await stopwatch.time(app)


def options(run: Run) -> dict[str, Any]:
    broker = f"kafka://{run.bootstrap_servers}"
    return {"broker": broker, "topic_partitions": PARTITIONS, "datadir": run.directory, "web_enabled": False}


class Stopwatch:
    def __init__(self, records: int) -> None:
        self._left = records
        self._started_at = self._ended_at = 0.0
        self._done = asyncio.Event()

    def start(self) -> None:
        self._started_at = self._started_at or time.perf_counter()

    def count(self, records: int) -> None:
        self._left -= records
        if self._left <= 0:
            self._ended_at = time.perf_counter()
            self._done.set()

    async def time(self, app: faust.App) -> float:
        await app.start()
        await asyncio.wait_for(self._done.wait(), 500)
        await asyncio.sleep(0)  # the last ack
        await app.stop()
        return self._ended_at - self._started_at


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("ours" | "stock") as side, run]:
            measured = {"ours": ours, "stock": stock}[side]
            print(asyncio.run(measured(msgspec.json.decode(run, type=Run))))
        case _:
            main()
