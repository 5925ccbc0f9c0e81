"""Gateways, successes that are none, headers that make no sense, and another clock."""

import asyncio
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from connector.simulator import NewShipment
from tests.kit.amazon.simulator import SHIPMENTS, ManualClock, in_manner, merchant_of, update


async def test_a_gateways_page_has_nothing_of_amazons_and_hides_whether_the_call_was_applied() -> None:
    simulator, statuses = in_manner("gateway-page"), set()
    async with merchant_of(simulator) as merchant:
        for number in range(1, 81):
            reply = await merchant.batch(update("a", number, number))
            statuses.add(reply.status)
            assert reply.body.startswith("<!DOCTYPE html>")
            assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
            assert not {"x-amzn-RequestId", "x-amzn-RateLimit-Limit"} & set(reply.headers)
    assert statuses == {400, 403, 502, 504}
    assert 10 <= len(simulator.inventory.history("M1", "EXSB", "a")) <= 30
    assert len(simulator.calls.of(fault="gateway-page")) == 80


async def test_an_effect_behind_a_page_is_in_the_log() -> None:
    simulator = in_manner("gateway-page")
    made = [simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1})) for _ in range(40)]
    async with merchant_of(simulator) as merchant:
        for shipment in made:
            assert (await merchant.step(shipment, "CONFIRMED")).status in (400, 403, 502, 504)
    confirmed = [shipment for shipment in made if shipment.status == "CONFIRMED"]
    assert 3 <= len(confirmed) <= 20
    assert [shipment.id for shipment in made if simulator.effects.count(shipment.id, "confirmed")] == [
        shipment.id for shipment in confirmed
    ]


async def test_a_success_that_is_a_list_of_errors_was_not_applied() -> None:
    simulator = in_manner("errors-in-success")
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        for reply in (await merchant.step(shipment, "CONFIRMED"), await merchant.batch(update("a", 5, 1))):
            assert reply.status == 200
            assert [error["code"] for error in reply.body["errors"]] == ["InternalFailure"]
    assert shipment.status == "ACCEPTED"
    assert simulator.inventory.history("M1", "EXSB", "a") == []


async def test_a_reason_that_is_not_utf8_and_the_connection_ends() -> None:
    simulator = in_manner("reason-not-utf8")
    async with merchant_of(simulator) as merchant:
        url = urlsplit(merchant.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        path = f"{SHIPMENTS}?status=ACCEPTED"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nx-amz-access-token: {merchant.token}\r\n\r\n".encode())
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 429 Trop de requ\xeates\r\n")
    (call,) = simulator.calls.of(fault="reason-not-utf8")
    assert call.status == 429


@pytest.mark.parametrize(
    ("manner", "waits"),
    [
        ("retry-after-zero", {"0"}),
        ("retry-after-past", {"Mon, 21 Sep 2026 13:13:20 GMT"}),
        ("retry-after-nonsense", {"soon", "-5", "1e400", ""}),
        ("retry-after-huge", {"31536000"}),
    ],
)
async def test_a_retry_after_of_a_call_that_was_not_applied(manner: str, waits: set[str]) -> None:
    simulator, found = in_manner(manner), set()
    async with merchant_of(simulator) as merchant:
        for _ in range(40):
            reply = await merchant.batch(update("a", 5, 1))
            assert reply.status == 429
            found.add(reply.headers["Retry-After"])
    assert found == waits
    assert simulator.inventory.history("M1", "EXSB", "a") == []


async def test_a_limit_that_makes_no_sense_for_a_minute_at_a_time() -> None:
    clock = ManualClock()
    simulator, limits = in_manner("rate-limit-nonsense=0.5", clock=clock), []
    async with merchant_of(simulator) as merchant:
        for _ in range(60):
            replies = [await merchant.batch(update("a", 5, 1)) for _ in range(2)]
            first, second = (reply.headers["x-amzn-RateLimit-Limit"] for reply in replies)
            assert first == second
            limits.append(first)
            clock.advance(60)
    assert set(limits) == {"0", "-1.0", "NaN", "unlimited", "1000000000.0", "5.0;burst=10", "100000.0"}
    assert 15 < limits.count("100000.0") < 45
    assert simulator.inventory.history("M1", "EXSB", "a")


async def test_a_tiny_limit() -> None:
    async with merchant_of(in_manner("rate-limit-tiny")) as merchant:
        assert (await merchant.batch(update("a", 5, 1))).headers["x-amzn-RateLimit-Limit"] == "0.0055"


async def test_amazons_clock_is_ahead_in_all_that_it_prints() -> None:
    clock = ManualClock()
    simulator = in_manner("clock-ahead", clock=clock)
    simulator.switches.clock_ahead_s = 300
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        reply = await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")
        assert parsedate_to_datetime(reply.headers["Date"]).timestamp() == clock.wall() + 300
        assert reply.body["lastUpdatedDateTime"] == "2026-09-21T14:18:20.000Z"
        window = {"lastUpdatedAfter": "2026-09-21T14:00:00Z", "lastUpdatedBefore": "2026-09-21T14:13:20Z"}
        listed = await merchant.call("GET", SHIPMENTS, status="ACCEPTED", **window)
        assert listed.body["shipments"] == []
        simulator.manner("clock-ahead=0")
        reply = await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")
        assert parsedate_to_datetime(reply.headers["Date"]).timestamp() == clock.wall()
