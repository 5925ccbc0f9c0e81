"""The last resort of an end, and what is wired to an assignment."""

import gc
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connector.app import build_worker
from connector.lanes.idle import IdleLane
from connector.merchants_file import MerchantsFile
from connector.settings import load_settings
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


MERCHANT = """
[[merchants]]
merchant_id = "M1"
marketplace_id = "A21"
refresh_token_env = "TOKEN_M1"
[[merchants.locations]]
location_id = "EXSB"
program = "SELLER_FLEX"
channel_name = "FBA"
oms_locations = ["WH1"]
"""


async def test_lanes_have_their_first_window_behind_them_from_the_assignment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from when they are opened, after the recovery of the tables."""
    monkeypatch.setenv("TOKEN_M1", "t")
    (tmp_path / "merchants.toml").write_text(MERCHANT)
    settings = load_settings(
        dotenv=None,
        data_dir=tmp_path / "data",
        kafka={"bootstrap_servers": "127.0.0.1:1", "partitions": 1},
        smartconnect={"client_id": "c", "client_secret": "s"},
        documents={"url": f"file://{tmp_path}/documents"},
    )
    worker = build_worker(settings, MerchantsFile(tmp_path / "merchants.toml"))
    await worker.app.take_partitions(frozenset())
    assigned_by = time.monotonic()
    await worker.owned_merchants.arrive(frozenset({0}))
    lane = worker.lanes.told("M1", "inventory")
    await worker.owned_merchants.leave()
    worker.clients.producer.close(0)
    assert isinstance(lane, IdleLane)
    assert lane.unused_since <= assigned_by
