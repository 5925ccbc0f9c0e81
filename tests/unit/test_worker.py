"""The last resort of a stop."""

import subprocess
import sys

STUCK = """
import asyncio, time
from connector.worker import exit_within

async def lane():
    await asyncio.sleep(1000)

async def stop():
    waiting = asyncio.create_task(lane())
    await asyncio.sleep(0)
    with exit_within({limit_s}):
        time.sleep({takes_s})  # the event loop itself is stuck

asyncio.run(stop())
"""


def run(limit_s: float, takes_s: float) -> subprocess.CompletedProcess[str]:
    script = STUCK.format(limit_s=limit_s, takes_s=takes_s)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_a_stop_that_hangs_ends_the_process_with_code_1() -> None:
    ended = run(limit_s=0.2, takes_s=1000)
    assert ended.returncode == 1
    assert "the worker did not stop within 0.2 s" in ended.stderr


def test_a_stop_in_time_ends_as_it_would() -> None:
    ended = run(limit_s=30, takes_s=0)
    assert (ended.returncode, ended.stderr) == (0, "")
