"""What one client may hold of the web port, and that others are answered meanwhile."""

import asyncio
from contextlib import suppress

import pytest

from connector.web import connections
from tests.kit.http.web_port import HeldPage, said, status_of, web_port

GOOD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEARD_WITHIN_S", 0.5)


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("drip", [b"", b"GET /a", b"GET /healthz HTTP/1.1\r\nA", GOOD + b"X: a"])
async def test_a_request_whose_head_never_ends_is_cut(drip: bytes) -> None:
    async with web_port() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(drip)

        async def dripping() -> None:
            while not writer.is_closing():
                await asyncio.sleep(0.05)
                writer.write(drip[-1:])

        drips = asyncio.create_task(dripping())
        assert await asyncio.wait_for(_rest(reader), 30) == b""
        drips.cancel()
        writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:  # it may be cut between two drips
        return b""


async def test_a_connection_is_for_one_request() -> None:
    async with web_port() as port:
        answer = await asyncio.wait_for(said(port, (GOOD + b"\r\n") * 2), 30)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in answer


async def test_a_body_is_waited_for_by_nobody() -> None:
    async with web_port() as port:
        answer = await asyncio.wait_for(said(port, GOOD + b"Content-Length: 1000000\r\n\r\n"), 30)
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n\r\n",
        GOOD + b"X: " + b"a" * 10_000 + b"\r\n\r\n",
        GOOD + b"".join(b"X%d: a\r\n" % number for number in range(100)) + b"\r\n",
        b"\0\1\2\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
    ],
    ids=["line", "header", "headers", "noise", "version"],
)
async def test_a_head_has_bounds(request_: bytes) -> None:
    async with web_port() as port:
        assert b" 400 " in (await asyncio.wait_for(said(port, request_), 30)).splitlines()[0]
        assert await status_of(port) == 200


async def test_hundreds_of_silent_connections_keep_nobody_from_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEARD_WITHIN_S", 1000)
    async with web_port() as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections.MOST_CLIENTS * 4)]
        assert await asyncio.wait_for(status_of(port), 30) == 200
        gone = [asyncio.create_task(_rest(reader)) for reader, _ in silent[: connections.MOST_CLIENTS * 2]]
        assert await asyncio.wait_for(asyncio.gather(*gone), 30) == [b""] * len(gone)
        for _, writer in silent:
            writer.close()


async def test_those_that_are_being_answered_give_way_last() -> None:
    held = HeldPage()
    async with web_port(status=held) as port:
        asking = asyncio.create_task(said(port, b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
        await asyncio.wait_for(held.begun.wait(), 30)
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections.MOST_CLIENTS + 10)]
        assert await asyncio.wait_for(status_of(port), 30) == 200
        held.end.set()
        assert (await asyncio.wait_for(asking, 30)).endswith(b"{}")
        for _, writer in silent:
            writer.close()


async def test_an_answer_that_is_read_too_slowly_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWERED_WITHIN_S", 0.5)
    async with web_port(status=lambda: iter([b" " * 1_000_000] * 50)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        received = 0
        with suppress(ConnectionResetError):
            async with asyncio.timeout(30):
                while piece := await reader.read(10_000):
                    received += len(piece)
                    await asyncio.sleep(0.01)  # 50 s for all of it
        assert received < 50_000_000
        writer.close()
