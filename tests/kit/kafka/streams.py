"""The loss tests' side: topics of numbered records, worker processes to kill, and the account at the end."""

import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.kit.kafka.broker import Broker, eventually, unique
from tests.kit.kafka.stream_worker import Job, Tally, table_name

ROOT = Path(__file__).parents[3]


class StreamWorker:
    def __init__(self, job: Job) -> None:
        self.name = job.name
        self._directory = Path(job.directory)
        self._log = self._directory / f"{job.name}.log"
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.kit.kafka.stream_worker", msgspec.json.encode(job).decode()]
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait(30)

    def crashed(self, timeout_s: float = 40) -> str:
        """Its log, when it has ended by itself."""
        self._process.wait(timeout_s)
        assert self._process.returncode > 0
        return self._log.read_text()

    def journal(self) -> list[dict[str, Any]]:
        path = self._directory / f"{self.name}.journal"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def applied(self) -> list[str]:
        return [value for event in self.journal() if "applied" in event for value in event["values"]]

    def revocations(self) -> int:
        return sum("revoked" in event for event in self.journal())

    def hanging(self) -> bool:
        """It waits for a batch that will never end."""
        return any("hangs" in event for event in self.journal())

    def applied_to(self, partitions: int = 4) -> dict[int, int]:
        """The end of what was applied, by partition (of a worker of one topic that began at 0)."""
        ends = dict.fromkeys(range(partitions), 0)
        for event in self.journal():
            if "applied" in event:
                ends[event["partition"]] = event["end"]
        return ends

    def status(self) -> dict[str, Any]:
        path = self._directory / f"{self.name}.status"
        assert self.running, f"{self.name} has ended:\n{self._log.read_text()[-3000:]}"
        status: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"ready": None}
        return status

    def wait_ready(self, partitions: int | None = None, timeout_s: float = 60) -> list[int]:
        """The partitions it owns; waits until they are as many as given."""

        def ready() -> list[int] | None:
            owned: list[int] | None = self.status()["ready"]
            return owned if owned and partitions in (None, len(owned)) else None

        return eventually(f"{self.name} is ready with {partitions or 'some'} partitions", ready, timeout_s)


class Streams:
    """Fresh topics `topics`, each with a table. Key `kN` is on partition N modulo `partitions`."""

    def __init__(self, broker: Broker, directory: Path, *, topics: int = 1, partitions: int = 4) -> None:
        self.broker = broker
        self.app_id = unique("app")
        self.topics = tuple(unique(f"in{n}") for n in range(topics))
        self.partitions = partitions
        self._directory = directory
        self._names = itertools.count(1)
        self._workers: list[StreamWorker] = []
        broker.create_topics(*self.topics, partitions=partitions)
        changelogs = [self.changelog(index) for index in range(topics)]
        broker.create_topics(*changelogs, partitions=partitions, config={"cleanup.policy": "compact"})

    def changelog(self, index: int = 0) -> str:
        return f"{self.app_id}-{table_name(index)}-changelog"

    def worker(self, **how: Any) -> StreamWorker:
        job = Job(
            name=f"worker{next(self._names)}",
            directory=str(self._directory),
            bootstrap_servers=self.broker.bootstrap_servers,
            app_id=self.app_id,
            topics=self.topics,
            partitions=self.partitions,
            **how,
        )
        self._workers.append(StreamWorker(job))
        return self._workers[-1]

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()

    def produce(self, keys: int, numbers: range, topic: int = 0) -> None:
        """Every number once for every key, in order."""
        for partition in range(self.partitions):
            mine = [f"k{n}" for n in range(keys) if n % self.partitions == partition]
            self.broker.produce(self.topics[topic], [(key, str(n)) for n in numbers for key in mine], partition)

    def committed(self, topic: int = 0) -> dict[int, int]:
        """Offsets by partition, those without a commit as 0."""
        found = self.broker.committed(self.app_id)
        return {p: max(0, found.get((self.topics[topic], p), 0)) for p in range(self.partitions)}

    def wait_committed(self, records: int, topic: int = 0, timeout_s: float = 90) -> None:
        def done() -> bool:
            return sum(self.committed(topic).values()) >= records

        eventually(f"{records} records are committed", done, timeout_s)

    def tallies(self, topic: int = 0) -> dict[str, Tally]:
        """What the changelog says now."""
        rows: dict[str, Tally] = {}
        for message in self.broker.consume(self.changelog(topic)):
            key, value = message.key(), message.value()
            assert isinstance(key, bytes)
            assert value is not None
            rows[key.decode()] = msgspec.json.decode(value, type=Tally)
        return rows

    def assert_none_lost(self, keys: int, last: int, topic: int = 0) -> None:
        rows = self.tallies(topic)
        assert {key: (row.last, row.gaps) for key, row in rows.items()} == {f"k{n}": (last, 0) for n in range(keys)}
