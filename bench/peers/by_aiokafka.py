"""The job with aiokafka alone: offsets are committed when Amazon has the batch, numbers are in SQLite before a call.

A batch is what a fetch brings. Smaller ones repeat less after a crash, and use less of the limit: the records of a
fetch are mostly of one partition, and so of few merchants.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from bench.peers.calling import Caller, Numbered, Update, UpdateReader


class Numbers:
    """The last sequence number of each SKU, in a file that a crash leaves whole."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.execute("create table if not exists numbers (sku text primary key, number integer)")

    def next(self, updates: list[Update]) -> list[Numbered]:
        with self._database:
            return [Numbered(update, self._next(f"{update.merchant_id}|{update.sku}")) for update in updates]

    def _next(self, sku: str) -> int:
        upsert = "insert into numbers values (?, 1) on conflict do update set number = number + 1 returning number"
        ((number,),) = self._database.execute(upsert, (sku,)).fetchall()
        return int(number)


async def main(servers: str, topic: str, url: str, rate: int, directory: Path, schema: str) -> None:
    reader, caller, numbers = UpdateReader(schema), Caller(url, rate), Numbers(directory / "numbers.sqlite")
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id="by-aiokafka",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with consumer:
        while True:
            fetched = await consumer.getmany(timeout_ms=1000)
            updates = [reader.read(record.value) for records in fetched.values() for record in records]
            if updates:
                await caller.send(numbers.next(updates))
                await consumer.commit()


if __name__ == "__main__":
    servers, topic, url, rate, directory, schema = sys.argv[1:]
    asyncio.run(main(servers, topic, url, int(rate), Path(directory), schema))
