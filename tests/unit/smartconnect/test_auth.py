"""Access tokens: cached, refreshed ahead of expiry by one request at a time, never shown."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from connector.domain.outcomes import Accepted, Answer, Outcome, Unauthorized, Unavailable
from connector.smartconnect.auth import AccessToken, AccessTokens, LwaClient, RefreshTokens
from connector.smartconnect.http import open_http
from connector.smartconnect.transport import Timeouts
from tests.kit.amazon.server import (
    CLIENT_SECRET,
    MERCHANT,
    REFRESH_TOKEN,
    TOKEN_PATH,
    Clock,
    Reply,
    Server,
    client_of,
    refresh_token,
    serving,
)


@asynccontextmanager
async def tokens_of(
    server: Server, clock: Callable[[], float], refresh_tokens: RefreshTokens = refresh_token, chance: float = 0.0
) -> AsyncIterator[AccessTokens]:
    http = open_http(Timeouts(), max_connections=10)
    client = LwaClient(server.url + TOKEN_PATH, "client", CLIENT_SECRET)
    tokens = AccessTokens(http, client, refresh_tokens, clock=clock, chance=lambda: chance)
    try:
        yield tokens
    finally:
        await tokens.aclose()
        await http.aclose()


def value(outcome: Outcome[AccessToken]) -> str:
    assert isinstance(outcome, Accepted), outcome
    return outcome.value.value


async def test_many_callers_share_one_refresh_and_one_token() -> None:
    async with serving() as server, tokens_of(server, Clock()) as tokens:
        outcomes = await asyncio.gather(*(tokens.of_merchant(MERCHANT) for _ in range(50)))
        assert {value(outcome) for outcome in outcomes} == {"Atza|1"}
        assert value(await tokens.of_merchant(MERCHANT)) == "Atza|1"
        assert len(server.grants) == 1
        assert parse_qs(server.grants[0].body.decode()) == {
            "grant_type": ["refresh_token"],
            "refresh_token": [REFRESH_TOKEN],
            "client_id": ["client"],
            "client_secret": [CLIENT_SECRET],
        }


async def test_a_caller_that_is_cancelled_does_not_take_the_refresh_with_it() -> None:
    async with serving() as server, tokens_of(server, Clock()) as tokens:
        hold = asyncio.Event()
        server.tokens = [Reply(200, {"access_token": "Atza|x", "expires_in": 3600}, hold=hold)]
        first, second = (asyncio.create_task(tokens.of_merchant(MERCHANT)) for _ in range(2))
        await server.arrived.wait()
        first.cancel()
        hold.set()
        assert value(await second) == "Atza|x"
        assert len(server.grants) == 1


async def test_each_merchant_has_its_own() -> None:
    async with serving() as server, tokens_of(server, Clock()) as tokens:
        held = {value(await tokens.of_merchant(merchant)) for merchant in ("A", "B", "A")}
        assert len(held) == len(server.grants) == 2


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.75), (0.999999, 0.9)])
async def test_it_is_refreshed_ahead_of_its_expiry_while_the_old_one_serves(chance: float, share: float) -> None:
    clock = Clock()
    async with serving() as server, tokens_of(server, clock, chance=chance) as tokens:
        await tokens.of_merchant(MERCHANT)
        clock.now += 3600 * share - 1
        await tokens.of_merchant(MERCHANT)
        assert len(server.grants) == 1
        clock.now += 2
        server.arrived.clear()
        assert value(await tokens.of_merchant(MERCHANT)) == "Atza|1"
        async with asyncio.timeout(5):
            while value(await tokens.of_merchant(MERCHANT)) != "Atza|2":  # noqa: ASYNC110 - a refresh fires no event
                await asyncio.sleep(0.001)
        assert len(server.grants) == 2


async def test_an_expired_one_is_never_used() -> None:
    clock = Clock()
    async with serving() as server, tokens_of(server, clock) as tokens:
        await tokens.of_merchant(MERCHANT)
        clock.now += 3600 * 0.96
        server.tokens = [Reply(500)]
        assert isinstance(await tokens.of_merchant(MERCHANT), Unavailable)
        clock.now += 1.5
        assert value(await tokens.of_merchant(MERCHANT)) == "Atza|3"


async def test_a_failure_rests_before_the_next_attempt() -> None:
    clock = Clock()
    async with serving() as server, tokens_of(server, clock) as tokens:
        server.tokens = [Reply(400, {"error": "invalid_grant"}), Reply(503)]
        for _ in range(5):
            assert isinstance(await tokens.of_merchant(MERCHANT), Unauthorized)
        assert len(server.grants) == 1
        clock.now += 1.5
        assert isinstance(await tokens.of_merchant(MERCHANT), Unavailable)


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("invalid_grant", "renew"),
        ("invalid_client", "CLIENT_SECRET"),
        ("unauthorized_client", "CLIENT_ID"),
        ("new_reason", "refresh token"),
    ],
)
async def test_a_refusal_is_the_merchants_access_and_names_the_remedy(status: int, code: str, remedy: str) -> None:
    async with serving() as server, client_of(server) as client:
        server.tokens = [Reply(status, {"error": code, "error_description": f"not yours: {REFRESH_TOKEN}"})]
        report = await client.get_shipment(MERCHANT, "S1")
        assert isinstance(report.outcome, Unauthorized)
        assert not report.outcome.sent
        assert report.sent_at is None
        assert report.outcome.answer.code == code
        assert remedy in report.outcome.answer.message
        assert server.asked == []
        assert REFRESH_TOKEN not in repr(report)


@pytest.mark.parametrize("reply", [Reply(500), Reply(429), Reply(200, b"<html>"), Reply(200, {}), Reply(close=True)])
async def test_a_token_endpoint_in_trouble_is_no_refusal(reply: Reply) -> None:
    async with serving() as server, client_of(server) as client:
        server.tokens = [reply]
        report = await client.get_shipment(MERCHANT, "S1")
        assert report.outcome == Unavailable(report.outcome.answer, sent=False)
        assert "token endpoint" in report.outcome.answer.message


@pytest.mark.parametrize("why", [Unauthorized(Answer(code="no")), Unavailable(Answer(code="no"))])
async def test_a_merchant_without_a_refresh_token(why: Unauthorized | Unavailable) -> None:
    async def none(_: str) -> str | Unauthorized | Unavailable:
        return why

    async with serving() as server, tokens_of(server, Clock(), none) as tokens:
        outcome = await tokens.of_merchant(MERCHANT)
        assert type(outcome) is type(why)
        assert outcome == type(why)(why.answer, sent=False)
        assert server.grants == []


async def test_a_fault_of_ours_in_one_merchants_token_is_that_merchants_outcome(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(merchant_id: str) -> str:
        if merchant_id == "GONE":
            raise KeyError("Atzr|secret")
        return REFRESH_TOKEN

    async with serving() as server, tokens_of(server, Clock(), broken) as tokens:
        outcome = await tokens.of_merchant("GONE")
        assert outcome == Unavailable(outcome.answer, sent=False)
        assert value(await tokens.of_merchant(MERCHANT)) == "Atza|1"
    assert "KeyError in broken" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("token", ["Atza|é", "Atza|1\r\nx-evil: 1", "Atza 1", ""])
async def test_a_token_that_no_header_can_carry_is_none(token: str) -> None:
    async with serving() as server, client_of(server) as client:
        server.tokens = [Reply(200, {"access_token": token, "expires_in": 3600})]
        report = await client.get_shipment(MERCHANT, "S1")
        assert report.outcome == Unavailable(report.outcome.answer, sent=False)
        assert server.asked == []


@pytest.mark.parametrize("said", [0.001, -1, 0, None, "soon", 1e300, True])
async def test_an_absurd_lifetime_neither_asks_for_each_call_nor_lasts_for_ever(said: object) -> None:
    clock = Clock()
    async with serving() as server, tokens_of(server, clock) as tokens:
        server.tokens = [Reply(200, {"access_token": "Atza|x", "expires_in": said})]
        for _ in range(40):
            clock.now += 1
            assert value(await tokens.of_merchant(MERCHANT)) == "Atza|x"
        clock.now += 24 * 3600
        assert value(await tokens.of_merchant(MERCHANT)) == "Atza|2"


async def test_calls_that_hang_keep_nobody_from_a_token() -> None:
    async with serving() as server, client_of(server, max_connections=1) as client:
        hold = asyncio.Event()
        server.default = Reply(204, hold=hold)
        hung = asyncio.create_task(client.confirm_shipment("HUNG", "S1"))
        while not server.asked:
            await server.arrived.wait()
            server.arrived.clear()
        waiting = asyncio.create_task(client.confirm_shipment("OTHER", "S2"))
        while len(server.grants) < 2:
            await server.arrived.wait()
            server.arrived.clear()
        hold.set()
        await asyncio.gather(hung, waiting)


async def test_grantless_operations_use_a_token_of_the_application() -> None:
    async with serving() as server, client_of(server) as client:
        server.default = Reply(200, {"payload": []})
        await client.get_destinations()
        form = parse_qs(server.grants[0].body.decode())
        assert form["grant_type"] == ["client_credentials"]
        assert form["scope"] == ["sellingpartnerapi::notifications"]
        assert "refresh_token" not in form


async def test_secrets_show_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[Any] = [repr(AccessToken("Atza|1"))]
    async with serving() as server, client_of(server) as client:
        server.replies = [Reply(401), Reply(200, b"x"), Reply(close=True)]
        shown += [repr(await client.get_shipment(MERCHANT, "S1")) for _ in range(3)]
        shown.append(repr(await client.fetch_label(f"{server.url}/label?X-Amz-Signature=Atza|signature")))
    told = "\n".join([*shown, caplog.text])
    for secret in (REFRESH_TOKEN, CLIENT_SECRET, "Atza|", "Signature"):
        assert secret not in told
