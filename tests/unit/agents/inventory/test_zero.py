"""Stock off sale at the worker: the zeros first, the OMS's words kept, and all of it after a rebalance too."""

import asyncio
from typing import Any

from connector.domain.inventory.commands import RecountStock
from connector.domain.inventory.requests import UpdateInventory
from tests.kit.inventory.agents import NOW_MS, StockAgents, location, merchant, play
from tests.kit.inventory.told import results, word
from tests.kit.virtual_time import run_virtual

SLOW = merchant(limits={"inventory": {"rate": 1}})


def zero(sku: str = "", location_id: str = "") -> dict[str, Any]:
    return {"location_id": location_id, "sku": sku, "by": "ann", "at": NOW_MS, "reason": "recall"}


async def said(agents: StockAgents, *zeros: dict[str, Any]) -> None:
    """As it arrives by connector.control; in force seconds later."""
    await agents.controls.apply([("M1", {"merchant_id": "M1", "paused": False, "zeroed_stock": [*zeros]})])
    await asyncio.sleep(2)


def sent(agents: StockAgents) -> list[tuple[str, int, int]]:
    """(SKU, sequence, units), in their order."""
    requests = [request for _, request in agents.calls]
    assert all(isinstance(request, UpdateInventory) for request in requests)
    return [(r.sku, r.sequence, r.quantity) for r in requests if isinstance(r, UpdateInventory)]


def test_a_zero_goes_before_all_that_waits_in_the_lane() -> None:
    async def scenario(agents: StockAgents) -> None:
        await agents.say(word(5, 0, sku="recalled"))
        await asyncio.sleep(3)
        await agents.say(*(word(0, 1, sku=f"sold-out-{n}") for n in range(30)))
        await asyncio.sleep(5)
        before = len(agents.calls)
        await said(agents, zero("recalled"))
        await asyncio.sleep(3)
        assert ("recalled", 2, 0) in sent(agents)[before : before + 3]
        assert len(agents.calls) < 30, "others waited longer"

    play(scenario, SLOW)


def test_all_that_is_said_meanwhile_is_kept_and_answered_when_it_is_restored() -> None:
    async def scenario(agents: StockAgents) -> None:
        await agents.say(*(word(n, 0, sku=f"s{n}") for n in range(1, 6)))
        await asyncio.sleep(5)
        answered = len(results(agents))
        await said(agents, zero())
        await asyncio.sleep(5)
        await agents.say(word(40, 9, sku="s1"), word(30, 8, sku="s1"), word(0, 9, sku="s2"), word(7, 9, sku="new"))
        await asyncio.sleep(5)
        assert {agents.amazon.units(sku) for sku in ("s1", "s2", "s3", "s4", "s5", "new")} == {0}
        assert [(outcome, quantity) for _, outcome, quantity, _ in results(agents)[answered:]] == [("SUPERSEDED", 30)]

        await said(agents)
        await asyncio.sleep(5)
        assert [agents.amazon.units(f"s{n}") for n in range(1, 6)] == [40, 0, 3, 4, 5]
        assert agents.amazon.units("new") == 7
        told = {update_id: (outcome, units, seq) for update_id, outcome, units, seq in results(agents)[answered + 1 :]}
        assert told == {
            "u-s1-40-9": ("ACCEPTED", 40, 3),
            "u-s2-0-9": ("ACCEPTED", 0, 2),
            "u-new-7-9": ("ACCEPTED", 7, 2),
        }
        assert agents.amazon.posted["EXSB", "s2"] == (2, 0), "restored without a call"

    play(scenario)


def test_a_call_under_way_is_not_repeated_and_its_outcome_comes_first() -> None:
    async def scenario(agents: StockAgents) -> None:
        agents.settles, agents.answer_s = False, 3
        await agents.say(word(5, 0))
        await asyncio.sleep(2)
        assert sent(agents) == [("SKU", 1, 5)]
        await said(agents, zero())
        await agents.ask(RecountStock("EXSB", ("SKU",)))
        assert agents.row("SKU").zeroed
        await asyncio.sleep(10)
        assert sent(agents) == [("SKU", 1, 5)], "what came of it is not known yet"

    play(scenario)


def test_only_the_named_location_and_sku_are_off_sale() -> None:
    two = merchant(locations=[location("WH1"), location("WH2", location_id="EXSC")])

    async def scenario(agents: StockAgents) -> None:
        await agents.say(word(5, 0), word(6, 0, sku="other"), word(7, 0, place="WH2"))
        await asyncio.sleep(3)
        await said(agents, zero("SKU", "EXSB"))
        await asyncio.sleep(3)
        assert (agents.amazon.units("SKU"), agents.amazon.units("other")) == (0, 6)
        assert agents.amazon.units("SKU", "EXSC") == 7

    play(scenario, two)


def test_who_takes_the_partition_over_goes_on_with_what_is_off_sale() -> None:
    async def run() -> None:
        agents = StockAgents(merchant())
        agents.open()
        await asyncio.sleep(2)
        await agents.say(word(5, 0), word(6, 0, sku="waits"))
        await asyncio.sleep(0.3)
        await agents.close()
        await said(agents, zero())
        assert not agents.row("SKU").zeroed, "nobody has the partition"

        agents.open()
        await asyncio.sleep(5)
        assert (agents.amazon.units("SKU"), agents.amazon.units("waits")) == (0, 0)

        await agents.close()
        agents.open()
        await asyncio.sleep(5)
        assert (agents.amazon.units("SKU"), agents.amazon.units("waits")) == (0, 0)
        await said(agents)
        await asyncio.sleep(5)
        assert (agents.amazon.units("SKU"), agents.amazon.units("waits")) == (5, 6)
        assert not agents.died

    run_virtual(run())
