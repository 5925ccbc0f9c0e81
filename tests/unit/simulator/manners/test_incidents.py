"""What comes by itself, some time after a status."""

import pytest

from connector.simulator import NewShipment, Simulator
from connector.simulator.amazon.shipments.shipments import Shipment
from tests.kit.amazon.simulator import SHIPMENTS, ManualClock, Merchant, in_manner, merchant_of, package


def new(simulator: Simulator, units: int = 1) -> Shipment:
    return simulator.marketplace.create_shipment(NewShipment("M1", {"a": units, "b": 1}, program="EASY_SHIP"))


async def told(merchant: Merchant, shipment: Shipment, name: str) -> object:
    reply = await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")
    assert reply.status == 200
    body: dict[str, object] = reply.body
    return body.get(name)


async def test_labels_are_void_and_made_anew_with_other_tracking() -> None:
    clock = ManualClock()
    simulator = in_manner("label-void", clock=clock)
    shipment = new(simulator)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        (old,) = (await merchant.step(shipment, "SHIPLABEL_GENERATED")).body["packageShipLabelList"]
        before = await told(merchant, shipment, "lastUpdatedDateTime")
        assert await told(merchant, shipment, "subStatus") is None
        clock.advance(simulator.switches.incident_within_s)
        assert await told(merchant, shipment, "subStatus") == "LABEL_CANCELED"
        assert await told(merchant, shipment, "status") == "SHIPLABEL_GENERATED"
        assert await told(merchant, shipment, "lastUpdatedDateTime") != before
        (fresh,) = (await merchant.labels(shipment, "REGENERATE")).body["packageShipLabelList"]
        assert fresh["shipLabelMetadata"]["trackingId"] != old["shipLabelMetadata"]["trackingId"]
        clock.advance(600)
        assert await told(merchant, shipment, "subStatus") is None
    assert simulator.effects.count(shipment.id, "labels_generated") == 1
    assert simulator.effects.count(shipment.id, "labels_regenerated") == 1


async def test_labels_of_what_was_shipped_meanwhile_are_good() -> None:
    clock = ManualClock()
    simulator = in_manner("label-void", clock=clock)
    shipment = new(simulator)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "SHIPPED")
        clock.advance(60)
        assert await told(merchant, shipment, "subStatus") is None


async def test_what_was_shipped_is_lost_damaged_or_undeliverable() -> None:
    clock = ManualClock()
    simulator, found = in_manner("lost-on-the-way", clock=clock), set()
    async with merchant_of(simulator) as merchant:
        for _ in range(15):
            shipment = new(simulator)
            await merchant.walk(shipment, "SHIPPED")
            clock.advance(60)
            found.add(await told(merchant, shipment, "subStatus"))
            assert await told(merchant, shipment, "status") == "SHIPPED"
    assert found == {"LOST", "DAMAGED", "UNDELIVERABLE"}


async def test_a_unit_is_cancelled_and_what_is_left_is_packed() -> None:
    clock = ManualClock()
    simulator = in_manner("units-cancelled", clock=clock)
    shipment = new(simulator, units=2)
    reserved = simulator.inventory.reserved
    async with merchant_of(simulator) as merchant:
        assert (reserved["M1", "EXSB", "a"], reserved["M1", "EXSB", "b"]) == (2, 1)
        await merchant.walk(shipment, "CONFIRMED")
        clock.advance(simulator.switches.incident_within_s)
        body = (await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")).body
        (line,) = [line for line in body["lineItems"] if line.get("cancellations")]
        (cancellation,) = line["cancellations"]
        assert (cancellation["cancelledQuantity"], cancellation["cancellationType"]) == (1, "MARKETPLACE_CANCELLED")
        assert body["status"] == "CONFIRMED"
        assert reserved["M1", "EXSB", "a"] + reserved["M1", "EXSB", "b"] == 2
        assert (await merchant.step(shipment, "PACKAGE_CREATED")).status == 400
        left = {each["shipmentLineItemId"]: each["numberOfUnits"] - (each is line) for each in body["lineItems"]}
        units = {f"line{line_id}": count for line_id, count in left.items() if count}
        assert (await merchant.step(shipment, "PACKAGE_CREATED", [package(shipment, **units)])).status == 204
        for step in ("PICKUP_SLOT_RETRIEVED", "INVOICE_GENERATED", "SHIPLABEL_GENERATED", "SHIPPED"):
            await merchant.step(shipment, step)
    assert shipment.status == "SHIPPED"
    assert (reserved["M1", "EXSB", "a"], reserved["M1", "EXSB", "b"]) == (0, 0)


async def test_no_unit_is_cancelled_where_one_is_all_there_is() -> None:
    clock = ManualClock()
    simulator = in_manner("units-cancelled", clock=clock)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        clock.advance(60)
        assert "cancellations" not in (await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")).body["lineItems"][0]


async def test_the_marketplace_cancels_units_and_reports_over_http() -> None:
    simulator = in_manner()
    shipment = new(simulator, units=3)
    async with merchant_of(simulator) as merchant:
        path = f"/simulator/shipments/{shipment.id}"
        for cancelled in (1, 2):
            body = (await merchant.call("POST", f"{path}/cancel-units", {"line_item_id": "1", "units": 1})).body
            assert body["lineItems"][0]["cancellations"][0]["cancelledQuantity"] == cancelled
        for units in (0, 2):
            reply = await merchant.call("POST", f"{path}/cancel-units", {"line_item_id": "1", "units": units})
            assert reply.status == 400
        assert (await merchant.call("POST", f"{path}/report", {"sub_status": "LOST"})).body["subStatus"] == "LOST"
        assert (await merchant.call("POST", f"{path}/report", {"sub_status": "GONE"})).status == 400


@pytest.mark.parametrize("units", [{"a": 1, "b": 1}, {"a": 2}])
def test_the_last_unit_is_never_cancelled_alone(units: dict[str, int]) -> None:
    simulator = in_manner()
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", units))
    simulator.marketplace.cancel_units(shipment.id, "1", 1)
    with pytest.raises(ValueError, match="can't be cancelled"):
        simulator.marketplace.cancel_units(shipment.id, list(shipment.lines)[-1], 1)
