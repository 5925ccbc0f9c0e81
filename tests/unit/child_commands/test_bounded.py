"""Commands as child processes, run to their end: within a time, within a size, and never left behind."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from connector import child_commands
from connector.child_commands import bounded
from connector.child_commands.bounded import run_command

STAND_STILL = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


async def test_what_it_wrote_and_how_it_ended_are_told(alone: Path) -> None:
    del alone
    ended = await run_command(["topics", "no-such-command"], 60)
    assert ended.code == 2
    assert "no-such-command" in ended.last_line
    assert ended.out == b""


async def test_it_has_the_settings_of_this_process(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del alone
    monkeypatch.setenv("CONNECTOR_KAFKA__PARTITIONS", "many")
    ended = await run_command(["topics", "check"], 60)
    assert ended.code == 2
    assert b"CONNECTOR_KAFKA__PARTITIONS" in ended.err


def python(monkeypatch: pytest.MonkeyPatch, code: str, *arguments: str) -> None:
    """In the command's place."""
    command = [*child_commands.command_line()[:1], "-c", code, *arguments]
    monkeypatch.setattr(bounded, "command_line", lambda *_: command)


async def test_more_than_the_size_is_read_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    python(monkeypatch, "import sys; sys.stdout.write('x' * 3_000_000)")
    ended = await run_command([], 60)
    assert (ended.code, len(ended.out)) == (0, bounded.MOST_OUTPUT_BYTES)


async def test_one_that_stands_still_is_killed_in_time(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(monkeypatch, STAND_STILL, str(alone / "pid"))
    ended = await run_command([], 2)
    assert ended.code is None
    assert not _lives(alone / "pid")


async def test_one_whose_caller_is_gone_is_killed(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = alone / "pid"
    python(monkeypatch, STAND_STILL, str(pid))
    running = asyncio.create_task(run_command([], 60))
    async with asyncio.timeout(60):
        while not (pid.exists() and pid.read_text()):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not _lives(pid)


def _lives(pid: Path) -> bool:
    if not pid.exists():
        return False  # a slow machine had not begun it yet
    try:
        os.kill(int(pid.read_text()), signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return True
