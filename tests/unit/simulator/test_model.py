"""The simulator's traffic is valid against Amazon's published model."""

import pytest

from connector.simulator import Limit, NewReturn, NewShipment, Simulator
from connector.simulator.amazon.returns.returns import RETURN_STATUSES
from connector.simulator.amazon.shipments.shipments import Program
from tests.kit.amazon.simulator import (
    RETURNS,
    SHIPMENTS,
    STEPS,
    UNLIMITED,
    Merchant,
    fetch,
    merchant_of,
    package,
    rejection,
    update,
)
from tests.kit.amazon.spapi_model import check_request, check_response, needs_models

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


@pytest.mark.parametrize("program", ["SELLER_FLEX", "EASY_SHIP", "SELF_SHIP"])
async def test_shipments(program: Program) -> None:
    simulator = Simulator(limits=UNLIMITED, keep_bodies=True)
    simulator.documents.failing_packages["P2"] = "No carrier serves this address"
    new = NewShipment("M1", {"a": 2, "b": 1}, program=program, gift=True)
    async with merchant_of(simulator) as merchant:
        shipment = simulator.marketplace.create_shipment(new)
        path = f"{SHIPMENTS}/{shipment.id}"
        await _read(merchant, path)
        for step in STEPS:
            assert (await merchant.step(shipment, step)).status in (200, 204)
            await _read(merchant, path)
            if step == "SHIPLABEL_GENERATED":
                await merchant.labels(shipment, "REGENERATE", {"packageIds": ["P1"]})
                await merchant.call("GET", f"{path}/invoice")
        if program == "SELF_SHIP":
            out = {"status": "SHIPPED", "subStatus": "OUT_FOR_DELIVERY", "reason": "on the road"}
            await merchant.call("PATCH", f"{path}/packages/P1", out)
            await merchant.call("PATCH", f"{path}/packages/P1", {"status": "DELIVERED"})
            await _read(merchant, path)
        split = simulator.marketplace.create_shipment(new)
        await merchant.walk(split, "CONFIRMED")
        parts = [package(split, "P1", line1=2), package(split, "P2", line2=1)]
        await merchant.step(split, "PACKAGE_CREATED", parts)
        await merchant.call("PUT", f"{SHIPMENTS}/{split.id}/packages/P2", parts[1])
        await merchant.step(split, "PICKUP_SLOT_RETRIEVED")
        await merchant.step(split, "INVOICE_GENERATED")
        assert len((await merchant.labels(split, "GENERATE")).body["packageShipLabelList"]) == 2
        replaced = simulator.marketplace.replace(shipment.id, {"c": 1})
        await merchant.call("POST", f"{SHIPMENTS}/{replaced.id}", rejection(replaced), operation="REJECT")
        jumped = simulator.marketplace.work_in_console(simulator.marketplace.replace(shipment.id).id, "SHIPPED")
        for each in (split, replaced, jumped):
            await _read(merchant, f"{SHIPMENTS}/{each.id}")
        for status in ("ACCEPTED", "SHIPPED", "CANCELLED"):
            await merchant.call("GET", SHIPMENTS, status=status, maxResults=1)
    check_traffic(simulator)


async def _read(merchant: Merchant, path: str) -> None:
    assert (await merchant.call("GET", path)).status == 200


async def test_every_refusal_of_every_call_for_a_shipment() -> None:
    """The status of a wrong state may be any that the model declares; reads know no wrong state."""
    for status in (400, 409, 422):
        simulator = Simulator(limits=UNLIMITED, keep_bodies=True)
        simulator.switches.set("wrong_state_status", status)
        async with merchant_of(simulator) as merchant:
            shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
            await merchant.walk(shipment, "PACKAGE_CREATED")
            simulator.marketplace.cancel(shipment.id)
            path = f"{SHIPMENTS}/{shipment.id}"
            for step in (*STEPS, "CANCELLED"):
                assert (await merchant.step(shipment, step)).status == status
            assert (await merchant.call("PUT", f"{path}/packages/P1", package(shipment))).status == status
            for missing in ("/invoice", "9", "9/invoice"):
                assert (await merchant.call("GET", path + missing)).status == 404
        check_traffic(simulator)


async def test_returns() -> None:
    simulator = Simulator(limits=UNLIMITED, keep_bodies=True)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2, "b": 1}))
    async with merchant_of(simulator) as merchant:
        for status in RETURN_STATUSES:
            made = simulator.marketplace.create_return(NewReturn(shipment.id, sku="b", exchange_order_id="407-1"))
            simulator.marketplace.advance_return(made.id, status)
            await _read(merchant, f"{RETURNS}/{made.id}")
        assert "nextToken" in (await merchant.call("GET", RETURNS)).body
        await merchant.call("GET", f"{RETURNS}/none")
        query = {"returnLocationId": "EXSB", "status": "CREATED", "lastUpdatedSince": "2026-01-01T00:00:00Z"}
        assert (await merchant.call("GET", RETURNS, **query)).status == 200
        del query["returnLocationId"]
        assert (await merchant.call("GET", RETURNS, **query)).status == 400
    check_traffic(simulator)


async def test_destinations_and_subscriptions() -> None:
    simulator = Simulator(limits=UNLIMITED, keep_bodies=True)
    arn = "arn:aws:sqs:eu-west-1:111122223333:queue"
    destination = {"name": "queue", "resourceSpecification": {"sqs": {"arn": arn}}}
    path = "/notifications/v1/subscriptions/EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE"
    async with merchant_of(simulator) as merchant:
        sellers = merchant.token
        granted = await merchant.grant(grant_type="client_credentials", scope="sellingpartnerapi::notifications")
        merchant.token = granted.body["access_token"]
        made = (await merchant.call("POST", "/notifications/v1/destinations", destination)).body["payload"]
        await merchant.call("POST", "/notifications/v1/destinations", destination)
        await merchant.call("GET", "/notifications/v1/destinations")
        merchant.token = sellers
        wanted = {"payloadVersion": "1.0", "destinationId": made["destinationId"]}
        statuses = [(await merchant.call("POST", path, wanted)).status for _ in range(2)]
        await merchant.call("GET", path)
    assert statuses == [200, 409]
    check_traffic(simulator)
