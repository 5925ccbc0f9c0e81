"""The examples of the README and of docs/: what is fenced as sh or python, as a reader pastes it."""

import gc
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kit.kafka.broker import eventually

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

SHIPPED = (".env.example", "merchants.example.toml", "schemas")

# A block that is not run has its reason in a comment right above it
_FENCE = re.compile(r"^(?:<!-- not run: (.+?) -->\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """`not_run`: the page's reason, empty for what is run."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def examples(page: Path) -> list[Example]:
    text = page.read_text()
    return [
        Example(page, text.count("\n", 0, found.start(2)) + 1, found[2], found[3], found[1] or "")
        for found in _FENCE.finditer(text)
        if found[2] in ("sh", "python")
    ]


class Checkout:
    """A reader's: the shipped files, and addresses of this test in place of those of one machine."""

    def __init__(self, directory: Path, addresses: Sequence[tuple[str, str]]) -> None:
        self.directory = directory
        self._addresses = addresses
        for name in SHIPPED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, directory / name)
            else:
                (directory / name).write_text(self.here(source.read_text()))
        binaries = directory / ".venv" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (binaries / "connector").write_text(f'#!/bin/sh\nexec {sys.executable} -m connector "$@"\n')
        for binary in binaries.iterdir():
            binary.chmod(0o755)

    def here(self, text: str) -> str:
        for there, here in self._addresses:
            text = text.replace(there, here)
        return text


class Terminal:
    """A shell in a reader's checkout. A command that fails, fails the test; what runs in the background goes on."""

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        self._log = directory / "terminal.log"
        self._pasted = 0
        with self._log.open("wb") as sink:
            self._shell = subprocess.Popen(
                ["bash"],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                cwd=directory,
                env=dict(env),
                text=True,
                start_new_session=True,
            )
        self._type("trap 'echo \"FAILED: $BASH_COMMAND\"' ERR")

    def paste(self, text: str, timeout_s: float = 120) -> str:
        """What was printed meanwhile."""
        self._pasted += 1
        before, mark = len(self._log.read_text()), f"pasted {self._pasted}"
        self._type(f"{text}\necho '{mark}'")
        eventually(f"the end of {text!r}", lambda: mark in self._log.read_text()[before:], timeout_s)
        printed = self._log.read_text()[before:]
        assert "FAILED: " not in printed, printed
        return printed

    def close(self) -> None:
        """Ends the shell and all that it started."""
        subprocess.run(["kill", "-KILL", "--", f"-{self._shell.pid}"], check=True)
        self._shell.wait(30)
        assert self._shell.stdin is not None
        self._shell.stdin.close()

    def _type(self, line: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{line}\n")
        self._shell.stdin.flush()


class PythonSession:
    """Where the Python examples of one page run, one after the other."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {}

    def paste(self, example: Example, text: str) -> None:
        exec(compile(text, str(example), "exec"), self._names)  # noqa: S102 - our own docs

    def close(self) -> None:
        """Ends what a reader's process ends with itself: clients of registries have no `close`."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            self._names.clear()
            gc.collect()
