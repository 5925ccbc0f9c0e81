"""Why there is a consumer of our own: what stock Faust loses. When one of these fails, Faust has been mended."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.kafka.broker import Broker, eventually, unique
from tests.kit.kafka.streams import ROOT

pytestmark = pytest.mark.kafka


class Stock:
    """One input of one partition with ten records, "0" to "9"."""

    def __init__(self, broker: Broker, directory: Path) -> None:
        self.broker = broker
        self.topic, self.app_id = unique("in"), unique("stock")
        self.changelog = f"{self.app_id}-rows-changelog"
        self._directory = directory
        self._processes: list[subprocess.Popen[bytes]] = []
        broker.create_topics(self.topic, partitions=1)
        broker.create_topics(self.changelog, partitions=1, config={"max.message.bytes": "1000"})
        broker.produce(self.topic, [(f"k{n}", str(n)) for n in range(10)], 0)

    def start(self, body: str, *, hang: bool = False, size: int = 1) -> Callable[[], list[str]]:
        """Gives what the worker has applied."""
        applied = self._directory / unique("applied")
        applied.touch()
        job = {"app_id": self.app_id, "bootstrap_servers": self.broker.bootstrap_servers, "topic": self.topic}
        more = {"directory": str(self._directory), "applied": str(applied), "body": body, "hang": hang, "size": size}
        command = [sys.executable, "-m", "tests.kit.kafka.stock_worker", json.dumps(job | more)]
        with (self._directory / "stock.log").open("ab") as log:
            self._processes.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
        return lambda: applied.read_text().split()

    def kill(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        self._processes.clear()

    def wait_committed(self, offset: int) -> None:
        at = (self.topic, 0)
        eventually(f"{offset} is committed", lambda: self.broker.committed(self.app_id).get(at, 0) >= offset, 60)


@pytest.fixture
def stock(broker: Broker, tmp_path: Path) -> Iterator[Stock]:
    stock = Stock(broker, tmp_path)
    yield stock
    stock.kill()


@pytest.mark.parametrize("body", ["slow_first", "failing"])
def test_it_never_delivers_an_unfinished_message_again(stock: Stock, body: str) -> None:
    """The slow one is still worked on, the failing one was never applied: committed past both."""
    stock.start(body, hang=True)
    stock.wait_committed(2)
    stock.kill()
    stock.broker.produce(stock.topic, [("k", "10")], 0)
    applied = stock.start(body)
    eventually("what is new is delivered", lambda: "10" in applied(), 60)
    assert "0" not in applied()


def test_it_commits_input_whose_row_was_refused(stock: Stock) -> None:
    stock.start("writing", size=5_000)  # more than the broker takes
    stock.wait_committed(10)
    stock.kill()
    assert stock.broker.consume(stock.changelog) == []
