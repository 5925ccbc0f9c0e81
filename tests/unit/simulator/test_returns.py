"""listReturns and getReturn, and the traps of their filters."""

import pytest

from connector.simulator import Clock, NewReturn, NewShipment, Simulator
from tests.kit.amazon.simulator import RETURNS, UNLIMITED, ManualClock, Merchant, merchant_of


def make() -> tuple[Simulator, ManualClock, str]:
    clock = ManualClock()
    simulator = Simulator(limits=UNLIMITED, clock=Clock(clock.monotonic, clock.wall))
    return simulator, clock, simulator.marketplace.create_shipment(NewShipment("M1", {"a": 2, "b": 1})).id


async def listed(merchant: Merchant, **query: str | int) -> list[str]:
    reply = await merchant.call("GET", RETURNS, **query)
    assert reply.status == 200, reply
    return [each["id"] for each in reply.body["returns"]]


async def test_a_return_is_read_by_its_merchant_alone() -> None:
    simulator, _, shipment_id = make()
    made = simulator.marketplace.create_return(NewReturn(shipment_id, sku="b", reason="Zu klein", rma_id="R1"))
    async with merchant_of(simulator) as merchant:
        found = await merchant.call("GET", f"{RETURNS}/{made.id}")
        assert found.body == made.body
        assert (found.body["merchantSku"], found.body["numberOfUnits"], found.body["status"]) == ("b", 1, "CREATED")
        assert found.body["marketplaceChannelDetails"]["shipmentId"] == shipment_id
        assert found.body["returnMetadata"]["returnReason"] == "Zu klein"
        await merchant.log_in("Atzr|M2")
        assert (await merchant.call("GET", f"{RETURNS}/{made.id}")).status == 404
        assert await listed(merchant) == []


async def test_filters() -> None:
    simulator, clock, shipment_id = make()
    marketplace = simulator.marketplace
    first = marketplace.create_return(NewReturn(shipment_id, rma_id="R1"))
    clock.advance(10)
    second = marketplace.create_return(NewReturn(shipment_id, sku="b", rma_id="R1", return_location_id="L2"))
    created = second.body["creationDateTime"]
    clock.advance(10)
    marketplace.advance_return(first.id, "IN_TRANSIT")
    updated, tracking = first.body["lastUpdatedDateTime"], first.body["returnShippingInfo"]["reverseTrackingInfo"]
    both = [first.id, second.id]
    async with merchant_of(simulator) as merchant:
        for query, expected in (
            ({}, both),
            ({"rmaId": "R1"}, both),
            ({"rmaId": "R2"}, []),
            ({"status": "IN_TRANSIT"}, [first.id]),
            ({"returnLocationId": "L2"}, [second.id]),
            ({"reverseTrackingId": tracking["trackingId"]}, [first.id]),
            ({"createdSince": created}, [second.id]),
            ({"createdUntil": created}, [first.id]),
            # deprecated, and filters by creation: the first was updated after this, but created before
            ({"lastUpdatedAfter": created}, [second.id]),
            ({"lastUpdatedBefore": created}, [first.id]),
            ({"lastUpdatedSince": updated, "returnLocationId": "EXSB", "status": "IN_TRANSIT"}, [first.id]),
            ({"lastUpdatedUntil": updated, "returnLocationId": "EXSB", "status": "IN_TRANSIT"}, []),
        ):
            assert await listed(merchant, **query) == expected, query


@pytest.mark.parametrize(
    "query",
    [
        {"lastUpdatedSince": "2026-01-01T00:00:00Z"},
        {"lastUpdatedUntil": "2026-01-01T00:00:00Z", "status": "CREATED"},
        {"lastUpdatedSince": "2026-01-01T00:00:00Z", "returnLocationId": "EXSB"},
        {"status": "LOST"},
        {"createdSince": "soon"},
        {"maxResults": 101},
    ],
)
async def test_bad_filters_are_refused(query: dict[str, str | int]) -> None:
    async with merchant_of(make()[0]) as merchant:
        assert (await merchant.call("GET", RETURNS, **query)).status == 400


async def test_pages_may_be_empty_and_hold_ten_by_default() -> None:
    simulator, _, shipment_id = make()
    simulator.switches.empty_first_page = True
    made = [simulator.marketplace.create_return(NewReturn(shipment_id)).id for _ in range(13)]
    async with merchant_of(simulator) as merchant:
        found: list[str] = []
        sizes: list[int] = []
        query: dict[str, str] = {}
        while True:
            body = (await merchant.call("GET", RETURNS, **query)).body
            found += [each["id"] for each in body["returns"]]
            sizes.append(len(body["returns"]))
            if "nextToken" not in body:
                break
            query = {"nextToken": body["nextToken"]}
    assert (found, sizes) == (made, [0, 10, 3])


async def test_the_way_of_a_return_is_written_down() -> None:
    simulator, clock, shipment_id = make()
    made = simulator.marketplace.create_return(NewReturn(shipment_id, sub_type="EXCHANGE", exchange_order_id="407-1"))
    for status in ("PICKED_FROM_CUSTOMER", "DELIVERED", "PROCESSED"):
        clock.advance(60)
        simulator.marketplace.advance_return(made.id, status)
    shipping = made.body["returnShippingInfo"]
    assert shipping["pickupDateTime"] < shipping["deliveryDateTime"] < made.body["lastUpdatedDateTime"]
    assert made.body["marketplaceChannelDetails"]["exchangeOrderId"] == "407-1"
    with pytest.raises(ValueError, match="status must be one of"):
        simulator.marketplace.advance_return(made.id, "LOST")
    with pytest.raises(ValueError, match="no SKU"):
        simulator.marketplace.create_return(NewReturn(shipment_id, sku="z"))
