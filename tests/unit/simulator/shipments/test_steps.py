"""The shipments' state machine: every step in every state, and what each one changes."""

from typing import Any

import pytest

from connector.simulator import NewShipment, Simulator
from connector.simulator.amazon.shipments.new import REJECTABLE
from connector.simulator.amazon.shipments.shipments import STATUSES, Program, Shipment
from tests.kit.amazon.simulator import SHIPMENTS, STEPS, UNLIMITED, Merchant, merchant_of, package, rejection

PROGRAMS: tuple[Program, ...] = ("SELLER_FLEX", "EASY_SHIP", "SELF_SHIP")
PACKED = STATUSES[3:7]
# step -> the states from which it is possible, by program; a read of the options is possible in every packed state
POSSIBLE: dict[str, tuple[str, ...]] = {
    "CONFIRMED": ("CREATED", "ACCEPTED"),
    "PACKAGE_CREATED": ("CONFIRMED",),
    "PICKUP_SLOT_RETRIEVED": PACKED,
    "INVOICE_GENERATED": ("PICKUP_SLOT_RETRIEVED",),
    "SHIPLABEL_GENERATED": ("INVOICE_GENERATED",),
    "SHIPPED": ("SHIPLABEL_GENERATED",),
    "CANCELLED": REJECTABLE,
}


def make(program: Program = "SELLER_FLEX", **facts: Any) -> tuple[Simulator, Shipment]:
    simulator = Simulator(limits=UNLIMITED)
    new = NewShipment("M1", {"a": 2, "b": 1}, program=program, **facts)
    return simulator, simulator.marketplace.create_shipment(new)


async def bring(simulator: Simulator, merchant: Merchant, shipment: Shipment, status: str) -> None:
    if status in STEPS:
        await merchant.walk(shipment, status)
    elif status == "DELIVERED":
        await merchant.walk(shipment, "SHIPPED")
        simulator.marketplace.deliver(shipment.id)
    elif status == "CANCELLED":
        await merchant.walk(shipment, "PACKAGE_CREATED")
        simulator.marketplace.cancel(shipment.id)


@pytest.mark.parametrize("program", PROGRAMS)
async def test_the_whole_way_makes_every_effect_once(program: Program) -> None:
    simulator, shipment = make(program)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "SHIPPED")
    assert shipment.status == "SHIPPED"
    options = {} if program == "SELLER_FLEX" else {"options_retrieved": 1}
    assert simulator.effects.counts(shipment.id) == options | {
        "confirmed": 1,
        "packages_created": 1,
        "invoice_generated": 1,
        "labels_generated": 1,
        "package_shipped": 1,
    }
    assert simulator.effects.repeated() == []


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("step", POSSIBLE)
async def test_a_step_is_possible_only_in_its_states(step: str, status: str) -> None:
    simulator, shipment = make("EASY_SHIP", status="CREATED" if status == "CREATED" else "ACCEPTED")
    async with merchant_of(simulator) as merchant:
        await bring(simulator, merchant, shipment, status)
        assert shipment.status == status
        before = simulator.effects.counts(shipment.id)
        reply = await merchant.step(shipment, step)
    if status in POSSIBLE[step]:
        assert reply.status in (200, 204)
    elif step in ("PICKUP_SLOT_RETRIEVED", "SHIPPED") and not shipment.packages:
        assert (reply.status, reply.body["errors"][0]["code"]) == (404, "NotFound")
    else:
        assert (reply.status, reply.body["errors"][0]["code"]) == (400, "InvalidInput")
        assert "Invalid workflow state" in reply.body["errors"][0]["message"]
        assert (shipment.status, simulator.effects.counts(shipment.id)) == (status, before)


@pytest.mark.parametrize("status", [409, 422])
async def test_the_status_for_a_wrong_state_is_a_switch(status: int) -> None:
    simulator, shipment = make()
    simulator.switches.set("wrong_state_status", status)
    async with merchant_of(simulator) as merchant:
        assert (await merchant.step(shipment, "PACKAGE_CREATED")).status == status


@pytest.mark.parametrize(
    ("switch", "status", "effects"), [("refuse", 400, 1), ("conflict", 409, 1), ("accept", 2, 1), ("apply", 2, 2)]
)
@pytest.mark.parametrize("step", [*(s for s in STEPS if s != "PICKUP_SLOT_RETRIEVED"), "CANCELLED"])
async def test_a_repeat_is_a_switch(step: str, switch: str, status: int, effects: int) -> None:
    simulator, shipment = make("EASY_SHIP")
    simulator.switches.set("repeat_step", switch)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, step)
        if step == "CANCELLED":
            await merchant.step(shipment, step)
        first = simulator.effects.of(shipment=shipment.id)[-1]
        reply = await merchant.step(shipment, step)
    assert reply.status // (100 if status == 2 else 1) == status
    assert simulator.effects.count(shipment.id, first.name) == effects
    assert shipment.status == step
    assert bool(simulator.effects.repeated()) == (effects == 2)


async def test_confirm_from_created_is_a_switch() -> None:
    simulator, shipment = make("EASY_SHIP", status="CREATED")
    simulator.switches.confirm_created = False
    async with merchant_of(simulator) as merchant:
        assert (await merchant.step(shipment, "CONFIRMED")).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"referenceId": ""},
        {"referenceId": 7},
        {"lineItems": []},
        {"lineItems": [{"lineItem": {"id": "1"}, "reason": "OUT_OF_STOCK"}]},
        {"lineItems": [{"lineItem": {"id": line}, "reason": "BORED"} for line in ("1", "2")]},
        {"lineItems": [{"lineItem": {"id": line}} for line in ("1", "2")]},
        {"lineItems": [{"lineItem": {"id": line, "quantity": 1}, "reason": "OUT_OF_STOCK"} for line in ("1", "2")]},
        {"lineItems": [{"lineItem": {"id": line}, "reason": "OUT_OF_STOCK"} for line in ("1", "9")]},
        {"lineItems": ["text"]},
    ],
)
async def test_a_rejection_is_whole_and_has_a_reference_and_reasons(change: dict[str, Any]) -> None:
    simulator, shipment = make()
    async with merchant_of(simulator) as merchant:
        path = f"{SHIPMENTS}/{shipment.id}"
        assert (await merchant.call("POST", path, rejection(shipment) | change, operation="REJECT")).status == 400
        assert shipment.status == "ACCEPTED"
        assert (await merchant.call("POST", path, rejection(shipment), operation="REJECT")).status == 204
    assert simulator.effects.of(name="rejected")[0].detail == "ref-1"
    assert simulator.inventory.reserved["M1", "EXSB", "a"] == 0
    (cancellation,) = shipment.lines["1"]["cancellations"]
    assert (cancellation["cancellationType"], cancellation["cancellationReason"]) == ("SELLER_REJECTED", "OUT_OF_STOCK")
    assert cancellation["cancelledQuantity"] == 2


async def test_a_rejection_cancels_the_packages_too() -> None:
    simulator, shipment = make()
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "PACKAGE_CREATED")
        assert (await merchant.step(shipment, "CANCELLED")).status == 204
    assert shipment.packages["P1"]["status"] == "CANCELLED"


async def test_a_rejection_needs_a_state_that_the_shipment_names() -> None:
    simulator, shipment = make(rejectable=("ACCEPTED",))
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        assert (await merchant.step(shipment, "CANCELLED")).status == 400


def _with(shipment: Shipment, **changes: Any) -> dict[str, Any]:
    return package(shipment) | changes


SIDE = {"value": "1", "dimensionUnit": "CM"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": ""}, "id"),
        ({"weight": {"value": "4.9", "weightUnit": "G"}}, "5 g"),
        ({"weight": {"value": 400, "weightUnit": "G"}}, "decimal string"),
        ({"weight": {"value": "NaN", "weightUnit": "G"}}, "decimal string"),
        ({"weight": {"value": "1", "weightUnit": "STONE"}}, "weightUnit"),
        ({"weight": None}, "weight is mandatory"),
        ({"dimensions": {"length": SIDE, "width": SIDE}}, "height is mandatory"),
        ({"dimensions": {"length": SIDE, "width": SIDE, "height": SIDE | {"value": "0"}}}, "dimensions.height.value"),
        ({"packageLineItems": []}, "packageLineItems"),
        ({"packageLineItems": [{"packageLineItemId": "9", "quantity": 1}]}, "not a line item"),
        ({"packageLineItems": [{"packageLineItemId": "1", "quantity": 0}]}, "at least 1"),
        ({"packageLineItems": [{"packageLineItemId": "1", "quantity": 2}]}, "Line item 2 has 1 units"),
    ],
)
async def test_a_bad_package_is_refused(changes: dict[str, Any], message: str) -> None:
    simulator, shipment = make()
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        reply = await merchant.step(shipment, "PACKAGE_CREATED", [_with(shipment, **changes)])
    assert reply.status == 400
    assert message in reply.body["errors"][0]["message"]
    assert shipment.status == "CONFIRMED"


async def test_what_amazon_requires_of_every_unit_must_be_there() -> None:
    simulator, shipment = make(serials=True, country_of_origin=True, item_value=True)
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        sent, heard = package(shipment), []
        value = {"value": "5", "currencyCode": "INR"}
        for name, of in (("serialNumbers", None), ("countryOfOrigin", "IN"), ("itemValue", value)):
            heard.append((await merchant.step(shipment, "PACKAGE_CREATED", [sent])).body["errors"][0]["message"])
            for item in sent["packageLineItems"]:
                item[name] = of or [f"s{n}" for n in range(item["quantity"])]
        assert (await merchant.step(shipment, "PACKAGE_CREATED", [sent])).status == 204
    assert [text.split(" ")[0] for text in heard] == ["Line", "countryOfOrigin", "itemValue"]


async def test_a_shipment_is_shipped_when_all_its_packages_are() -> None:
    simulator, shipment = make()
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "CONFIRMED")
        parts = [package(shipment, "P1", line1=2), package(shipment, "P2", line2=1)]
        assert (await merchant.step(shipment, "PACKAGE_CREATED", [parts[0], parts[0]])).status == 400
        await merchant.step(shipment, "PACKAGE_CREATED", parts)
        await merchant.step(shipment, "INVOICE_GENERATED")
        await merchant.labels(shipment, "GENERATE", {"packageIds": ["P1"]})
        assert shipment.status == "INVOICE_GENERATED"
        await merchant.labels(shipment, "GENERATE", {"packageIds": ["P2"]})
        await merchant.step(shipment, "SHIPPED")
        assert (shipment.status, shipment.packages["P1"]["status"]) == ("SHIPLABEL_GENERATED", "SHIPPED")
        path = f"{SHIPMENTS}/{shipment.id}/packages/P2"
        assert (await merchant.call("PATCH", path, status="SHIPPED")).status == 204  # the deprecated form
    assert shipment.status == "SHIPPED"


@pytest.mark.parametrize("status", PACKED)
async def test_a_package_update_goes_back_to_the_shipping_options(status: str) -> None:
    simulator, shipment = make("SELF_SHIP")
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, status)
        path = f"{SHIPMENTS}/{shipment.id}/packages/P1"
        heavier = package(shipment) | {"weight": {"value": "2", "weightUnit": "KG"}}
        assert (await merchant.call("PUT", path, heavier | {"id": "P2"})).status == 400
        assert (await merchant.call("PUT", path, heavier)).status == 204
        assert (shipment.status, shipment.packages["P1"]["weight"]["value"]) == ("PACKAGE_CREATED", "2")
        assert (await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}/invoice")).status == 404
        for step in STEPS[2:]:
            assert (await merchant.step(shipment, step)).status in (200, 204)
        assert (await merchant.call("PUT", path, heavier)).status == 400


async def test_delivery_statuses_are_for_self_ship() -> None:
    for program in ("EASY_SHIP", "SELF_SHIP"):
        simulator, shipment = make(program)
        async with merchant_of(simulator) as merchant:
            await merchant.walk(shipment, "SHIPLABEL_GENERATED")
            path, out = f"{SHIPMENTS}/{shipment.id}/packages/P1", {"status": "SHIPPED", "subStatus": "OUT_FOR_DELIVERY"}
            assert (await merchant.call("PATCH", path, out)).status == 400
            await merchant.step(shipment, "SHIPPED")
            reply = await merchant.call("PATCH", path, out)
            if program == "EASY_SHIP":
                assert reply.status == 400
                continue
            late = {"status": "SHIPPED", "subStatus": "NOT_DELIVERED", "reason": "nobody home"}
            assert (await merchant.call("PATCH", path, late)).status == 204
            assert (shipment.body["subStatus"], shipment.body["reason"]) == ("NOT_DELIVERED", "nobody home")
            assert (await merchant.call("PATCH", path, late | {"reason": "x" * 129})).status == 400
            assert (await merchant.call("PATCH", path, {"status": "DELIVERED"})).status == 204
            assert shipment.status == "DELIVERED"
            details = [effect.detail for effect in simulator.effects.of(name="package_sub_status")]
            assert details == ["P1,OUT_FOR_DELIVERY", "P1,NOT_DELIVERED"]


async def test_orders_reserve_stock_until_they_have_left() -> None:
    simulator, shipment = make()
    async with merchant_of(simulator) as merchant:
        assert (await merchant.update("a", 10, 1))["sellableQuantity"] == 8
        await merchant.walk(shipment, "SHIPLABEL_GENERATED")
        assert (await merchant.update("a", 1, 2))["sellableQuantity"] == 0
        await merchant.step(shipment, "SHIPPED")
        assert (await merchant.update("a", 8, 3))["sellableQuantity"] == 8


async def test_stock_may_be_released_with_the_label() -> None:
    simulator, shipment = make()
    simulator.switches.release_stock_at = "label"
    async with merchant_of(simulator) as merchant:
        await merchant.walk(shipment, "SHIPLABEL_GENERATED")
        assert (await merchant.update("a", 10, 1))["sellableQuantity"] == 10
        await merchant.call("PUT", f"{SHIPMENTS}/{shipment.id}/packages/P1", package(shipment))
        assert (await merchant.update("a", 10, 2))["sellableQuantity"] == 8
