"""The job of bench/intake.py as a user of quixstreams would write it; run by a Python that has it, see there.

A row by SKU in a state with its changelog: the newest update by its time, a sequence number, the updates overtaken.
"""
# mypy: disable-error-code="import-not-found"
# quixstreams is no dependency of ours

import io
import json
import resource
import sys
import time
from typing import Any

import fastavro
from quixstreams import Application, State

HEADER = 10  # bytes of Avro's single-object encoding before the record


def main(servers: str, topic: str, group: str, count: int, state_dir: str) -> None:
    schema = fastavro.parse_schema(json.loads(sys.stdin.read()))
    began: list[float] = []

    def take(value: bytes, state: State) -> None:
        if not began:
            began.extend((time.time(), cpu_s()))
        update: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER:]), schema)
        key = f"{update['location_id']}|{update['sku']}"
        row = state.get(key)
        at_ms = round(update["occurred_at"].timestamp() * 1000)
        if row is None:
            row = {"sequence": 1, "phase": "send", "occurred_at": 0, "update_id": "", "superseded": []}
        if at_ms < row["occurred_at"]:
            return
        if row["update_id"]:
            row["superseded"].append(row["update_id"])
        row |= {"quantity": update["quantity"], "occurred_at": at_ms, "update_id": update["update_id"]}
        state.set(key, row)

    app = Application(
        servers, consumer_group=group, auto_offset_reset="earliest", state_dir=state_dir, loglevel="WARNING"
    )
    app.dataframe(app.topic(topic, value_deserializer="bytes")).update(take, stateful=True)
    app.run(count=count, collect=False)
    print(json.dumps({"wall_s": time.time() - began[0], "cpu_s": cpu_s() - began[1]}))


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    servers, topic, group, count, state_dir = sys.argv[1:]
    main(servers, topic, group, int(count), state_dir)
