"""Commands as child processes, run to their end: within a time, within a size, and never left behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

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


def python(code: str) -> list[str]:
    """In the command's place."""
    return [sys.executable, "-c", code]


async def test_one_that_writes_without_end_is_killed() -> None:
    ended = await run_command([], 60, program=python("while True: print('x' * 1000)"))
    assert (ended.code, ended.is_too_long, ended.out) == (None, True, b"")


async def test_variables_are_given_besides_the_environment() -> None:
    code = "import os; print(os.environ['GIVEN'], 'PATH' in os.environ)"
    assert (await run_command([], 60, variables={"GIVEN": "this"}, program=python(code))).out == b"this True\n"


async def test_one_that_stands_still_is_killed_in_time(alone: Path) -> None:
    ended = await run_command([str(alone / "pid")], 2, program=python(STAND_STILL))
    assert (ended.code, ended.is_too_long) == (None, False)
    assert not _lives(alone / "pid")


async def test_one_whose_caller_is_gone_is_killed(alone: Path) -> None:
    pid = alone / "pid"
    running = asyncio.create_task(run_command([str(pid)], 60, program=python(STAND_STILL)))
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
