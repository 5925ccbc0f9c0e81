"""403 for one thing, for good."""

from connector.simulator import NewReturn, NewShipment
from tests.kit.amazon.simulator import RETURNS, SHIPMENTS, STEPS, in_manner, merchant_of, package


async def test_one_shipment_is_forbidden_in_every_call_but_listed() -> None:
    simulator = in_manner("forbidden-shipment=1,match=SHP0000001")
    mine, other = (simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1})) for _ in range(2))
    async with merchant_of(simulator) as merchant:
        path = f"{SHIPMENTS}/{mine.id}"
        for _ in range(2):
            assert (await merchant.call("GET", path)).status == 403
            for step in (*STEPS, "CANCELLED"):
                assert (await merchant.step(mine, step)).status == 403
            assert (await merchant.call("PUT", f"{path}/packages/P1", package(mine))).status == 403
            assert (await merchant.call("GET", f"{path}/invoice")).status == 403
        listed = await merchant.call("GET", SHIPMENTS, status="ACCEPTED")
        assert {shipment["id"] for shipment in listed.body["shipments"]} == {mine.id, other.id}
        await merchant.walk(other, "SHIPPED")
    assert mine.status == "ACCEPTED"
    assert simulator.effects.of(shipment=mine.id) == []
    assert other.status == "SHIPPED"


async def test_one_location_is_forbidden_where_a_list_is_asked_for_it() -> None:
    simulator = in_manner("forbidden-location=1,match=EXMF")
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, location_id="EXMF"))
    simulator.marketplace.create_return(NewReturn(shipment.id))
    async with merchant_of(simulator) as merchant:
        assert (await merchant.call("GET", SHIPMENTS, status="ACCEPTED", locationId="EXMF")).status == 403
        assert (await merchant.call("GET", RETURNS, returnLocationId="EXMF")).status == 403
        assert (await merchant.call("GET", SHIPMENTS, status="ACCEPTED", locationId="EXSB")).status == 200
        assert len((await merchant.call("GET", SHIPMENTS, status="ACCEPTED")).body["shipments"]) == 1
        assert len((await merchant.call("GET", RETURNS)).body["returns"]) == 1
