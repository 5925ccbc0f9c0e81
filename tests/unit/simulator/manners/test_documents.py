"""Shipping options, invoices and labels in odd manners."""

from typing import Any

from connector.simulator import NewShipment, Simulator
from connector.simulator.amazon.shipments.shipments import Shipment
from tests.kit.amazon.simulator import SHIPMENTS, ManualClock, Merchant, Reply, in_manner, merchant_of, package


def new(simulator: Simulator, program: Any = "EASY_SHIP") -> Shipment:
    return simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program=program))


async def labels(merchant: Merchant, shipment: Shipment, option: str, body: Any = None) -> Reply:
    path = f"{SHIPMENTS}/{shipment.id}/shipLabels"
    return await merchant.call("PUT", path, body, operation="GENERATE", shippingOptionId=option)


async def test_options_expire() -> None:
    clock = ManualClock()
    simulator = in_manner("options-expire", clock=clock)
    shipment = new(simulator)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        first = (await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body
        await merchant.step(shipment, "INVOICE_GENERATED")
        assert first["recommendedShippingOption"] == first["shippingOptions"][0]
        old = first["recommendedShippingOption"]["shippingOptionId"]
        clock.advance(simulator.switches.option_life_s)
        late = await labels(merchant, shipment, old)
        assert (late.status, late.body["errors"][0]["code"]) == (400, "InvalidInput")
        assert (await labels(merchant, shipment, old.partition("==until==")[0])).status == 400
        assert simulator.effects.count(shipment.id, "labels_generated") == 0
        again = (await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body
        fresh = again["recommendedShippingOption"]["shippingOptionId"]
        assert fresh != old
        (label,) = (await labels(merchant, shipment, fresh)).body["packageShipLabelList"]
        assert label["shipLabelMetadata"]["shippingOptionId"] == fresh
    assert simulator.effects.count(shipment.id, "labels_generated") == 1


async def test_seller_flex_has_no_options_that_could_expire() -> None:
    simulator = in_manner("options-expire", "recommended-not-listed")
    shipment = new(simulator, "SELLER_FLEX")
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "SHIPLABEL_GENERATED")
    assert shipment.status == "SHIPLABEL_GENERATED"


async def test_the_recommended_option_is_not_in_the_list_and_good() -> None:
    simulator = in_manner("recommended-not-listed", "options-expire")
    shipment = new(simulator)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        offered = (await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body
        await merchant.step(shipment, "INVOICE_GENERATED")
        recommended = offered["recommendedShippingOption"]["shippingOptionId"]
        assert recommended not in {option["shippingOptionId"] for option in offered["shippingOptions"]}
        assert (await labels(merchant, shipment, recommended)).status == 200
    assert shipment.status == "SHIPLABEL_GENERATED"


async def test_an_invoice_is_pending_then_there() -> None:
    clock = ManualClock()
    simulator = in_manner("late-invoice", clock=clock)
    shipment = new(simulator)
    path = f"{SHIPMENTS}/{shipment.id}"
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PICKUP_SLOT_RETRIEVED")
        made = await merchant.step(shipment, "INVOICE_GENERATED")
        assert (made.status, made.body) == (200, {"document": {}})
        for _ in range(2):
            body = (await merchant.call("GET", path)).body
            assert body["shipmentRequirements"]["invoice"] == {"requirement": "REQUIRED", "status": "PENDING"}
            assert "invoiceInfo" not in body
            assert (await merchant.call("GET", f"{path}/invoice")).status == 404
            clock.advance(simulator.switches.invoice_pending_s / 2)
        body = (await merchant.call("GET", path)).body
        assert body["shipmentRequirements"]["invoice"]["status"] == "AVAILABLE"
        assert body["invoiceInfo"]["invoiceId"] == f"IN-{shipment.id}"
        assert body["lastUpdatedDateTime"] == "2026-09-21T14:13:50.000Z"
        assert (await merchant.call("GET", f"{path}/invoice")).body["document"]["content"]
    assert simulator.effects.count(shipment.id, "invoice_generated") == 1


async def test_a_package_update_voids_an_invoice_that_was_pending() -> None:
    clock = ManualClock()
    simulator = in_manner("late-invoice", clock=clock)
    shipment = new(simulator)
    path = f"{SHIPMENTS}/{shipment.id}"
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        assert (await merchant.call("PUT", f"{path}/packages/P1", package(shipment))).status == 204
        clock.advance(60)
        body = (await merchant.call("GET", path)).body
        assert body["shipmentRequirements"]["invoice"]["status"] == "PENDING"
        assert (await merchant.call("GET", f"{path}/invoice")).status == 404
        for step in ("PICKUP_SLOT_RETRIEVED", "INVOICE_GENERATED"):
            reply = await merchant.step(shipment, step)
        assert reply.body["document"]["content"]  # late once is enough


async def test_a_label_of_the_sellers_own_courier_has_no_file() -> None:
    simulator = in_manner("label-without-file")
    own, easy = new(simulator, "SELF_SHIP"), new(simulator)
    courier = {"packageIds": ["P1"], "courierSupportedAttributes": {"carrierName": "Own", "trackingId": "TRK-1"}}
    async with merchant_of(simulator) as merchant:
        await merchant.walk(own, "INVOICE_GENERATED")
        (label,) = (await labels(merchant, own, f"COURIER=={own.id}", courier)).body["packageShipLabelList"]
        assert label["status"] == "SUCCESS"
        assert "fileData" not in label
        assert label["shipLabelMetadata"]["trackingId"] == "TRK-1"
        await merchant.walk(easy, "INVOICE_GENERATED")
        (label,) = (await labels(merchant, easy, f"PICKUP=={easy.id}")).body["packageShipLabelList"]
        assert "fileData" in label
    assert own.status == "SHIPLABEL_GENERATED"


async def test_labels_fail_once() -> None:
    simulator = in_manner("label-fails-first")
    shipment = new(simulator)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        (label,) = (await merchant.step(shipment, "SHIPLABEL_GENERATED")).body["packageShipLabelList"]
        assert (label["packageId"], label["status"]) == ("P1", "FAILURE")
        assert label["errorDetails"]["code"] == "ServiceUnavailable"
        assert simulator.effects.count(shipment.id, "labels_generated") == 0
        (label,) = (await merchant.step(shipment, "SHIPLABEL_GENERATED")).body["packageShipLabelList"]
        assert label["status"] == "SUCCESS"
    assert simulator.effects.count(shipment.id, "labels_generated") == 1


async def test_carriers_in_other_letters() -> None:
    simulator, carriers = in_manner("other-letters"), set()
    async with merchant_of(simulator) as merchant:
        for _ in range(10):
            shipment = new(simulator)
            await merchant.walk(shipment, "INVOICE_GENERATED")
            (label,) = (await merchant.step(shipment, "SHIPLABEL_GENERATED")).body["packageShipLabelList"]
            carriers.add(label["shipLabelMetadata"]["carrierName"])
    assert carriers == {"भारतीय डाक", "Poczta Główna", "日本郵便"}
