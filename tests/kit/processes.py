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


class Process:
    """`connector ARGS...` with its own environment and log file."""

    def __init__(self, args: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as sink:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "connector", *args],
                env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
                stdout=sink,
                stderr=sink,
                cwd=log.parent,
            )

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_for(self, pattern: str, timeout_s: float = 60) -> re.Match[str]:
        """The first match in what it printed."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.log.read_text())
            assert match or self.running, f"ended with {self._popen.returncode}:\n{self.tail()}"
            return match

        return eventually(f"{pattern!r} in {self.log.name}", found, timeout_s)

    @property
    def web_url(self) -> str:
        """Of a worker."""
        port = self.wait_for(r'"web_port": (\d+)').group(1)
        return f"http://127.0.0.1:{port}"

    def metrics(self) -> str:
        return httpx.get(f"{self.web_url}/metrics", timeout=10).text

    def kill(self) -> None:
        self._popen.send_signal(signal.SIGKILL)
        self._popen.wait(30)

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


def any_moment(chance: Random, least_s: float, most_s: float) -> None:
    """A disturbance may come at any moment: the moment is what such a test is about, no wait for something."""
    time.sleep(chance.uniform(least_s, most_s))
