"""The last resort of an end."""

import gc
import subprocess
import sys

from connector.worker import collect_seldom

STUCK = """
import asyncio, logging, threading, time
from connector.worker import BoundedEnd
from connector.errors import ConnectorError

def for_ever():
    time.sleep(1000)

async def lane():
    await asyncio.sleep(1000)

async def end():
    waiting = asyncio.create_task(lane())
    await asyncio.sleep(0)
    bound = BoundedEnd({limit_s})
    bound.begin()
    bound.begin(ConnectorError("rows are lost"))
    {stuck}

asyncio.run(end())
"""
STUCK_LOOP = "time.sleep(1000)"
STUCK_THREAD = "threading.Thread(target=for_ever, name='poll').start()"


def run(limit_s: float, stuck: str) -> subprocess.CompletedProcess[str]:
    script = STUCK.format(limit_s=limit_s, stuck=stuck)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_a_loop_that_stands_still_ends_the_process_with_code_1_and_its_reason() -> None:
    ended = run(0.2, STUCK_LOOP)
    assert ended.returncode == 1
    assert "the worker did not stop within 0.2 s" in ended.stderr
    assert "rows are lost" in ended.stderr


def test_so_does_a_thread_that_python_waits_for_after_all_else_is_done() -> None:
    ended = run(1.0, STUCK_THREAD)
    assert ended.returncode == 1
    assert "rows are lost" in ended.stderr


def test_an_end_in_time_is_as_it_would_be() -> None:
    ended = run(30, "pass")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_process_that_goes_on_is_left_alone() -> None:
    ended = run(0.2, "bound.over(); time.sleep(0.6)")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_some_thousand_objects_more_are_no_reason_to_collect() -> None:
    """As many as calls in flight hold."""
    collections = 0

    def count(phase: str, _: object) -> None:
        nonlocal collections
        collections += phase == "start"

    before = gc.get_threshold()
    gc.callbacks.append(count)
    try:
        collect_seldom()
        gc.collect()
        collections = 0
        held = [[number] for number in range(5_000)]
        assert (collections, len(held)) == (0, 5_000)
        held += [[number] for number in range(20_000)]
        assert collections > 0, "what grows is collected"
    finally:
        gc.callbacks.remove(count)
        gc.set_threshold(*before)
