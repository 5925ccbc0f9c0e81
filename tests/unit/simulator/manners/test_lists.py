"""Lists that are late, without their list, with shells, or without an end."""

import pytest

from connector.simulator import NewReturn, NewShipment
from tests.kit.amazon.simulator import RETURNS, SHIPMENTS, ManualClock, Merchant, Reply, in_manner, merchant_of


async def accepted(merchant: Merchant, **query: str | int) -> Reply:
    return await merchant.call("GET", SHIPMENTS, status="ACCEPTED", **query)


def ids(reply: Reply) -> list[str]:
    return [shipment["id"] for shipment in reply.body["shipments"]]


async def test_a_change_is_late_in_lists_alone() -> None:
    clock = ManualClock()
    simulator = in_manner("late-in-lists=1,match=SHP0000001", clock=clock)
    late, other = (simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1})) for _ in range(2))
    async with merchant_of(simulator) as merchant:
        assert ids(await accepted(merchant)) == [other.id]
        assert (await merchant.call("GET", f"{SHIPMENTS}/{late.id}")).status == 200
        clock.advance(599)
        assert ids(await accepted(merchant)) == [other.id]
        clock.advance(1)
        assert ids(await accepted(merchant)) == [late.id, other.id]
        simulator.marketplace.amend(late.id, {"reason": "changed"})
        assert ids(await accepted(merchant)) == [other.id]


async def test_returns_are_late_too_by_as_much_as_is_wished() -> None:
    clock = ManualClock()
    simulator = in_manner("late-in-lists", clock=clock)
    simulator.switches.late_in_lists_s = 60
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    made = simulator.marketplace.create_return(NewReturn(shipment.id))
    async with merchant_of(simulator) as merchant:
        assert (await merchant.call("GET", RETURNS)).body["returns"] == []
        assert (await merchant.call("GET", f"{RETURNS}/{made.id}")).status == 200
        clock.advance(60)
        assert len((await merchant.call("GET", RETURNS)).body["returns"]) == 1


async def test_a_page_without_its_list() -> None:
    simulator = in_manner("page-without-list")
    simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        for path, query in ((SHIPMENTS, {"status": "ACCEPTED"}), (RETURNS, {})):
            reply = await merchant.call("GET", path, **query)
            assert (reply.status, reply.body) == (200, {})


async def test_shells_among_the_items_of_a_page_hide_none() -> None:
    simulator = in_manner("shell-in-list")
    made = [simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1})) for _ in range(3)]
    shells, places = [], set()
    async with merchant_of(simulator) as merchant:
        for _ in range(30):
            items = (await accepted(merchant)).body["shipments"]
            (shell,) = [item for item in items if "lineItems" not in item]
            shells.append(shell)
            places.add(items.index(shell))
            assert [item["id"] for item in items if item is not shell] == [shipment.id for shipment in made]
    assert places == {0, 1, 2, 3}
    assert all(shell in ({}, {"id": "SHELL-1"}, {"id": None, "status": None}) for shell in shells)
    assert {} in shells


@pytest.mark.parametrize("seed", range(4))
async def test_a_token_leads_to_no_end(seed: int) -> None:
    simulator = in_manner("endless-token", seed=seed)
    shipment = simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1}))
    async with merchant_of(simulator) as merchant:
        tokens = []
        page = await accepted(merchant)
        for _ in range(5):
            assert ids(page) == [shipment.id]
            tokens.append(page.body["pagination"]["nextToken"])
            page = await accepted(merchant, paginationToken=tokens[-1])
    assert len(set(tokens)) in (1, 5)


async def test_tokens_repeat_or_are_ever_new_and_the_next_window_may_end() -> None:
    async def lengths(seed: int) -> int:
        async with merchant_of(in_manner("endless-token=0.5", seed=seed)) as merchant:
            tokens: set[str] = set()
            page = await merchant.call("GET", RETURNS)
            while (token := page.body.get("nextToken")) and len(tokens) < 5 and token not in tokens:
                tokens.add(token)
                page = await merchant.call("GET", RETURNS, nextToken=token)
            return len(tokens)

    assert {await lengths(seed) for seed in range(20)} == {0, 1, 5}


async def test_good_pages_are_left_alone() -> None:
    simulator = in_manner("endless-token=0", "shell-in-list=0", "late-in-lists=0")
    made = [simulator.marketplace.create_shipment(NewShipment("M1", {"a": 1})) for _ in range(3)]
    async with merchant_of(simulator) as merchant:
        first = await accepted(merchant, maxResults=2)
        second = await accepted(merchant, maxResults=2, paginationToken=first.body["pagination"]["nextToken"])
        assert ids(first) + ids(second) == [shipment.id for shipment in made]
        assert "pagination" not in second.body
