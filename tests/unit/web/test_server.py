"""Who may ask the web port, for what, and by which name."""

import asyncio
import gzip
import socket
import time

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily

from connector.web.answers import MOST_LONG_ANSWERS
from tests.kit.http.web_port import HeldPage, said, status_of, web_port

PATHS = ("/livez", "/healthz", "/metrics", "/status")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PURGE"])
async def test_nothing_can_be_changed(path: str, method: str) -> None:
    """There is no token to be asked for, since nothing writes: a path that takes another method needs one first."""
    async with web_port() as port:
        answer = await said(port, f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        if method == "CONNECT":  # its target is no path
            assert answer.split()[1] in (b"400", b"404", b"405")
        else:
            assert answer.split()[1] == b"405"
            assert b"Allow: GET, HEAD\r\n" in answer


@pytest.mark.parametrize("path", PATHS)
async def test_a_head_is_a_get_without_its_body(path: str) -> None:
    async with web_port() as port:
        head, whole = [
            await said(port, f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            for method in ("HEAD", "GET")
        ]
    assert head.partition(b"\r\n\r\n")[2] == b""
    assert _length(head) == _length(whole) == len(whole.partition(b"\r\n\r\n")[2])


def _length(answer: bytes) -> int:
    return int(next(line.split()[1] for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:6066", "10.2.3.4:6066", "[::1]:6066", "[fe80::1]", "LOCALHOST"]
)
async def test_addresses_are_taken_as_probes_use_them(host: str) -> None:
    async with web_port() as port:
        assert await status_of(port, host=host) == 200


async def test_names_are_ours_or_refused() -> None:
    async with web_port(names=["worker-1", "a.example.com"]) as port:
        for host in ("worker-1:6066", "Worker-1.", "a.example.com", "localhost:1", socket.gethostname()):
            assert await status_of(port, host=host) == 200, host
        odd = ("rebound.example.org", "b.a.example.com", "worker-2", "127.0.0.1.example.org", "", "a@127.0.0.1", "[::1")
        for host in (*odd, "127.0.0.1, worker-1", "1.2.3.4:99999999", "[]"):
            assert await status_of(port, host=host) in (400, 421), host
        for path in PATHS:
            assert await status_of(port, path, host="rebound.example.org") == 421


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", b"421"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example.org\r\n\r\n", b"421"),
        (b"GET http://rebound.example.org/healthz HTTP/1.1\r\nHost: rebound.example.org\r\n\r\n", b"421"),
        (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    ],
)
async def test_odd_requests(request_: bytes, status: bytes) -> None:
    async with web_port() as port:
        answer = (await said(port, request_)).split()[1]
        assert answer in (status, b"400")
        assert (answer == b"200") == (status == b"200")


async def test_a_page_is_packed_for_who_can_read_it() -> None:
    async with web_port(status=lambda: iter([b"{", b'"a": 1}'])) as port:
        for accepted, packed in ((b"gzip, deflate", True), (b"gzip;q=0", False), (b"identity", False)):
            head = b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: " + accepted + b"\r\n\r\n"
            answer, _, body = (await said(port, head)).partition(b"\r\n\r\n")
            assert (b"Content-Encoding: gzip" in answer) == packed
            assert (gzip.decompress(body) if packed else body) == b'{"a": 1}'


async def test_metrics_are_of_some_merchants_or_of_all_on_request() -> None:
    registry = CollectorRegistry()
    Gauge("of_all", "", registry=registry)
    some = GaugeMetricFamily("of_some", "", value=1)
    async with web_port(registry=registry, metrics=lambda: iter([some])) as port:

        async def asked(query: str) -> bytes:
            return await said(port, f"GET /metrics{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

        assert b"\nof_some 1.0\n" in await asked("")
        assert b"\nof_some 1.0\n" in await asked("?job=connector")
        assert b"\nof_all 0.0\n" in await asked("?merchants=all")
        refused = await asked("?merchants=A1")
        assert refused.split()[1] == b"400"
        assert b"merchants: give all, or leave it out" in refused


async def test_who_asks_while_a_page_is_written_gets_that_one_and_health_answers_at_once() -> None:
    held = HeldPage()
    async with web_port(status=held) as port:
        asking = [asyncio.create_task(status_of(port, "/status")) for _ in range(MOST_LONG_ANSWERS)]
        await asyncio.wait_for(held.begun.wait(), 30)
        assert await asyncio.wait_for(status_of(port), 30) == 200
        held.end.set()
        assert await asyncio.gather(*asking) == [200] * MOST_LONG_ANSWERS
    assert held.times <= MOST_LONG_ANSWERS


async def test_there_are_never_too_many_long_answers() -> None:
    held = HeldPage()
    async with web_port(status=held) as port:
        asking = [asyncio.create_task(status_of(port, "/status")) for _ in range(MOST_LONG_ANSWERS + 5)]
        done, _ = await asyncio.wait(asking, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert {one.result() for one in done} == {503}
        for path in ("/livez", "/healthz"):
            assert await asyncio.wait_for(status_of(port, path), 30) == 200
        held.end.set()
        assert sorted(await asyncio.gather(*asking)) == [200] * MOST_LONG_ANSWERS + [503] * 5


async def test_the_port_closes_though_a_page_is_being_written() -> None:
    held = HeldPage()
    async with web_port(status=held) as port:
        asking = asyncio.create_task(said(port, b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
        await asyncio.wait_for(held.begun.wait(), 30)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert await asyncio.to_thread(held.given_up.wait, 30)
    assert not held.end.is_set()
    assert await asyncio.wait_for(asking, 30) == b""


async def test_a_worker_that_kafka_has_left_is_unhealthy_and_lives() -> None:
    """Else an orchestrator would restart every worker at once, at each outage of Kafka's."""
    async with web_port(is_healthy=lambda: False) as port:
        assert await status_of(port, "/healthz") == 503
        answer = await said(port, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b'{"live": true}')
