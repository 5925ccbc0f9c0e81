"""Who may change something by the control API, what has to be said for it, and what command does it."""

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.web.api import commands, request
from connector.web.api.operations import API_PREFIX, OPERATIONS_OF_API
from tests.kit.http.api import api_parts
from tests.kit.http.web_port import said, web_port

TOKEN = "invented-token-of-workers"
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
WRITES = [operation for operation in OPERATIONS_OF_API if operation.writes]
IDS = {"{merchant_id}": "A1", "{partition}": "3", "{offset}": "17", "{alert_id}": "a1"}

ECHO = "import json, os, sys; open({!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n'); print(json.dumps(sys.argv[1:]))"


def path_of(template: str) -> str:
    for name, value in IDS.items():
        template = template.replace(name, value)
    return API_PREFIX + template


class Port:
    """A worker whose commands only say what they were given. `ran`: those that ran."""

    def __init__(self, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self._log = log

    @property
    def ran(self) -> list[list[str]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    async def post(self, path: str, body: Any, headers: Mapping[str, str] = AUTHORISED) -> httpx.Response:
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.post(self.url + path, json=body, headers=headers)

    async def get(self, path: str, headers: Mapping[str, str] = AUTHORISED) -> httpx.Response:
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.get(self.url + path, headers=headers)


@asynccontextmanager
async def worker(directory: Path, token: str = TOKEN, program: str = "") -> AsyncIterator[Port]:
    log = directory / "ran"
    program = program or ECHO.format(str(log))
    async with web_port(api=api_parts(token=token, program=(sys.executable, "-c", program))) as port:
        yield Port(port, log)


@pytest.mark.parametrize("operation", WRITES, ids=lambda one: one.name)
async def test_without_the_token_nothing_is_changed(tmp_path: Path, operation: Any) -> None:
    body = {"by": "ann", "reason": "r", "merchant_id": "A1", "subject": "stock"}
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
    ]
    async with worker(tmp_path) as port:
        for headers in wrong:
            answer = await port.post(path_of(operation.path), body, headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert TOKEN not in answer.text
        assert (await port.get("/api/v1/reconciles")).json()["reconciles"] == []
        assert port.ran == []
    async with worker(tmp_path, token="") as port:
        answer = await port.post(path_of(operation.path), body, {"Authorization": "Bearer"})
        assert answer.status_code == 403
        assert "CONNECTOR_WEB__TOKEN" in answer.json()["remedy"]
        assert port.ran == []


async def test_without_the_token_no_dead_letter_is_told_for_it_may_hold_buyers_data(tmp_path: Path) -> None:
    async with worker(tmp_path) as port:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert (await port.get("/api/v1/dead-letters/3/17", headers)).status_code == 401
        assert port.ran == []
    async with worker(tmp_path, token="") as port:
        assert (await port.get("/api/v1/dead-letters/3/17")).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "arguments"),
    [
        (
            "merchants/A1/pause",
            {"by": "ann", "reason": "a flood", "dry_run": True},
            ["merchants", "pause", "--json", "--dry-run", "--by=ann", "--reason=a flood", "--", "A1"],
        ),
        ("merchants/A1/resume", {"by": "ann"}, ["merchants", "resume", "--json", "--by=ann", "--", "A1"]),
        (
            "merchants/A1/inventory/zero",
            {"by": "ann", "reason": "r", "location_id": "L", "sku": "--all"},
            ["inventory", "zero", "--json", "--by=ann", "--reason=r", "--merchant=A1", "--location=L", "--sku=--all"],
        ),
        (
            "merchants/--help/inventory/restore",
            {"by": "a"},
            ["inventory", "restore", "--json", "--by=a", "--merchant=--help"],
        ),
        (
            "merchants/A1/inventory/resend",
            {"by": "a"},
            ["inventory", "resend", "--json", "--wait-s=20", "--by=a", "--merchant=A1"],
        ),
        ("alerts/--all/retry", {"by": "a"}, ["alerts", "retry", "--json", "--by=a", "--", "--all"]),
        ("dead-letters/3/17/retry", {"by": "a"}, ["dead-letters", "retry", "--json", "--by=a", "--", "3/17"]),
        (
            "dead-letters/3/17/drop",
            {"by": "a", "reason": "old"},
            ["dead-letters", "drop", "--json", "--by=a", "--because=old", "--", "3/17"],
        ),
    ],
)
async def test_a_write_is_a_command(tmp_path: Path, path: str, body: Any, arguments: list[str]) -> None:
    async with worker(tmp_path) as port:
        answer = await port.post(API_PREFIX + path, body)
        assert answer.json() == {"done": True, "remarks": [], "result": arguments}
        assert port.ran == [arguments]


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("shipments?show=at-risk&merchant=A1", ["shipments", "list", "--json", "--at-risk", "--merchant=A1"]),
        ("shipments", ["shipments", "list", "--json", "--pending"]),
        (
            "history/sku/a%2Fb%20%C3%A9?since=-2h&merchant=--all",
            ["history", "--json", "--merchant=--all", "--since=-2h", "--", "sku", "a/b é"],
        ),
        ("history/shipment/--follow", ["history", "--json", "--", "shipment", "--follow"]),
        ("dead-letters?limit=5", ["dead-letters", "list", "--json", "--limit=5"]),
        ("dead-letters/3/17", ["dead-letters", "show", "--json", "--", "3/17"]),
        ("audit?merchant=A1", ["audit", "--json", "--merchant=A1", "--limit=1000"]),
    ],
)
async def test_a_long_read_is_a_command(tmp_path: Path, path: str, arguments: list[str]) -> None:
    async with worker(tmp_path) as port:
        assert (await port.get(API_PREFIX + path)).json() == arguments


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "by"),
        ({"by": ""}, "by"),
        ({"by": "a" * 257}, "by"),
        ({"by": "a\nb"}, "by"),
        ({"by": "a\0b"}, "by"),
        ({"by": 3}, "by"),
        ({"by": "a", "dry_run": "false"}, "dry_run"),
        ({"by": "a", "dryrun": True}, "dryrun"),
        ([], "object"),
    ],
)
async def test_a_body_that_is_wrong_names_its_field_and_changes_nothing(tmp_path: Path, body: Any, field: str) -> None:
    async with worker(tmp_path) as port:
        answer = await port.post("/api/v1/merchants/A1/pause", body)
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert field in answer.json()["detail"]
        assert port.ran == []


async def test_a_zero_wants_a_reason(tmp_path: Path) -> None:
    async with worker(tmp_path) as port:
        answer = await port.post("/api/v1/merchants/A1/inventory/zero", {"by": "ann"})
        assert (answer.status_code, "reason" in answer.json()["detail"], port.ran) == (422, True, [])


async def test_a_form_of_a_browser_changes_nothing(tmp_path: Path) -> None:
    async with worker(tmp_path) as port:
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            async with httpx.AsyncClient() as client:
                headers = {**AUTHORISED, "Content-Type": content_type}
                answer = await client.post(
                    f"{port.url}/api/v1/merchants/A1/pause", content='{"by":"a"}', headers=headers
                )
            assert answer.status_code == 415
        assert port.ran == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"by": "\\ud800"}', b""])
async def test_what_is_no_json_changes_nothing(tmp_path: Path, body: bytes) -> None:
    async with worker(tmp_path) as port, httpx.AsyncClient() as client:
        headers = {**AUTHORISED, "Content-Type": "application/json"}
        answer = await client.post(f"{port.url}/api/v1/merchants/A1/pause", content=body, headers=headers)
        assert (answer.status_code, port.ran) == (400, [])


async def test_a_body_has_a_size_and_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "BODY_WITHIN_S", 0.3)
    async with worker(tmp_path) as port:
        answer = await port.post("/api/v1/merchants/A1/pause", {"by": "a", "reason": "x" * 20_000})
        assert answer.status_code == 413
        head = (
            "POST /api/v1/merchants/A1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n"
        )
        assert b" 408 " in (await said(port.port, head.encode()))[:30]
        assert port.ran == []


@pytest.mark.parametrize(
    ("program", "status", "told"),
    [
        ("import sys; print('no such merchant', file=sys.stderr); sys.exit(2)", 422, "no such merchant"),
        ("import sys; print('Kafka is away', file=sys.stderr); sys.exit(1)", 502, "Kafka is away"),
        ("import os; os.kill(os.getpid(), 9)", 502, "code -9"),
    ],
)
async def test_a_command_that_fails_is_a_problem(tmp_path: Path, program: str, status: int, told: str) -> None:
    async with worker(tmp_path, program=program) as port:
        answer = await port.post("/api/v1/merchants/A1/pause", {"by": "a"})
        assert (answer.status_code, told in answer.json()["detail"]) == (status, True)
        assert (await port.get("/api/v1/audit")).status_code == status


async def test_what_was_done_in_part_says_so(tmp_path: Path) -> None:
    program = "import sys; print('[1]'); print('one is not', file=sys.stderr); sys.exit(1)"
    async with worker(tmp_path, program=program) as port:
        answer = await port.post("/api/v1/merchants/A1/pause", {"by": "a"})
        assert answer.json() == {"done": False, "remarks": ["one is not"], "result": [1]}


async def test_a_command_has_a_time_and_its_output_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "COMMAND_WITHIN_S", 0.5)
    monkeypatch.setattr(commands, "MOST_OUTPUT_BYTES", 1000)
    async with worker(tmp_path, program="import time; time.sleep(60)") as port:
        assert (await port.get("/api/v1/audit")).status_code == 504
    monkeypatch.setattr(commands, "COMMAND_WITHIN_S", 30)
    async with worker(tmp_path, program="while True: print('x' * 1000)") as port:
        assert (await port.get("/api/v1/audit")).status_code == 507


async def test_a_command_knows_who_asked_which_worker(tmp_path: Path) -> None:
    program = (
        "import json, os; print(json.dumps([os.environ['AUDIT_ASKED_WORKER'], os.environ['AUDIT_ASKED_ADDRESS']]))"
    )
    async with worker(tmp_path, program=program) as port:
        assert (await port.get("/api/v1/audit")).json() == ["w-1", "127.0.0.1"]
