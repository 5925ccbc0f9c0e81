"""What any worker tells of all, put together of the parts of each."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from connector.kafka.homes import home_partition
from connector.kafka.members import GroupMember
from connector.web.api import fleet
from connector.web.api.fleet import OF_WORKER
from tests.kit.http.api import PARTITIONS, ToldStatus, api_parts, told_alert, told_merchant
from tests.kit.http.web_port import said, web_port

ALERT = told_alert("A2")
OF_NONE = {**ALERT, "alert_id": "a0", "merchant_id": "", "kind": "OFFSETS_RESET"}
FIRST = home_partition(b"A1", PARTITIONS)
OTHERS = [number for number in range(PARTITIONS) if number != FIRST]


@pytest.fixture
def free_port() -> int:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Where connections are taken, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@asynccontextmanager
async def two_workers(*more: GroupMember) -> AsyncIterator[tuple[str, str]]:
    """w-1 has merchant A1, w-2 has A2: their addresses. `more`: members besides."""
    members = list[GroupMember]()
    first = ToldStatus([told_merchant("A1")], [FIRST], [OF_NONE])
    second = ToldStatus([told_merchant("A2", backlog=7, alerts=[ALERT])], OTHERS, [OF_NONE])
    async with (
        web_port(api=api_parts("w-1", first, lambda: members)) as one,
        web_port(api=api_parts("w-2", second, lambda: members)) as other,
    ):
        urls = f"http://127.0.0.1:{one}", f"http://127.0.0.1:{other}"
        members += [GroupMember("w-1", urls[0], frozenset({FIRST})), GroupMember("w-2", urls[1], frozenset(OTHERS))]
        members += more
        yield urls


async def got(url: str, status: int = 200, **headers: str) -> Any:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(url, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_any_worker_tells_of_all() -> None:
    async with two_workers() as urls:
        for url in urls:
            rows = await got(f"{url}/api/v1/merchants")
            assert [(row["merchant_id"], row["worker"], row["backlog"]) for row in rows["merchants"]] == [
                ("A1", "w-1", 0),
                ("A2", "w-2", 7),
            ]
            assert rows["partitions_unheld"] == rows["silent_workers"] == []
            told = await got(f"{url}/api/v1/fleet")
            assert [(one["worker"], one["answers"], one["partitions"], one["lag"]) for one in told["workers"]] == [
                ("w-1", True, [FIRST], 3),
                ("w-2", True, OTHERS, 3),
            ]
            status = await got(f"{url}/api/v1/status")
            assert [merchant["worker"] for merchant in status["merchants"]] == ["w-1", "w-2"]
            assert [alert["alert_id"] for alert in status["alerts"]] == ["a0"]


async def test_an_alert_of_no_merchant_is_told_once_though_every_worker_knows_it() -> None:
    async with two_workers() as (url, _):
        alerts = (await got(f"{url}/api/v1/alerts"))["alerts"]
        assert [alert["alert_id"] for alert in alerts] == ["a0", "a1"]
        assert alerts[1]["since"] == "1970-01-01T00:00:00+00:00"


async def test_one_merchant_is_told_by_the_worker_that_has_it() -> None:
    async with two_workers() as urls:
        for url in urls:
            for merchant_id, worker in (("A1", "w-1"), ("A2", "w-2")):
                assert (await got(f"{url}/api/v1/merchants/{merchant_id}"))["worker"] == worker
            problem = await got(f"{url}/api/v1/merchants/nobody", 404)
            assert problem["status"] == 404
            assert "merchants file" in problem["remedy"]


async def test_a_worker_that_does_not_answer_is_told_with_its_partitions(free_port: int) -> None:
    silent = GroupMember("w-3", f"http://127.0.0.1:{free_port}", frozenset({9}))
    async with two_workers(silent, GroupMember("w-0.1", "", frozenset())) as (url, _):
        workers = {one["worker"]: one for one in (await got(f"{url}/api/v1/fleet"))["workers"]}
        assert (workers["w-3"]["answers"], workers["w-3"]["partitions"]) == (False, [9])
        assert "older version" in workers["w-0.1"]["why"]
        rows = await got(f"{url}/api/v1/merchants")
        assert rows["silent_workers"] == [silent.url, "w-0.1"]
        assert [row["merchant_id"] for row in rows["merchants"]] == ["A1", "A2"]


async def test_a_worker_that_only_hears_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, deaf_port: int) -> None:
    monkeypatch.setattr(fleet, "PART_WITHIN_S", 0.3)
    deaf = GroupMember("w-3", f"http://127.0.0.1:{deaf_port}", frozenset({9}))
    async with two_workers(deaf) as (url, _):
        told = await got(f"{url}/api/v1/fleet")
    assert [one["why"] for one in told["workers"] if not one["answers"]] == ["it does not answer (TimeoutError)"]


async def test_another_worker_at_an_address_is_not_taken_for_the_one_that_is_meant() -> None:
    members = list[GroupMember]()
    async with web_port(api=api_parts("w-1", None, lambda: members)) as port:
        members += [GroupMember("w-2", f"http://127.0.0.1:{port}", frozenset({1}))]
        told = await got(f"http://127.0.0.1:{port}/api/v1/fleet")
    assert {one["worker"]: one["answers"] for one in told["workers"]} == {"w-1": True, "w-2": False}
    assert "CONNECTOR_WEB__ADVERTISED_URL" in next(one["why"] for one in told["workers"] if not one["answers"])


async def test_a_part_is_asked_for_without_another_hop() -> None:
    async with two_workers() as (url, _):
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{url}/api/v1/merchants", headers={OF_WORKER: "w-1"})
        assert [line.partition('"mode"')[0] for line in answer.text.splitlines()[1:]] == ['{"merchant_id":"A1",']


async def test_the_merchant_of_a_silent_worker_is_not_unknown(free_port: int) -> None:
    members = [GroupMember("w-2", f"http://127.0.0.1:{free_port}", frozenset(range(PARTITIONS)))]
    async with web_port(api=api_parts("w-1", ToldStatus(partitions=[]), lambda: members)) as port:
        problem = await got(f"http://127.0.0.1:{port}/api/v1/merchants/A1", 503)
        assert "w-2" in problem["detail"]


async def test_what_is_not_there_says_where_to_look() -> None:
    async with web_port() as port:
        url = f"http://127.0.0.1:{port}/api/v1/"
        assert "openapi.json" in (await got(url + "nothing", 404))["remedy"]
        assert b" 400 " in (await said(port, b"GET /api/v1/merchants/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n"))[:30]
        answer = await said(port, b"POST /api/v1/fleet HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 405 " in answer[:30]
        assert b"Allow: GET, HEAD" in answer
        assert b"application/problem+json" in answer
