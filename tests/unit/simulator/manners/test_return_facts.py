"""How a return is told."""

import copy
from typing import Any

from connector.simulator import NewReturn, NewShipment, Simulator
from connector.simulator.amazon.returns.returns import Return
from tests.kit.amazon.simulator import RETURNS, in_manner, merchant_of


async def told(simulator: Simulator) -> tuple[Return, dict[str, Any]]:
    """(the return, what getReturn says), the same as in the list of its location; the state is not touched."""
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    made = simulator.marketplace.create_return(NewReturn(shipment.id, return_location_id="BACK"))
    before = copy.deepcopy(made.body)
    async with merchant_of(simulator) as merchant:
        alone = await merchant.call("GET", f"{RETURNS}/{made.id}")
        listed = await merchant.call("GET", RETURNS, returnLocationId="BACK", status="CREATED")
    assert alone.body == listed.body["returns"][0]
    assert made.body == before
    body: dict[str, Any] = alone.body
    return made, body


async def test_without_a_manner_it_is_told_as_it_is() -> None:
    made, body = await told(in_manner())
    assert body == made.body


async def test_its_location_in_the_details_alone() -> None:
    _, body = await told(in_manner("return-location-in-details"))
    assert "returnLocationId" not in body
    assert body["marketplaceChannelDetails"]["returnLocationId"] == "BACK"


async def test_without_units() -> None:
    made, body = await told(in_manner("return-without-units"))
    assert set(made.body) - set(body) == {"numberOfUnits"}


async def test_times_in_another_form() -> None:
    made, body = await told(in_manner("other-times"))
    assert body["lastUpdatedDateTime"] != made.body["lastUpdatedDateTime"]


async def test_one_side_fact_that_cant_be_read() -> None:
    odd: set[str] = set()
    for seed in range(30):
        made, body = await told(in_manner("unreadable-side-fact", seed=seed))
        changed = {name for name in body if body[name] != made.body.get(name)}
        assert len(changed) == 1
        odd |= changed
    assert odd == {"creationDateTime", "returnShippingInfo", "numberOfUnits", "otpDetails", "returnMetadata"}
