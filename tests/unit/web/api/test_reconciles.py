"""Reconciles that a worker runs for who asks it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.kafka.members import GroupMember
from connector.web.api import reconciles
from tests.kit.http.api import api_parts
from tests.kit.http.web_port import web_port

TOKEN = "invented-token-of-workers"
ASKED = {"by": "ann", "merchant_id": "A1", "subject": "stock", "rate": 2}


@asynccontextmanager
async def two_workers(program: str) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Whose command is this program."""
    members = list[GroupMember]()
    run = (sys.executable, "-c", program)
    async with (
        web_port(api=api_parts("w-1", None, lambda: members, token=TOKEN, program=run)) as one,
        web_port(api=api_parts("w-2", None, lambda: members, token=TOKEN, program=run)) as other,
        client_of(one) as first,
        client_of(other) as second,
    ):
        members += [
            GroupMember(f"w-{n}", f"http://127.0.0.1:{port}", frozenset()) for n, port in ((1, one), (2, other))
        ]
        yield first, second


def client_of(port: int) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1/", headers=headers, timeout=30)


async def ended(client: httpx.AsyncClient, reconcile_id: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            answer = await client.get(f"reconciles/{reconcile_id}")
            told: dict[str, Any] = answer.json()
            if answer.status_code != 200 or told["state"] != "RUNNING":
                return told
            await asyncio.sleep(0.02)


async def test_any_worker_tells_of_a_reconcile_that_another_runs() -> None:
    program = "import json, sys; print(json.dumps({'given': sys.argv[1:]}, indent=2)); sys.exit(1)"
    async with two_workers(program) as (first, second):
        begun = await first.post("reconciles", json=ASKED)
        assert begun.status_code == 202
        told = await ended(second, begun.json()["reconcile_id"])
        assert (told["state"], told["worker"], told["by"], told["merchant_id"]) == ("DONE", "w-1", "ann", "A1")
        given = ["reconcile", "stock", "--json", "--merchant=A1", "--by=ann", "--rate=2.0"]
        assert told["report"] == {"given": given}, "a drift is exit code 1, and no failure"
        (listed,) = (await second.get("reconciles")).json()["reconciles"]
        assert listed == {name: value for name, value in told.items() if name != "report"}
        assert (await second.get("reconciles/unknown")).status_code == 404


async def test_a_reconcile_that_can_not_be_is_told_with_its_reason() -> None:
    async with two_workers("import sys; print('no such merchant', file=sys.stderr); sys.exit(2)") as (first, _):
        told = await ended(first, (await first.post("reconciles", json=ASKED)).json()["reconcile_id"])
        assert (told["state"], told["message"], told["report"]) == ("FAILED", "no such merchant", None)


async def test_never_too_many_run_and_none_outlives_its_worker(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    program = f"import time\nwhile True: open({str(marks)!r}, 'a').write('x'); time.sleep(0.01)"
    async with two_workers(program) as (first, _):
        for _ in range(reconciles.MOST_RUNNING):
            assert (await first.post("reconciles", json=ASKED)).status_code == 202
        refused = await first.post("reconciles", json=ASKED)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    after = marks.stat().st_size if marks.exists() else 0
    await asyncio.sleep(0.2)
    assert (marks.stat().st_size if marks.exists() else 0) == after


async def test_orders_are_asked_since_a_time_and_a_repair_has_its_own() -> None:
    async with two_workers("import json, sys; print(json.dumps({'given': sys.argv[1:]}))") as (first, _):
        asked = {**ASKED, "subject": "orders", "since": "-2d", "repair": True, "wait_s": 5, "rate": None}
        told = await ended(first, (await first.post("reconciles", json=asked)).json()["reconcile_id"])
        given = [
            "reconcile",
            "orders",
            "--json",
            "--merchant=A1",
            "--by=ann",
            "--since=-2d",
            "--wait-s=5.0",
            "--repair",
        ]
        assert told["report"] == {"given": given}


@pytest.mark.parametrize(
    "wrong",
    [
        *({"subject": "all"}, {"rate": 0}, {"rate": "2"}, {"repair": 1}, {"merchant_id": ""}),
        *({"since": "-2d"}, {"since": 2}, {"wait_s": 0}, {"wait_s": 3601}),
    ],
)
async def test_what_is_asked_is_checked(wrong: dict[str, Any]) -> None:
    async with two_workers("print('[]')") as (first, _):
        answer = await first.post("reconciles", json=ASKED | wrong)
        assert (answer.status_code, next(iter(wrong)) in answer.json()["detail"]) == (422, True)
        assert (await first.get("reconciles")).json()["reconciles"] == []
