"""Shipping options, invoices and label files."""

import base64

import pytest

from connector.simulator import Clock, NewShipment, Simulator
from connector.simulator.amazon.files import CONTENT_TYPES
from connector.simulator.amazon.shipments.shipments import Program
from tests.kit.amazon.simulator import SHIPMENTS, UNLIMITED, ManualClock, Merchant, merchant_of, package


async def file_of(merchant: Merchant, url: str) -> tuple[int, str, bytes]:
    async with merchant.http.get(url) as response:  # no token: a presigned URL needs none
        return response.status, response.content_type, await response.read()


async def test_seller_flex_has_no_options_and_needs_none() -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        assert (await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body == {"shippingOptions": []}
        assert shipment.status == "PACKAGE_CREATED"
        assert (await merchant.step(shipment, "INVOICE_GENERATED")).status == 200


@pytest.mark.parametrize(("program", "ship_by"), [("EASY_SHIP", "MARKETPLACE"), ("SELF_SHIP", "SELLER")])
async def test_options_lead_on_and_one_of_them_must_be_chosen(program: Program, ship_by: str) -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program=program))
    path = f"{SHIPMENTS}/{shipment.id}"
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        assert (await merchant.call("GET", f"{path}/shippingOptions")).status == 400
        assert (await merchant.call("GET", f"{path}/shippingOptions", packageId="P9")).status == 404
        offered = (await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body
        assert shipment.status == "PICKUP_SLOT_RETRIEVED"
        assert (await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")).body == offered
        assert offered["recommendedShippingOption"] == offered["shippingOptions"][0]
        assert offered["recommendedShippingOption"]["shipBy"] == ship_by
        await merchant.step(shipment, "INVOICE_GENERATED")
        for option in ({}, {"shippingOptionId": "another"}):
            assert (await merchant.call("PUT", f"{path}/shipLabels", operation="GENERATE", **option)).status == 400


async def test_options_may_be_left_out_where_the_switch_says_so() -> None:
    simulator = Simulator(limits=UNLIMITED)
    simulator.switches.options_change_state = False
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program="EASY_SHIP"))
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        await merchant.step(shipment, "PICKUP_SLOT_RETRIEVED")
        assert shipment.status == "PACKAGE_CREATED"
        assert (await merchant.step(shipment, "INVOICE_GENERATED")).status == 200


async def test_a_third_party_courier_must_be_named() -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, program="SELF_SHIP"))
    query = {"operation": "GENERATE", "shippingOptionId": f"COURIER=={shipment.id}"}
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        path = f"{SHIPMENTS}/{shipment.id}/shipLabels"
        assert (await merchant.call("PUT", path, **query)).status == 400
        courier = {"carrierName": "Blue", "trackingId": "T-1"}
        body = {"packageIds": ["P1"], "courierSupportedAttributes": courier}
        (label,) = (await merchant.call("PUT", path, body, **query)).body["packageShipLabelList"]
    assert label["shipLabelMetadata"].items() >= courier.items()


@pytest.mark.parametrize("file_format", ["PDF", "PNG", "PLAIN_TEXT"])
async def test_an_invoice_is_generated_once_and_read_again(file_format: str) -> None:
    simulator = Simulator(limits=UNLIMITED)
    simulator.switches.set("invoice_format", file_format)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        path = f"{SHIPMENTS}/{shipment.id}/invoice"
        assert (await merchant.call("GET", path)).status == 404
        await merchant.walk(shipment, "PACKAGE_CREATED")
        made = (await merchant.call("POST", path)).body
        assert made == (await merchant.call("GET", path)).body
    assert made["document"]["format"] == file_format
    assert base64.b64decode(made["document"]["content"]) == shipment.invoice
    assert f"INVOICE {shipment.id}".encode() in (shipment.invoice or b"")
    assert shipment.body["invoiceInfo"]["invoiceId"]
    assert shipment.body["shipmentRequirements"]["invoice"]["status"] == "AVAILABLE"


async def test_easy_ship_outside_india_has_no_invoice() -> None:
    simulator = Simulator(limits=UNLIMITED)
    new = NewShipment("M1", {"a": 1}, program="EASY_SHIP", marketplace_id="A1PA6795UKMFR9")
    shipment = simulator.marketplace.create_shipment(new)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PICKUP_SLOT_RETRIEVED")
        assert (await merchant.step(shipment, "INVOICE_GENERATED")).status == 400
        assert (await merchant.step(shipment, "SHIPLABEL_GENERATED")).status == 200


@pytest.mark.parametrize("label_format", list(CONTENT_TYPES))
async def test_a_labels_url_gives_the_file_until_it_expires(label_format: str) -> None:
    clock = ManualClock()
    simulator = Simulator(limits=UNLIMITED, clock=Clock(clock.monotonic, clock.wall))
    simulator.switches.set("label_format", label_format)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        (label,) = (await merchant.labels(shipment, "GENERATE")).body["packageShipLabelList"]
        assert (label["packageId"], label["status"]) == ("P1", "SUCCESS")
        url, content = label["fileData"]["url"], shipment.labels["P1"].content
        assert await file_of(merchant, url) == (200, CONTENT_TYPES[label_format], content)
        (again,) = (await merchant.labels(shipment, "REGENERATE", {"packageIds": ["P1"]})).body["packageShipLabelList"]
        assert again["shipLabelMetadata"] == label["shipLabelMetadata"]
        renewed = await file_of(merchant, again["fileData"]["url"])
        assert renewed[2] == shipment.labels["P1"].content != content
        assert (await file_of(merchant, url))[2] == content
        clock.advance(300)
        assert (await file_of(merchant, url))[0] == 403
        assert (await file_of(merchant, merchant.url + "/labels/unknown"))[0] == 403
    assert simulator.effects.count(shipment.id, "labels_regenerated") == 1
    assert shipment.status == "SHIPLABEL_GENERATED"


async def test_one_packages_label_may_fail() -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2}))
    simulator.documents.failing_packages["P2"] = "No carrier serves this address"
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        parts = [package(shipment, "P1", line1=1), package(shipment, "P2", line1=1)]
        await merchant.step(shipment, "PACKAGE_CREATED", parts)
        await merchant.step(shipment, "INVOICE_GENERATED")
        for ids, status in (([], 400), (["P1", "P1"], 400), (["P9"], 404), ([["P1"]], 400)):
            assert (await merchant.labels(shipment, "GENERATE", {"packageIds": ids})).status == status
        listed = (await merchant.labels(shipment, "GENERATE")).body["packageShipLabelList"]
        assert [label["status"] for label in listed] == ["SUCCESS", "FAILURE"]
        assert shipment.status == "INVOICE_GENERATED"
        assert (await merchant.labels(shipment, "REGENERATE")).status == 404
        simulator.documents.failing_packages.clear()
        await merchant.labels(shipment, "GENERATE")
    assert shipment.status == "SHIPLABEL_GENERATED"
    assert [effect.detail for effect in simulator.effects.of(name="labels_generated")] == ["P1", "P2"]


async def test_label_files_can_fail_too() -> None:
    simulator = Simulator(limits=UNLIMITED)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    simulator.fault("503,op=label_file,merchant=M1,count=1")
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "INVOICE_GENERATED")
        (label,) = (await merchant.labels(shipment, "GENERATE")).body["packageShipLabelList"]
        assert [(await file_of(merchant, label["fileData"]["url"]))[0] for _ in range(2)] == [503, 200]
