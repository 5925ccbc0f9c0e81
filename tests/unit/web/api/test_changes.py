"""What changes is told as it does, and nothing else."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest

from connector.web import connections
from connector.web.api import changes, router
from connector.web.api.changes import Changes
from connector.web.api.reads import View
from tests.kit.http.api import ToldStatus, api_parts, told_merchant
from tests.kit.http.web_port import status_of, web_port


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "VIEW_EVERY_S", 0.01)
    monkeypatch.setattr(changes, "VIEW_REST", 0)


@asynccontextmanager
async def following(port: int) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The events of a stream, name and data, but those that tell of a look."""

    async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Any]]:
        name = ""
        async for line in lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name != "looked":
                yield name, json.loads(line.removeprefix("data: "))

    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/api/v1/changes") as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        yield events(answer.aiter_lines())


async def test_the_first_event_of_each_kind_is_whole_and_the_next_tells_what_changed() -> None:
    status = ToldStatus([told_merchant("A1"), told_merchant("A2")])
    async with web_port(api=api_parts("w-1", status)) as port, following(port) as events:
        first = dict([await anext(events) for _ in range(3)])
        assert [one["worker"] for one in first["fleet"]["workers"]] == ["w-1"]
        assert first["merchants"]["whole"]
        assert [row["merchant_id"] for row in first["merchants"]["merchants"]] == ["A1", "A2"]
        assert first["alerts"]["alerts"] == []
        status.known = [told_merchant("A1"), told_merchant("A2", paused_because="a flood")]
        name, told = await anext(events)
        assert (name, told["whole"], told["gone"]) == ("merchants", False, [])
        assert [(row["merchant_id"], row["paused_because"]) for row in told["merchants"]] == [("A2", "a flood")]
        status.known = [told_merchant("A1")]
        name, told = await anext(events)
        assert (name, told["gone"], told["merchants"]) == ("merchants", ["A2"], [])


async def test_a_merchant_whose_worker_does_not_answer_is_not_gone() -> None:
    status = ToldStatus([told_merchant("A1")])
    async with web_port(api=api_parts("w-1", status)) as port, following(port) as events:
        for _ in range(3):
            await anext(events)
        status.known, status.partitions = [], []
        name, told = await anext(events)
        assert (name, told["partitions_unheld"]) == ("fleet", [0, 1, 2, 3])
        status.known, status.partitions = [told_merchant("A1", backlog=1)], [0, 1, 2, 3]
        later = [await anext(events), await anext(events)]
        assert [told["gone"] for name, told in later if name == "merchants"] == [[]]


async def test_each_look_is_told_though_nothing_changed() -> None:
    """So whoever follows knows how old the figures are."""
    async with (
        web_port(api=api_parts("w-1", ToldStatus([told_merchant("A1")]))) as port,
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/api/v1/changes") as answer,
    ):
        names = [line async for line in first_lines(answer.aiter_lines(), "event: ", 6)]
    assert names[-3:] == ["event: looked"] * 3


async def first_lines(lines: AsyncIterator[str], begin: str, count: int) -> AsyncIterator[str]:
    async for line in lines:
        if line.startswith(begin):
            yield line
            count -= 1
        if not count:
            return


async def test_nobody_looks_while_nobody_listens() -> None:
    looks = 0

    async def look() -> View:
        nonlocal looks
        looks += 1
        return View(fleet=b"%d" % looks, merchants={}, alerts=b"[]", complete=True)

    watched = Changes(look)
    for _ in range(2):
        async with aclosing(watched.events()) as events:
            told = [await anext(events) for _ in range(5)]
            assert any(event.startswith(b"event: fleet") for event in told)
    after = looks
    await asyncio.sleep(0.1)
    assert looks == after


async def test_a_look_that_fails_ends_no_stream() -> None:
    looks = 0

    async def look() -> View:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise RuntimeError("odd")
        return View(fleet=b"%d" % looks, merchants={}, alerts=b"[]", complete=True)

    async with aclosing(Changes(look).events()) as events:
        fleet = []
        async for event in events:
            if event.startswith(b"event: fleet"):
                fleet.append(event.split()[-1])
            if len(fleet) == 2:
                break
    assert fleet == [b"1", b"3"]


async def test_silence_is_broken_by_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "COMMENT_EVERY_S", 0.05)

    async def look() -> View:
        await asyncio.Event().wait()
        raise AssertionError

    async with aclosing(Changes(look).events()) as events:
        assert [await anext(events) for _ in range(3)][1:] == [b": nothing new\n\n"] * 2


async def test_a_stream_outlasts_what_other_answers_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWERED_WITHIN_S", 0.5)
    status = ToldStatus([told_merchant("A1")])
    async with web_port(api=api_parts("w-1", status)) as port, following(port) as events:
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            status.known = [told_merchant("A1", backlog=status.known[0]["lanes"]["inventory"]["backlog"] + 1)]
            await anext(events)


async def test_who_leaves_is_no_fault(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Each closed page of the console would be a traceback in the log."""
    monkeypatch.setattr(router, "MOST_STREAMS", 1)
    async with web_port() as port:
        async with following(port) as events:
            await anext(events)
        async with asyncio.timeout(30):
            while await status_of(port, "/api/v1/changes", method="HEAD") == 503:  # noqa: ASYNC110 - what ends is the server's
                await asyncio.sleep(0.01)
    assert [record.getMessage() for record in caplog.records] == []


async def test_there_are_never_too_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "MOST_STREAMS", 1)
    async with web_port() as port, following(port) as events:
        await anext(events)
        assert await status_of(port, "/api/v1/changes") == 503
        assert await status_of(port) == 200
