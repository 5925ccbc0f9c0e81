"""A command that runs beside this one until it is stopped."""

import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from connector.child_commands import PROGRAM
from connector.errors import ConnectorError

_LOOK_EVERY_S = 0.05
_LAST_LINES = 5


class Service:
    """Its whole environment is `environment`. What it writes is in `log`, and its working directory beside that, so
    that it reads no `.env` of ours. In a session of its own: a terminal's Ctrl-C is for us to deal with."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._name = f"connector {arguments[0]}"
        self._log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [*PROGRAM, *arguments],
                env=dict(environment),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raises ConnectorError with the last of what it wrote where it has ended."""
        if (code := self._process.poll()) is not None:
            last = "\n".join(self._written().splitlines()[-_LAST_LINES:])
            raise ConnectorError(f"{self._name} ended with exit code {code}:\n{last}")

    def wait_for(self, pattern: str, within_s: float) -> re.Match[str]:
        """The first match in what it writes. Raises ConnectorError where it ends before, or the time does."""
        deadline = time.monotonic() + within_s
        while (found := re.search(pattern, self._written())) is None:
            self.check()
            if time.monotonic() > deadline:
                raise ConnectorError(f"{self._name} was not ready within {within_s:g} s")
            time.sleep(_LOOK_EVERY_S)
        return found

    def stop(self, within_s: float) -> None:
        """By SIGTERM; by force where that takes too long."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _written(self) -> str:
        return self._log.read_text(errors="replace")
