"""The job with quixstreams: numbers are a state with its changelog, a sink calls Amazon before a commit.

A commit is due every five seconds, as by default.
"""
# mypy: disable-error-code="import-not-found, misc"
# quixstreams is no dependency of ours: an environment of its own runs this, see bench/peers/__main__.py

import asyncio
import sys
from typing import Any

from quixstreams import Application, State
from quixstreams.sinks.base import BaseSink

from bench.peers.calling import Caller, Numbered, UpdateReader


class AmazonSink(BaseSink):
    """A checkpoint waits until Amazon has what it covers, and is given up where that fails."""

    def __init__(self, url: str, rate: int) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._url, self._rate = url, rate
        self._batch: list[Numbered] = []

    def setup(self) -> None:
        self._caller = Caller(self._url, self._rate)

    def add(self, value: Numbered, *_: Any, **__: Any) -> None:
        self._batch.append(value)

    def flush(self) -> None:
        batch, self._batch = self._batch, []
        self._runner.run(self._caller.send(batch))


def main(servers: str, topic: str, url: str, rate: int, directory: str, schema: str) -> None:
    reader = UpdateReader(schema)

    def number(value: bytes, state: State) -> Numbered:
        update = reader.read(value)
        key = f"{update.location_id}|{update.sku}"
        last: int = state.get(key, 0)
        state.set(key, last + 1)
        return Numbered(update, last + 1)

    app = Application(
        servers,
        consumer_group="by-quixstreams",
        auto_offset_reset="earliest",
        state_dir=directory,
        loglevel="WARNING",
    )
    updates = app.dataframe(app.topic(topic, value_deserializer="bytes"))
    updates.apply(number, stateful=True).sink(AmazonSink(url, rate))
    app.run()


if __name__ == "__main__":
    servers, topic, url, rate, directory, schema = sys.argv[1:]
    main(servers, topic, url, int(rate), directory, schema)
