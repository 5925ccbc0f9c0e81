"""How a shipment is told: the same each time, in lists as alone, and the state is as it was."""

import copy
from typing import Any

import pytest

from connector.simulator import NewShipment, Simulator
from connector.simulator.amazon.shipments.shipments import Shipment
from connector.simulator.manners.shipment_facts import LARGE_GIFT_MESSAGE, MANNERS
from tests.kit.amazon.simulator import SHIPMENTS, in_manner, merchant_of, rejection


async def told(simulator: Simulator, **facts: Any) -> tuple[Shipment, dict[str, Any]]:
    """(the shipment, what getShipment says). It says the same again, and in the list; the state is not touched."""
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2, "b": 1}, program="EASY_SHIP", **facts))
    before = copy.deepcopy(shipment.body)
    async with merchant_of(simulator) as merchant:
        alone = await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")
        again = await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")
        listed = await merchant.call("GET", SHIPMENTS, status=shipment.status)
    assert alone.status == 200
    assert alone.body == again.body == listed.body["shipments"][0]
    assert shipment.body == before
    body: dict[str, Any] = alone.body
    assert body["id"] == shipment.id
    assert body["status"] == shipment.status
    assert len(body["lineItems"]) == 2
    return shipment, body


async def test_without_a_manner_it_is_told_as_it_is() -> None:
    shipment, body = await told(in_manner())
    assert body == shipment.body


async def test_no_eligible_states_and_a_rejection_is_taken() -> None:
    simulator = in_manner("no-eligible-states")
    shipment, body = await told(simulator)
    assert "orderStatesEligibleForRejection" not in body["shipmentInfo"]
    async with merchant_of(simulator) as merchant:
        path = f"{SHIPMENTS}/{shipment.id}"
        assert (await merchant.call("POST", path, rejection(shipment), operation="REJECT")).status == 204
    assert simulator.effects.count(shipment.id, "rejected") == 1


async def test_no_lines_recommended() -> None:
    _, body = await told(in_manner("no-lines-recommended"))
    assert [package["lineItems"] for package in body["shippingInfo"]["recommendedPackages"]] == [[]]


async def test_bad_recommended_measures_of_every_sort() -> None:
    simulator, found = in_manner("bad-recommended-measures"), set()
    for _ in range(20):
        shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
        async with merchant_of(simulator) as merchant:
            body = (await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")).body
        (package,) = body["shippingInfo"]["recommendedPackages"]
        length, weight = package["dimensions"].get("length", {}).get("value"), package.get("weight", {}).get("value")
        found.add((length, weight))
    assert found == {("0", "500"), ("20", "-1"), ("20", None), (None, "500")}


async def test_measures_as_numbers() -> None:
    _, body = await told(in_manner("numbers-for-decimals"))
    (package,) = body["shippingInfo"]["recommendedPackages"]
    assert package["weight"]["value"] == 500
    assert [side["value"] for side in package["dimensions"].values()] == [20, 15, 10]


@pytest.mark.parametrize("seed", range(5))
async def test_times_in_another_form_that_lose_nothing(seed: int) -> None:
    shipment, body = await told(in_manner("other-times", seed=seed))
    for name in ("creationDateTime", "lastUpdatedDateTime", "earliestPackDateTime"):
        assert body[name] != shipment.body[name]
    assert (
        body["shippingInfo"]["expectedShippingDateTimeInUTC"]
        != shipment.body["shippingInfo"]["expectedShippingDateTimeInUTC"]
    )


async def test_times_come_in_every_form() -> None:
    forms = {str((await told(in_manner("other-times", seed=seed)))[1]["creationDateTime"]) for seed in range(30)}
    assert forms == {
        "2026-09-21 14:13:20.000Z",
        "2026-09-21T19:43:20.000+05:30",
        "2026-09-21T14:13:20.000000+00:00",
        "1790000000000",
    }


async def test_one_side_fact_that_cant_be_read() -> None:
    odd: set[str] = set()
    for seed in range(40):
        shipment, body = await told(in_manner("unreadable-side-fact", seed=seed))
        changed = {name for name in shipment.body if body[name] != shipment.body[name]}
        assert len(changed) == 1
        assert not changed & {"id", "status", "lastUpdatedDateTime"}
        odd |= changed
    assert {"earliestPackDateTime", "charges", "shippingInfo", "shipmentInfo", "lineItems", "creationDateTime"} == odd


async def test_names_in_other_letters() -> None:
    names = {
        (await told(in_manner("other-letters", seed=seed)))[1]["shippingInfo"]["shipToAddress"]["name"]
        for seed in range(30)
    }
    assert {"आशा उदाहरण", "Łucja Żółć", "見本 花子"} < names


async def test_a_large_gift_message() -> None:
    _, body = await told(in_manner("large-gift-message"))
    assert len(body["lineItems"][0]["giftAttributes"]["giftMessage"]["content"]) > 1_200_000


async def test_nulls_in_place_of_nothing() -> None:
    shipment, body = await told(in_manner("nulls"))
    assert "subStatus" not in shipment.body
    assert [body[name] for name in ("subStatus", "reason", "packages", "invoiceInfo")] == [None] * 4
    assert body["lineItems"][0]["cancellations"] is None


async def test_fields_of_tomorrow() -> None:
    shipment, body = await told(in_manner("new-fields"))
    assert set(body) - set(shipment.body) == {"sustainability"}


async def test_all_at_once() -> None:
    together = [manner.name for manner in MANNERS if manner is not LARGE_GIFT_MESSAGE]
    for seed in range(10):
        await told(in_manner(*together, seed=seed))
