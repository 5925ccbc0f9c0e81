"""Scripted faults: each kind, before and after the effect, and each scope."""

import asyncio

import aiohttp
import pytest

from connector.simulator import Fault, Limit, NewShipment, Simulator, parse_fault
from connector.simulator.base.faults import Faults
from tests.kit.amazon.simulator import STEPS, UNLIMITED, merchant_of, until, update


@pytest.mark.parametrize(("phase", "effects"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["500", "503", "429"])
async def test_a_status(kind: str, phase: str, effects: int) -> None:
    simulator = Simulator()
    simulator.fault(f"{kind},{phase},op=inventory,count=1")
    async with merchant_of(simulator) as merchant:
        assert (await merchant.batch(update("s", 5, 1))).status == int(kind)
        assert len(simulator.inventory.history("M1", "EXSB", "s")) == effects
        assert (await merchant.batch(update("s", 5, 1))).status == 207
    assert [call.fault for call in simulator.calls.of(operation="inventory")] == [f"{kind}/{phase}", ""]
    assert simulator.calls.throttled() == 0


@pytest.mark.parametrize(("phase", "effects"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection(phase: str, effects: int) -> None:
    simulator = Simulator()
    simulator.fault(f"close,{phase},op=inventory")
    async with merchant_of(simulator) as merchant:
        with pytest.raises(aiohttp.ClientError):
            await merchant.batch(update("s", 5, 1))
    assert len(simulator.inventory.history("M1", "EXSB", "s")) == effects
    assert simulator.calls.of(operation="inventory")[0].status == 0


@pytest.mark.parametrize(("phase", "effects"), [("before", 0), ("after", 1)])
async def test_no_answer_ever(phase: str, effects: int) -> None:
    simulator = Simulator()
    simulator.fault(f"timeout,{phase},op=inventory")
    async with merchant_of(simulator) as merchant:
        call = asyncio.create_task(merchant.batch(update("s", 5, 1)))
        async with asyncio.timeout(10):
            await until(lambda: simulator.calls.of(operation="inventory", fault="timeout"))
        assert not call.done()
        call.cancel()
    assert len(simulator.inventory.history("M1", "EXSB", "s")) == effects


@pytest.mark.parametrize(("phase", "status", "effects"), [("before", 200, 0), ("after", 207, 1)])
async def test_a_body_cut_short(phase: str, status: int, effects: int) -> None:
    simulator = Simulator()
    simulator.fault(f"malformed,{phase},op=inventory")
    async with merchant_of(simulator) as merchant:
        with pytest.raises(ValueError, match=r"delimiter|string|JSON|Unterminated"):
            await merchant.batch(update("s", 5, 1))
    assert simulator.calls.of(operation="inventory")[0].status == status
    assert len(simulator.inventory.history("M1", "EXSB", "s")) == effects


@pytest.mark.parametrize(("phase", "effects"), [("before", 0), ("after", 1)])
async def test_a_slow_answer(phase: str, effects: int) -> None:
    simulator = Simulator()
    simulator.fault(f"slow,{phase},op=inventory,seconds=0.2")
    async with merchant_of(simulator) as merchant:
        call = asyncio.create_task(merchant.batch(update("s", 5, 1)))
        async with asyncio.timeout(10):
            await until(lambda: simulator.calls.of(operation="inventory", fault="slow"))
            assert len(simulator.inventory.history("M1", "EXSB", "s")) == effects
            assert (await call).status == 207
    assert len(simulator.inventory.history("M1", "EXSB", "s")) == 1


async def test_the_token_endpoint_fails_too() -> None:
    simulator = Simulator()
    async with merchant_of(simulator) as merchant:
        simulator.fault("503,op=token,merchant=M2")
        assert (await merchant.log_in("Atzr|M1")).status == 200
        assert (await merchant.grant(grant_type="refresh_token", refresh_token="Atzr|M2")).status == 503


async def test_a_scripted_429_asks_for_its_seconds() -> None:
    simulator = Simulator()
    simulator.switches.retry_after = "seconds"
    simulator.fault("429,op=inventory,seconds=7")
    async with merchant_of(simulator) as merchant:
        assert (await merchant.batch(update("s", 5, 1))).headers["Retry-After"] == "7"


async def test_a_slow_merchant_slows_no_other() -> None:
    simulator = Simulator(limits={"inventory": Limit(100)})
    async with merchant_of(simulator) as merchant:
        simulator.merchant("M1").slow_s = 30
        slow = asyncio.create_task(merchant.batch(update("s", 5, 1)))
        async with asyncio.timeout(10):
            await until(lambda: simulator.calls.of(merchant="M1", operation="inventory"))
            await merchant.log_in("Atzr|M2")
            assert (await merchant.batch(update("s", 5, 1))).status == 207
        slow.cancel()


def picks(fault: Fault, calls: int, **call: str) -> list[bool]:
    faults = Faults(seed=7)
    faults.add(fault)
    found = {"merchant": "M1", "operation": "inventory", "text": "/inventories sku-1"} | call
    return [faults.pick(**found) is not None for _ in range(calls)]  # type: ignore[arg-type]  # only texts are given


def test_scopes() -> None:
    assert picks(parse_fault("500"), 1) == [True]
    assert picks(parse_fault("500,op=invoice"), 1) == [False]
    assert picks(parse_fault("500,merchant=M2"), 1) == [False]
    assert picks(parse_fault("500,match=sku-2"), 1) == [False]
    assert picks(parse_fault("500,match=sku-1,merchant=M1,op=inventory"), 1) == [True]
    assert picks(parse_fault("500,count=2"), 4) == [True, True, False, False]
    assert picks(parse_fault("500,nth=3"), 4) == [False, False, True, False]


def test_a_probability_is_kept_and_repeatable() -> None:
    first, second = picks(parse_fault("500,p=0.2"), 1000), picks(parse_fault("500,p=0.2"), 1000)
    assert first == second
    assert 150 < sum(first) < 250


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("501,sometimes", "sometimes"),
        ("200", "200"),
        ("explode", "explode"),
        ("500,p=often", "p=often"),
        ("slow,item", "item"),
        ("500,fired=3", "fired=3"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_fault(text)


STEP_OPERATIONS = (
    "process_shipment",
    "create_packages",
    "shipping_options",
    "invoice",
    "ship_labels",
    "update_package_status",
)


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(("operation", "step"), list(zip(STEP_OPERATIONS, STEPS, strict=True)))
async def test_every_step_of_a_shipment_can_fail_before_and_after_its_effect(
    operation: str, step: str, phase: str
) -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program="EASY_SHIP"))
    simulator.fault(f"503,{phase},op={operation},match={shipment.id},count=1")
    async with merchant_of(simulator) as merchant:
        for before in STEPS[: STEPS.index(step)]:
            await merchant.step(shipment, before)
        made = len(simulator.effects.of())
        assert (await merchant.step(shipment, step)).status == 503
    assert len(simulator.effects.of()) - made == (phase == "after")
    assert (shipment.status == step) == (phase == "after")


async def test_a_slow_answer_tells_what_was() -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    simulator.fault("slow,after,op=get_shipment,seconds=0.2")
    async with merchant_of(simulator) as merchant:
        path = f"/externalFulfillment/2024-09-11/shipments/{shipment.id}"
        reading = asyncio.create_task(merchant.call("GET", path))
        async with asyncio.timeout(10):
            await until(lambda: simulator.calls.of(operation="get_shipment", fault="slow"))
        simulator.marketplace.cancel(shipment.id)
        assert (await reading).body["status"] == "ACCEPTED"
