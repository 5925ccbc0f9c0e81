"""getShipment and getShipments: filters, pages, lag."""

import pytest

from connector.simulator import Clock, NewShipment, Simulator
from connector.simulator.base.clock import iso
from tests.kit.amazon.simulator import SHIPMENTS, UNLIMITED, ManualClock, Merchant, merchant_of


def make() -> tuple[Simulator, ManualClock]:
    clock = ManualClock()
    return Simulator(limits=UNLIMITED, clock=Clock(clock.monotonic, clock.wall)), clock


async def listed(merchant: Merchant, **query: str | int) -> list[str]:
    """Ids over all pages."""
    found: list[str] = []
    token = ""
    while True:
        reply = await merchant.call("GET", SHIPMENTS, **query, **({"paginationToken": token} if token else {}))
        assert reply.status == 200, reply
        found += [shipment["id"] for shipment in reply.body["shipments"]]
        if not (token := reply.body.get("pagination", {}).get("nextToken", "")):
            return found


async def test_a_shipment_is_its_merchants_alone() -> None:
    simulator, _ = make()
    mine, other = (simulator.marketplace.create_shipment(NewShipment(who, {"a": 1})) for who in ("M1", "M2"))
    async with merchant_of(simulator) as merchant:
        found = await merchant.call("GET", f"{SHIPMENTS}/{mine.id}")
        assert (found.status, found.body) == (200, mine.body)
        hidden = await merchant.call("GET", f"{SHIPMENTS}/{other.id}")
        assert (hidden.status, hidden.body["errors"][0]["code"]) == (404, "NotFound")
        assert await listed(merchant, status="ACCEPTED") == [mine.id]


@pytest.mark.parametrize("empty_first", [False, True])
async def test_pages_hold_every_shipment_once(empty_first: bool) -> None:
    simulator, clock = make()
    simulator.switches.empty_first_page = empty_first
    made = []
    for number in range(25):
        made.append(simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1})).id)
        clock.advance(0.5 * (number % 2))  # pairs in one millisecond
    async with merchant_of(simulator) as merchant:
        assert await listed(merchant, status="ACCEPTED", maxResults=4) == made
        assert await listed(merchant, status="ACCEPTED") == made
        assert await listed(merchant, status="CONFIRMED") == []
        assert len(simulator.calls.of(operation="list_shipments")) == (7 + 2 + 1) + 3 * empty_first


async def test_a_token_is_good_for_its_own_filters_only() -> None:
    simulator, _ = make()
    for _n in range(3):
        simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        page = await merchant.call("GET", SHIPMENTS, status="ACCEPTED", maxResults=2)
        token = page.body["pagination"]["nextToken"]
        for query in ({"status": "CREATED", "paginationToken": token}, {"status": "ACCEPTED", "paginationToken": "x"}):
            assert (await merchant.call("GET", SHIPMENTS, **query)).status == 400


async def test_filters() -> None:
    simulator, clock = make()
    first = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, location_id="L1"))
    clock.advance(10)
    second = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}, location_id="L2", program="EASY_SHIP"))
    at = second.body["lastUpdatedDateTime"]
    async with merchant_of(simulator) as merchant:
        for query, expected in (
            ({"locationId": "L1"}, [first.id]),
            ({"channelName": "MFN"}, [second.id]),
            ({"marketplaceId": "elsewhere"}, []),
            ({"lastUpdatedAfter": at}, [second.id]),
            ({"lastUpdatedBefore": at}, [first.id]),
            ({"lastUpdatedAfter": first.body["lastUpdatedDateTime"], "lastUpdatedBefore": at}, [first.id]),
        ):
            assert await listed(merchant, status="ACCEPTED", **query) == expected
        assert await listed(merchant, status="CREATED") == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status": "NEW"},
        {"status": "CREATED", "maxResults": 101},
        {"status": "CREATED", "maxResults": 0},
        {"status": "CREATED", "lastUpdatedAfter": "yesterday"},
        {"status": "CREATED", "lastUpdatedAfter": "2026-01-01T00:00:00"},
        {"status": "CREATED", "locationId": "x" * 37},
        {"status": "CREATED", "channelName": "x" * 11},
    ],
)
async def test_bad_queries_are_refused(query: dict[str, str | int]) -> None:
    simulator, _ = make()
    async with merchant_of(simulator) as merchant:
        assert (await merchant.call("GET", SHIPMENTS, **query)).status == 400


async def test_lists_lag_and_reads_do_not() -> None:
    simulator, clock = make()
    simulator.switches.list_lag_s = 120
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        clock.advance(119)
        assert await listed(merchant, status="ACCEPTED") == []
        assert (await merchant.call("GET", f"{SHIPMENTS}/{shipment.id}")).status == 200
        clock.advance(1)
        assert await listed(merchant, status="ACCEPTED") == [shipment.id]
        simulator.marketplace.cancel(shipment.id)
        assert await listed(merchant, status="ACCEPTED") == await listed(merchant, status="CANCELLED") == []
        clock.advance(120)
        assert await listed(merchant, status="CANCELLED", lastUpdatedBefore=iso(clock.wall())) == [shipment.id]
