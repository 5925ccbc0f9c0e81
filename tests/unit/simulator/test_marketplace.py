"""Buyers, carriers, Amazon and the console; in process and over HTTP."""

from typing import Any

import pytest

from connector.simulator import Clock, NewShipment, Simulator
from tests.kit.amazon.simulator import UNLIMITED, ManualClock, merchant_of


def make(**facts: Any) -> tuple[Simulator, str]:
    clock = ManualClock()
    simulator = Simulator(limits=UNLIMITED, clock=Clock(clock.monotonic, clock.wall))
    return simulator, simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2, "b": 1}, **facts)).id


def test_the_program_makes_channel_and_shipping_type() -> None:
    for program, expected in (
        ("SELLER_FLEX", ("FBA", "MARKETPLACE", {"postalCode"})),
        ("EASY_SHIP", ("MFN", "MARKETPLACE", None)),
        ("SELF_SHIP", ("MFN", "SELF", None)),
    ):
        simulator, shipment_id = make(program=program, recommended_packages=program == "EASY_SHIP", ship_by=1.8e9)
        body = simulator.shipments[shipment_id].body
        shipping = body["shippingInfo"]
        assert (body["marketplaceAttributes"]["channelName"], shipping["shippingType"]) == expected[:2]
        assert set(shipping["shipToAddress"]) == expected[2] or "addressLine1" in shipping["shipToAddress"]
        assert ("recommendedPackages" in shipping) == (program == "EASY_SHIP")
        assert shipping["expectedShippingDateTimeInUTC"] == "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize("by", ["MARKETPLACE_CANCELLED", "SYSTEM_CANCELLED", "SELLER_REJECTED"])
async def test_a_cancellation_ends_every_line_and_every_step(by: Any) -> None:
    simulator, shipment_id = make()
    shipment = simulator.shipments[shipment_id]
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        simulator.marketplace.cancel(shipment_id, "No longer needed", by)
        for step in ("CONFIRMED", "PACKAGE_CREATED", "INVOICE_GENERATED", "SHIPLABEL_GENERATED", "SHIPPED"):
            assert (await merchant.step(shipment, step)).status == 400
    assert shipment.status == "CANCELLED"
    for line in shipment.body["lineItems"]:
        (cancellation,) = line["cancellations"]
        assert (cancellation["cancellationType"], cancellation["cancellationReason"]) == (by, "No longer needed")
    assert simulator.effects.counts(shipment_id) == {"confirmed": 1, "packages_created": 1}
    assert simulator.inventory.reserved["M1", "EXSB", "a"] == 0


def test_the_console_jumps_and_says_so() -> None:
    simulator, shipment_id = make()
    shipment = simulator.marketplace.work_in_console(shipment_id, "SHIPPED")
    assert shipment.body["shipmentInfo"]["processingSource"] == "EXTERNAL_PLATFORM"
    assert [package["status"] for package in shipment.packages.values()] == ["SHIPPED"]
    assert simulator.effects.of() == []
    with pytest.raises(ValueError, match="status must be one of"):
        simulator.marketplace.work_in_console(shipment_id, "LOST")
    assert simulator.marketplace.deliver(shipment_id).body["subStatus"] == "DELIVERED"


def test_replacement_and_exchange_are_free_and_name_their_original() -> None:
    simulator, shipment_id = make(program="EASY_SHIP")
    same = simulator.marketplace.replace(shipment_id).body
    other = simulator.marketplace.replace(shipment_id, {"c": 1}).body
    assert (same["shipmentInfo"]["shipmentType"], other["shipmentInfo"]["shipmentType"]) == ("REPLACEMENT", "EXCHANGE")
    for body in (same, other):
        assert body["shipmentInfo"]["originalShipmentInfo"]["id"] == shipment_id
        assert body["charges"][0]["totalCharge"]["netAmount"]["value"] in ("0", "0.00")
        assert body["marketplaceAttributes"]["channelName"] == "MFN"
    (replaced,) = other["shipmentInfo"]["originalShipmentInfo"]["originalLineItems"]
    assert (replaced["replacingSku"], replaced["originalSku"]) == ("c", "a")


async def test_a_customer_can_cancel_in_the_middle_of_a_sequence() -> None:
    simulator, shipment_id = make()
    shipment = simulator.shipments[shipment_id]
    simulator.effects.listeners.append(
        lambda effect: effect.name == "packages_created" and simulator.marketplace.cancel(effect.shipment_id)
    )
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        assert (await merchant.step(shipment, "INVOICE_GENERATED")).status == 400
    assert shipment.status == "CANCELLED"


def test_recommended_sizes_may_come_as_numbers() -> None:
    for numbers, expected in ((False, "500"), (True, 500)):
        simulator, shipment_id = make(recommended_as_numbers=numbers)
        (recommended,) = simulator.shipments[shipment_id].body["shippingInfo"]["recommendedPackages"]
        assert recommended["weight"]["value"] == expected


def test_an_amendment_merges_and_counts_as_an_update() -> None:
    clock = ManualClock()
    simulator = Simulator(clock=Clock(clock.monotonic, clock.wall))
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    before = shipment.body["lastUpdatedDateTime"]
    clock.advance(1)
    simulator.marketplace.amend(shipment.id, {"shippingInfo": {"recommendedShipMethod": "FAST"}})
    assert shipment.body["shippingInfo"]["recommendedShipMethod"] == "FAST"
    assert shipment.body["shippingInfo"]["shippingType"] == "MARKETPLACE"
    assert shipment.body["lastUpdatedDateTime"] > before


async def test_everything_is_possible_over_http() -> None:
    simulator = Simulator(limits=UNLIMITED)
    async with merchant_of(simulator) as merchant:

        async def admin(method: str, path: str, body: Any = None) -> Any:
            return (await merchant.call(method, f"/simulator/{path}", body)).body

        facts = {"merchant_id": "M1", "lines": {"a": 1}, "program": "EASY_SHIP", "count": 3}
        first, second, third = [body["id"] for body in await admin("POST", "shipments", facts)]
        assert (await admin("POST", f"shipments/{first}/cancel", {"reason": "changed my mind"}))[
            "status"
        ] == "CANCELLED"
        assert (await admin("POST", f"shipments/{second}/console", {"status": "CONFIRMED"}))["status"] == "CONFIRMED"
        assert (await admin("POST", f"shipments/{second}/ship", {}))["subStatus"] == "PICKED_UP"
        assert (await admin("POST", f"shipments/{second}/deliver", {}))["status"] == "DELIVERED"
        exchange = await admin("POST", f"shipments/{second}/replace", {"lines": {"b": 1}})
        assert exchange["shipmentInfo"]["shipmentType"] == "EXCHANGE"
        assert (await admin("PATCH", f"shipments/{third}", {"reason": "r"}))["reason"] == "r"
        assert await admin("GET", f"shipments/{third}") == simulator.shipments[third].body
        assert [b["id"] for b in await admin("GET", "shipments?merchant=M1&status=ACCEPTED")] == [third, exchange["id"]]
        returned = await admin("POST", "returns", {"shipment_id": second, "reason": "too big"})
        assert (await admin("POST", f"returns/{returned['id']}/advance", {"status": "DELIVERED"}))[
            "status"
        ] == "DELIVERED"
        assert len(await admin("GET", "returns?merchant=M1")) == 1
        await merchant.walk(simulator.shipments[third], "CONFIRMED")
        (effect,) = await admin("GET", f"effects?shipment={third}")
        assert (effect["name"], effect["merchant_id"]) == ("confirmed", "M1")
        assert (await admin("PATCH", "notifications", {"loss": 0.5}))["loss"] == 0.5
        assert (await admin("GET", "notifications")) == {"sent": [], "lost": [], "failed": []}
        assert await admin("POST", "notifications", {"message": "garbage"}) is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("shipments", {"merchant_id": "M1"}, 400),
        ("shipments", {"merchant_id": "M1", "lines": {"a": 1}, "colour": "red"}, 400),
        ("shipments", ["no object"], 400),
        ("shipments/none/cancel", {}, 404),
        ("returns", {"shipment_id": "none"}, 404),
        ("returns/none/advance", {"status": "DELIVERED"}, 404),
        ("returns/none/advance", {"status": "LOST"}, 400),
    ],
)
async def test_bad_controls_are_refused_with_a_text(path: str, body: Any, status: int) -> None:
    async with (
        merchant_of(Simulator()) as merchant,
        merchant.http.post(f"{merchant.url}/simulator/{path}", json=body) as response,
    ):
        assert (response.status, bool(await response.text())) == (status, True)
