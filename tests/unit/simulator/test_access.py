"""Tokens, limits, the call log and merchants in trouble."""

from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from connector.simulator import Clock, Limit, Simulator, serve
from connector.simulator.base.windows import SlidingWindows
from tests.kit.amazon.simulator import ManualClock, Merchant, fetch, merchant_of, update


async def test_every_refresh_token_is_its_own_merchant_where_none_is_listed() -> None:
    simulator = Simulator()
    async with merchant_of(simulator) as merchant:
        await merchant.log_in("Atzr|A2EXAMPLE")
        await merchant.batch(fetch("s"))
        await merchant.log_in("plain")
        await merchant.batch(fetch("s"))
    assert [call.merchant_id for call in simulator.calls.of(operation="inventory")] == ["A2EXAMPLE", "plain"]


async def test_only_listed_merchants_get_in_where_some_are() -> None:
    async with merchant_of(Simulator({"M1": "Atzr|M1"})) as merchant:
        assert (await merchant.batch(fetch("s"))).status == 207
        refused = await merchant.log_in("Atzr|M2")
    assert (refused.status, refused.body["error"]) == (400, "invalid_grant")


async def test_client_and_grant_type_are_checked() -> None:
    simulator = Simulator()
    simulator.tokens.client = ("c", "s")
    async with merchant_of(simulator) as merchant:
        assert (await merchant.grant(grant_type="refresh_token", client_id="x")).body["error"] == "invalid_client"
        assert (await merchant.grant(grant_type="x", client_id="c", client_secret="s")).status == 400
        form = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s"}
        assert (await merchant.grant(**form)).body["error"] == "invalid_scope"
        grantless = await merchant.grant(**form, scope="sellingpartnerapi::notifications")
        merchant.token = grantless.body["access_token"]
        assert (await merchant.batch(fetch("s"))).status == 403


async def test_an_authorization_code_gives_a_refresh_token_once() -> None:
    simulator = Simulator({"M1": "Atzr|M1"})
    async with merchant_of(simulator) as merchant:
        code = simulator.tokens.authorization_code("M7")
        granted = await merchant.grant(grant_type="authorization_code", code=code)
        assert (await merchant.grant(grant_type="authorization_code", code=code)).body["error"] == "invalid_grant"
        await merchant.log_in(granted.body["refresh_token"])
        await merchant.batch(fetch("s"))
    assert [call.merchant_id for call in simulator.calls.of(operation="inventory")] == ["M7"]


async def test_a_token_must_be_there_known_and_fresh() -> None:
    clock = ManualClock()
    simulator = Simulator(clock=Clock(clock.monotonic, clock.wall))
    simulator.switches.token_ttl_s = 60
    async with merchant_of(simulator) as merchant:
        assert (await merchant.log_in("Atzr|M1")).body["expires_in"] == 60
        clock.advance(59.9)
        assert (await merchant.batch(fetch("s"))).status == 207
        clock.advance(0.1)
        expired = await merchant.batch(fetch("s"))
        simulator.switches.bad_token_status = 401
        merchant.token = ""
        missing = await merchant.batch(fetch("s"))
    assert (expired.status, expired.body["errors"][0]["code"]) == (403, "Unauthorized")
    assert missing.status == 401
    assert simulator.inventory.stock == {}


async def test_revoked_unauthorized_and_not_enrolled_merchants() -> None:
    simulator = Simulator()
    async with merchant_of(simulator) as merchant:
        simulator.merchant("M1").unauthorized = True
        assert (await merchant.batch(fetch("s"))).status == 403
        simulator.merchant("M1").unauthorized = False
        simulator.merchant("M1").not_enrolled = {"inventory"}
        assert (await merchant.batch(fetch("s"))).status == 403
        simulator.merchant("M1").not_enrolled = set()
        assert (await merchant.batch(fetch("s"))).status == 207
        simulator.merchant("M1").revoked = True
        assert (await merchant.batch(fetch("s"))).status == 403
        assert (await merchant.log_in("Atzr|M1")).body["error"] == "invalid_grant"


def test_the_window_never_admits_more_than_limit_and_burst() -> None:
    windows, limit = SlidingWindows(), Limit(3, 1)
    assert [windows.admit(("M", "o"), limit, t) for t in (0.0, 0.1, 0.2, 0.9)] == [0.0] * 4
    assert windows.admit(("M", "o"), limit, 0.95) == pytest.approx(0.05)
    assert windows.admit(("M", "o"), limit, 1.0) == 0.0
    assert windows.admit(("M", "o"), limit, 1.05) == pytest.approx(0.05)
    assert windows.admit(("M2", "o"), limit, 1.05) == 0.0


def test_a_slow_rate_is_a_longer_window() -> None:
    windows, limit = SlidingWindows(), Limit(0.5)
    assert [windows.admit(("M", "o"), limit, t) for t in (0.0, 1.5, 2.0)] == [0.0, 0.5, 0.0]


async def test_beyond_the_limit_is_429_with_the_headers_that_the_switches_say() -> None:
    clock = ManualClock()
    simulator = Simulator(clock=Clock(clock.monotonic, clock.wall), limits={"inventory": Limit(2, 0, advertised=1.5)})
    async with merchant_of(simulator) as merchant:
        first = await merchant.batch(fetch("s"))
        assert first.headers["x-amzn-RateLimit-Limit"] == "1.5"
        await merchant.batch(fetch("s"))
        clock.advance(0.4)
        plain = await merchant.batch(fetch("s"))
        assert (plain.status, plain.body["errors"][0]["code"]) == (429, "RateLimited")
        assert not {"Retry-After", "x-amzn-RateLimit-Limit"} & set(plain.headers)
        simulator.switches.limit_header, simulator.switches.retry_after = "always", "seconds"
        seconds = await merchant.batch(fetch("s"))
        assert (seconds.headers["Retry-After"], seconds.headers["x-amzn-RateLimit-Limit"]) == ("1", "1.5")
        simulator.switches.retry_after = "date"
        date = (await merchant.batch(fetch("s"))).headers["Retry-After"]
        assert (
            0.6 <= round(parsedate_to_datetime(date).timestamp() - clock.wall(), 3) < 1.6
        )  # rounded: both are near 1.8e9
        clock.advance(0.6)
        assert (await merchant.batch(fetch("s"))).status == 207
    assert simulator.calls.throttled(merchant="M1", operation="inventory") == 3
    assert simulator.calls.max_in_window(merchant="M1", operation="inventory") == 5


async def test_the_log_keeps_every_call_with_its_request_id() -> None:
    clock = ManualClock()
    simulator = Simulator(clock=Clock(clock.monotonic, clock.wall), keep_bodies=True)
    async with merchant_of(simulator) as merchant:
        for _ in range(4):
            reply = await merchant.batch(update("s", 1, 1), fetch("s"))
            clock.advance(0.25)
    calls = simulator.calls.of(merchant="M1", operation="inventory")
    assert [(call.status, call.items, call.at - calls[0].at) for call in calls] == [
        (207, 2, n * 0.25) for n in range(4)
    ]
    assert calls[-1].request_id == reply.headers["x-amzn-RequestId"]
    assert "clientSequenceNumber" in calls[0].request
    assert "sellableQuantity" in calls[0].response
    assert simulator.calls.usage(4, merchant="M1", operation="inventory") == pytest.approx(1.0)
    assert simulator.calls.usage(8, merchant="M1", operation="inventory") == pytest.approx(0.5)


async def test_codes_and_error_bodies_come_in_both_forms() -> None:
    simulator = Simulator()
    simulator.switches.codes, simulator.switches.error_body = "sc", "flat"
    async with merchant_of(simulator) as merchant:
        reply = await merchant.call("POST", "/externalFulfillment/inventory/2024-09-11/inventories", ["no object"])
        unknown = await merchant.call("GET", "/externalFulfillment/nothing")
    assert (reply.status, reply.body["code"]) == (400, "SC_00002")
    assert (unknown.status, unknown.body["code"]) == (404, "SC_00003")


async def test_codes_may_have_a_space_as_in_some_samples() -> None:
    simulator = Simulator()
    simulator.switches.codes = "spaced"
    async with merchant_of(simulator) as merchant:
        reply = await merchant.call("GET", "/externalFulfillment/2024-09-11/shipments")
    assert reply.body["errors"][0]["code"] == "Invalid Input"


async def test_a_body_must_be_json_and_say_so() -> None:
    async with merchant_of(Simulator()) as merchant:
        path, headers = "/externalFulfillment/inventory/2024-09-11/inventories", {"x-amz-access-token": merchant.token}
        async with merchant.http.post(merchant.url + path, data="{}", headers=headers) as response:
            assert response.status == 415
        headers["content-type"] = "application/json"
        async with merchant.http.post(merchant.url + path, data="{", headers=headers) as response:
            assert response.status == 400


async def test_the_controls_work_over_http() -> None:
    simulator = Simulator()
    async with serve(simulator) as url, aiohttp.ClientSession() as http:
        merchant = Merchant(url, http)
        await merchant.log_in("Atzr|M1")
        await merchant.call("POST", "/simulator/faults", {"fault": "503,op=inventory,count=1"})
        assert (await merchant.batch(update("s", 5, 1))).status == 503
        await merchant.call("POST", "/simulator/actionable-errors", {"merchant": "M1", "sku": "s", "errors": ["X"]})
        await merchant.call("PATCH", "/simulator/switches", {"repeat_sequence": "ignore"})
        assert (await merchant.update("s", 5, 1))["actionableErrors"][0]["errorSubType"] == "X"
        patch = {"unauthorized": True, "limits": {"inventory": "2/1"}, "not_enrolled": ["returns"], "slow_s": 0.0}
        changed = await merchant.call("PATCH", "/simulator/merchants/M1", patch)
        assert changed.body["limits"]["inventory"] == {"rate": 2.0, "burst": 1, "advertised": None}
        assert (await merchant.batch(fetch("s"))).status == 403
        state = (await merchant.call("GET", "/simulator/state")).body
        assert state["merchants"]["M1"]["calls"]["inventory"] == {"count": 3, "throttled": 0, "max_in_1s": 3}
        assert state["switches"]["repeat_sequence"] == "ignore"
        [stock] = (await merchant.call("GET", "/simulator/inventory", merchant="M1")).body
        assert (stock["sku"], stock["sequence"], stock["history"][0]["quantity"]) == ("s", 1, 5)
        calls = (await merchant.call("GET", "/simulator/calls", operation="inventory", after=2)).body
        assert [call["status"] for call in calls] == [207, 403]
        assert (await merchant.call("DELETE", "/simulator/faults")).status == 200
        assert simulator.faults.active == []
        async with http.post(f"{url}/simulator/faults", json={"fault": "nonsense"}) as response:
            assert response.status == 400
