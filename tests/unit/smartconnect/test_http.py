"""One request per call: stamped, gated at the last moment, never repeated by the transport, sent as written."""

import asyncio

import pytest
from aiohttp.client_proto import ResponseHandler

from connector.domain.outcomes import Accepted, Failed, Refused, Unavailable, Unknown
from connector.smartconnect.http import departing, exchange
from connector.smartconnect.messages import Departure, Request, Response
from connector.smartconnect.transport import AiohttpTransport, Timeouts
from tests.kit.amazon.server import MERCHANT, Reply, client_of, serving


async def test_a_kept_alive_connection_that_closes_is_not_tried_again() -> None:
    async with serving() as server, client_of(server) as client:
        server.replies = [Reply(204), *[Reply(close=True)] * 3]
        assert isinstance((await client.confirm_shipment(MERCHANT, "S1")).outcome, Accepted)
        for call in (
            client.get_shipment(MERCHANT, "S1"),
            client.generate_ship_labels(MERCHANT, "S1", ["P1"]),
            client.confirm_shipment(MERCHANT, "S1"),
        ):
            report = await call
            assert isinstance(report.outcome, Unavailable)
            assert report.outcome.sent
            assert report.sent_at is not None
        assert [asked.method for asked in server.asked] == ["POST", "GET", "PUT", "POST"]


async def test_the_gate_is_asked_when_the_token_is_there_and_nothing_is_left_to_wait_for() -> None:
    is_open = True
    async with serving() as server, client_of(server, gate=lambda: is_open) as client:
        server.tokens = [Reply(200, {"access_token": "Atza|1"}, hold=asyncio.Event())]
        hold = server.tokens[0].hold
        assert hold is not None
        call = asyncio.create_task(client.get_shipment(MERCHANT, "S1"))
        await server.arrived.wait()
        is_open = False  # while the call waits for its token
        hold.set()
        report = await call
        assert report.outcome == Unavailable(report.outcome.answer, sent=False)
        assert report.outcome.answer.code == "LeaseLost"
        assert report.sent_at is None
        assert server.asked == []


class Lane:
    is_open = True

    def may_leave(self) -> bool:
        return self.is_open

    def left(self, _sent_at: float) -> None:
        assert self.is_open


async def test_the_lane_is_asked_with_the_gate() -> None:
    async with serving() as server, client_of(server) as client:
        lane = Lane()
        departing.set(lane)
        assert isinstance((await client.confirm_shipment(MERCHANT, "S0")).outcome, Accepted)
        lane.is_open = False
        report = await client.confirm_shipment(MERCHANT, "S1")
        assert report.outcome == Unavailable(report.outcome.answer, sent=False)
        assert report.outcome.answer.code == "LaneClosed"
        assert [asked.path.split("/")[-1] for asked in server.asked] == ["S0?operation=CONFIRM"]


async def test_the_gate_is_asked_after_the_wait_for_a_connection() -> None:
    is_open = True
    async with serving() as server, client_of(server, gate=lambda: is_open, max_connections=1) as client:
        hold = asyncio.Event()
        assert isinstance((await client.confirm_shipment(MERCHANT, "S0")).outcome, Accepted)
        server.arrived.clear()
        server.replies = [Reply(204, hold=hold)]
        first = asyncio.create_task(client.confirm_shipment(MERCHANT, "S1"))
        await server.arrived.wait()
        second = asyncio.create_task(client.confirm_shipment(MERCHANT, "S2"))
        is_open = False
        hold.set()
        assert isinstance((await first).outcome, Accepted)
        assert (await second).outcome.answer.code == "LeaseLost"
        assert [asked.path.split("/")[-1] for asked in server.asked] == ["S0?operation=CONFIRM", "S1?operation=CONFIRM"]


@pytest.mark.parametrize("timeouts", [Timeouts(read_s=0.05), Timeouts(total_s=0.05)], ids=["read", "total"])
async def test_no_answer_in_time_may_have_been_applied(timeouts: Timeouts) -> None:
    async with serving() as server, client_of(server) as warm, client_of(server, timeouts=timeouts) as client:
        await warm.confirm_shipment(MERCHANT, "S0")
        server.replies = [Reply(204, hold=asyncio.Event())]
        outcome = (await client.confirm_shipment(MERCHANT, "S1")).outcome
        assert isinstance(outcome, Unavailable)
        assert outcome.sent


async def test_nobody_listens() -> None:
    async with serving() as server:
        async with client_of(server, base_url="http://127.0.0.1:1") as client:
            report = await client.get_shipment(MERCHANT, "S1")
        assert report.outcome == Unavailable(report.outcome.answer, sent=False)
        assert report.sent_at is None


async def test_a_cut_answer_may_have_been_applied() -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", close=True)
        outcome = (await client.get_shipment(MERCHANT, "S1")).outcome
        assert isinstance(outcome, Unavailable)
        assert outcome.sent


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    ],
    ids=["not HTTP", "bad header", "bad gzip", "bad chunk", "not JSON", "not an object", "empty"],
)
async def test_an_answer_that_cannot_be_read_is_never_success_nor_an_exception(raw: bytes) -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(raw=raw, close=True)
        report = await client.get_shipment(MERCHANT, "S1")
        assert isinstance(report.outcome, Unknown | Unavailable)
        assert not isinstance(report.outcome, Unavailable) or report.outcome.sent


async def test_a_path_is_sent_as_written() -> None:
    async with serving() as server, client_of(server) as client:
        await client.update_package_status(MERCHANT, "S/1 %2F", "..", "SHIPPED")
        await client.retrieve_shipping_options(MERCHANT, "S1", "p+1&status=x/=")
        await client.generate_ship_labels(MERCHANT, "S1", shipping_option_id="a/b+c==")
        base = "/externalFulfillment/2024-09-11/shipments/"
        assert [asked.path for asked in server.asked] == [
            f"{base}S%2F1%20%252F/packages/%2E%2E",
            f"{base}S1/shippingOptions?packageId=p%2B1%26status%3Dx%2F%3D",
            f"{base}S1/shipLabels?operation=GENERATE&shippingOptionId=a%2Fb%2Bc%3D%3D",
        ]


async def test_a_presigned_url_is_sent_as_given_and_without_a_token() -> None:
    query = "X-Amz-Credential=AK%2F2026%2Fs3&X-Amz-Security-Token=IQo%2F%2B%3D%3D&X-Amz-Signature=%7Eab"
    async with serving() as server, client_of(server) as client:
        await client.get_shipment(MERCHANT, "S1")
        server.default = Reply(200, b"%PDF-1.4", {"content-type": "binary/octet-stream"})
        report = await client.fetch_label(f"{server.url}/k%2Fx/a.pdf?{query}")
        assert isinstance(report.outcome, Accepted)
        assert report.outcome.value.content == b"%PDF-1.4"
        assert server.asked[-1].path == f"/k%2Fx/a.pdf?{query}"
        assert "x-amz-access-token" not in server.asked[-1].headers
        assert "x-amz-access-token" in server.asked[0].headers


async def test_an_expired_url_says_nothing_of_the_merchants_access() -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        assert isinstance((await client.fetch_label(f"{server.url}/x")).outcome, Refused)


@pytest.mark.parametrize("url", ["url", "", "file:///etc/passwd", "https://h:bad/"])
async def test_what_is_no_url_is_refused(url: str) -> None:
    async with serving() as server, client_of(server) as client:
        report = await client.fetch_label(url)
        assert isinstance(report.outcome, Refused)
        assert report.sent_at is None


async def test_headers_of_a_call() -> None:
    async with serving() as server, client_of(server) as client:
        await client.create_packages(MERCHANT, "S1", [])
        headers = server.asked[0].headers
        assert headers["x-amz-access-token"] == "Atza|1"
        assert headers["x-amz-date"] == "20260921T141320Z"
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("SmartConnectConnector/")
        assert "cookie" not in headers


async def test_a_cookie_of_one_merchant_is_not_shown_to_the_next() -> None:
    async with serving() as server:
        named = server.url.replace("127.0.0.1", "localhost")  # cookie jars keep none for an address
        async with client_of(server, base_url=named) as client:
            server.replies = [Reply(204, headers={"set-cookie": "session=1"})]
            await client.confirm_shipment(MERCHANT, "S1")
            await client.confirm_shipment("OTHER", "S2")
            assert "cookie" not in server.asked[1].headers


async def test_an_answer_that_nobody_asked_for_is_not_the_next_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ResponseHandler] = []
    connected = ResponseHandler.connection_made

    def noted(protocol: ResponseHandler, transport: asyncio.BaseTransport) -> None:
        made.append(protocol)
        connected(protocol, transport)

    monkeypatch.setattr(ResponseHandler, "connection_made", noted)
    async with serving() as server:
        http = AiohttpTransport(Timeouts(), max_connections=1, headers={})

        async def asked() -> Response | Failed:
            departure = Departure(gate=lambda: True, clock=lambda: 0.0)
            return await exchange(http, Request("GET", server.url, "/a"), departure, 5.0)

        server.default = Reply(200, b"mine")
        first = await asked()
        assert isinstance(first, Response)
        assert first.content == b"mine"
        # As it comes while the connection is in the pool; by way of the socket nobody knows when it is there
        made[0].data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nothers")
        second, third = await asked(), await asked()
        await http.aclose()
        assert second == Unavailable(second.answer, sent=False)  # type: ignore[union-attr]  # a Response fails here
        assert isinstance(third, Response)
        assert third.content == b"mine"
        assert len(server.asked) == 2


async def test_connections_that_a_burst_opened_are_closed_where_fewer_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connector.smartconnect.transport.KEEP_ALIVE_S", 0.5)
    async with serving() as server:
        http = AiohttpTransport(Timeouts(), max_connections=10, headers={})

        async def asked() -> Response | Failed:
            departure = Departure(gate=lambda: True, clock=lambda: 0.0)
            return await exchange(http, Request("GET", server.url, "/a"), departure, 5.0)

        hold = asyncio.Event()
        server.replies = [Reply(204, hold=hold) for _ in range(5)]
        burst = [asyncio.create_task(asked()) for _ in range(5)]
        async with asyncio.timeout(10):
            while len(server.asked) < 5:
                server.arrived.clear()
                await server.arrived.wait()
            hold.set()
            await asyncio.gather(*burst)
            assert server.connected == 5
            while server.connected > 1:  # each of them would be used often enough in turn
                assert isinstance(await asked(), Response)
                await asyncio.sleep(0.02)
        await http.aclose()
