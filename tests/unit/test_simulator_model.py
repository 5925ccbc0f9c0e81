"""The simulator's traffic is valid against Amazon's published model."""

import pytest

from connector.simulator import Limit, Simulator
from tests.kit.simulator import fetch, merchant_of, update
from tests.kit.spapi_model import check_request, check_response, needs_models

pytestmark = needs_models


def check_traffic(simulator: Simulator, *, requests: bool = True) -> None:
    calls = [call for call in simulator.calls if call.operation not in ("token", "unknown", "label_file")]
    assert calls
    for call in calls:
        if requests:
            check_request(call.method, call.path, call.request)
        check_response(call.method, call.path, call.status, call.response)


@pytest.mark.parametrize("lower", ["conflict", "ignore", "ignore-echo", "accept", "refuse"])
@pytest.mark.parametrize("codes", ["short", "sc"])
async def test_inventory(lower: str, codes: str) -> None:
    simulator = Simulator(limits={"inventory": Limit(1000)}, keep_bodies=True)
    simulator.switches.set("lower_sequence", lower)
    simulator.switches.set("codes", codes)
    simulator.inventory.actionable_errors["M1", "listed"] = ("MISSING_WEIGHT",)
    simulator.inventory.actionable_errors["M1", "bad"] = ("INVALID_SKU",)
    async with merchant_of(simulator) as merchant:
        await merchant.batch(update("s", 5, 5), update("s", 4, 4), fetch("s"), update("x", 1, 1, "EXSB", "FBA"))
        await merchant.batch(update("listed", 5, 5), update("bad", 4, 4), fetch("unknown"))
        simulator.switches.conflict_at = "outer"
        if lower != "conflict":  # the model declares no outer 409
            await merchant.batch(update("s", 4, 4))
    check_traffic(simulator)


async def test_refusals() -> None:
    simulator = Simulator(limits={"inventory": Limit(3)}, keep_bodies=True)
    for kind in (500, 503):
        simulator.fault(f"{kind},op=inventory,count=1")
    async with merchant_of(simulator) as merchant:
        await merchant.batch(fetch("s"))
        await merchant.batch(fetch("s"))
        await merchant.batch()
        await merchant.batch(fetch("s"))
        merchant.token = "unknown"
        await merchant.batch(fetch("s"))
    assert [call.status for call in simulator.calls.of(operation="inventory")] == [500, 503, 400, 429, 403]
    check_traffic(simulator, requests=False)
