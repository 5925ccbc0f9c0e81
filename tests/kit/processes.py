"""The connector's commands as real processes: started, killed, frozen and woken by tests."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import httpx

from tests.kit.kafka.broker import eventually

ROOT = Path(__file__).parents[2]


class Process:
    """`connector ARGS...` with its own environment and log file."""

    def __init__(self, args: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as sink:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "connector", *args],
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), **env},
                stdout=sink,
                stderr=sink,
                cwd=log.parent,
            )

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def pid(self) -> int:
        return self._popen.pid

    def wait_for(self, pattern: str, timeout_s: float = 60) -> re.Match[str]:
        """The first match in what it printed."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.log.read_text())
            assert match or self.running, f"ended with {self._popen.returncode}:\n{self.tail()}"
            return match

        return eventually(f"{pattern!r} in {self.log.name}", found, timeout_s)

    def ended(self, timeout_s: float = 60) -> int:
        """The exit code, when it has ended by itself."""
        return self._popen.wait(timeout_s)

    def signal(self, number: int) -> None:
        self._popen.send_signal(number)

    @property
    def web_url(self) -> str:
        """Of a worker."""
        port = self.wait_for(r'"web_port": (\d+)').group(1)
        return f"http://127.0.0.1:{port}"

    def metrics(self) -> str:
        return httpx.get(f"{self.web_url}/metrics", timeout=10).text

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._popen.poll()

    def kill(self) -> None:
        self._popen.send_signal(signal.SIGKILL)
        self._popen.wait(30)

    @property
    def was_killed(self) -> bool:
        return self._popen.returncode == -signal.SIGKILL

    def freeze(self) -> None:
        self._popen.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._popen.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        if self.running:
            self._popen.send_signal(signal.SIGCONT)
            self._popen.send_signal(signal.SIGTERM)
        return self._popen.wait(60)

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text().splitlines()[-lines:])


def ends_with(worker: Process, *wanted: str) -> None:
    """Within a minute, with exit code 1, a line that has all of `wanted`, and no traceback."""
    began = time.monotonic()
    assert worker.ended(90) == 1
    assert time.monotonic() - began < 60
    lines = worker.log.read_text().splitlines()
    assert any(all(word in line for word in wanted) for line in lines), worker.tail()
    assert "Traceback" not in worker.log.read_text()


def any_moment(chance: Random, least_s: float, most_s: float) -> None:
    """A disturbance may come at any moment: the moment is what such a test is about, no wait for something."""
    time.sleep(chance.uniform(least_s, most_s))
