"""A worker of stock Faust, for what test_stock_faust.py shows. `python -m tests.kit.kafka.stock_worker JOB`."""

import asyncio
import json
import sys
from typing import Any

import faust

job = json.loads(sys.argv[1])
app = faust.App(
    job["app_id"],
    broker=f"kafka://{job['bootstrap_servers']}",
    broker_session_timeout=3,
    broker_heartbeat_interval=0.3,
    broker_commit_interval=0.1,
    topic_allow_declare=False,
    topic_disable_leader=True,
    topic_partitions=1,
    consumer_auto_offset_reset="earliest",
    datadir=job["directory"],
    web_enabled=False,
)
topic = app.topic(job["topic"], key_serializer="raw", value_serializer="raw")
applied = open(job["applied"], "ab", buffering=0)  # noqa: SIM115  # open as long as the process lives


async def slow_first(stream: Any) -> None:
    """Takes every message at once and acks each when its work is done, the first one late."""

    async def work(event: Any) -> None:
        if event.value == b"0" and job["hang"]:
            await asyncio.Event().wait()
        applied.write(event.value + b"\n")
        event.ack()

    async for event in stream.noack().events():
        app.add_future(work(event))


async def failing(stream: Any) -> None:
    async for event in stream.events():
        if event.value == b"0" and job["hang"]:
            raise RuntimeError("asked to fail")
        applied.write(event.value + b"\n")


table = app.Table("rows", partitions=1, key_type=bytes, value_type=bytes) if job["body"] == "writing" else None


async def writing(stream: Any) -> None:
    assert table is not None
    async for event in stream.events():
        table[event.key] = event.value * job["size"]
        applied.write(event.value + b"\n")


app.agent(topic)({"slow_first": slow_first, "failing": failing, "writing": writing}[job["body"]])

if __name__ == "__main__":
    faust.Worker(app, loglevel="warning").execute_from_commandline()
